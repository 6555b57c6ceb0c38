//! By the clock: rounds in which every peer has its turn.

use super::child::{self, Manner};
use crate::cases::Figure;
use crate::command::Selection;
use crate::report::{Results, leave};

/// Runs what was chosen, prints a table for each case, and leaves all of it as files.
pub(crate) fn rounds(selection: &Selection) -> Result<(), String> {
    let mut results = Results::default();
    for &case in &selection.cases {
        let manner = Manner {
            pin: case.is_pinned().then_some(0),
            counting: case.is_of_memory(),
            quick: selection.quick,
            ..Manner::default()
        };
        for round in 0..selection.rounds {
            for peer in &selection.peers {
                eprintln!("{} {}/{} {peer}", case.name(), round + 1, selection.rounds);
                let figures = child::run(case, peer, &manner).unwrap_or_else(|why| {
                    eprintln!("{why}");
                    vec![Figure::Unsupported("failed".to_owned())]
                });
                results.add(case, peer, figures);
            }
        }
        println!("{}", results.table(case));
    }
    leave::rounds(&selection.out, &results)
}
