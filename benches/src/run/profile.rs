//! Where the instructions go: callgrind's profiles of both ends, to be read with `callgrind_annotate`.

use super::child::{self, ENDS, Manner, Tool};
use crate::command::Selection;

/// Runs one case with one peer under callgrind and keeps the profiles.
pub(crate) fn profile(selection: &Selection) -> Result<(), String> {
    for &case in &selection.cases {
        for peer in &selection.peers {
            let counted = case
                .counted()
                .ok_or_else(|| format!("{} is not counted", case.name()))?;
            let folder = selection
                .out
                .join(format!("profile-{}-{peer}", case.name()));
            std::fs::create_dir_all(&folder).map_err(|why| why.to_string())?;
            let manner = Manner {
                tool: Tool::Callgrind(folder.clone()),
                pin: vec![0],
                one_thread: true,
                times: Some(2 * counted.times),
                ..Manner::default()
            };
            child::run(case, peer, &manner)?;
            for end in ENDS {
                println!("callgrind_annotate {}", folder.join(end).display());
            }
        }
    }
    Ok(())
}
