//! Ringback's counts against those that are kept: what costs more fails.

use super::count;
use crate::cases::Case;
use crate::command::Selection;
use crate::report::kept::{self, Kept};

/// Who is checked.
const PEERS: [&str; 2] = ["ringback", "ringback-group"];
/// How much more a figure may be than the one that is kept.
const TOLERANCE: f64 = 0.05;

/// Counts again, compares, and keeps the new counts if that is wanted.
pub(crate) fn check(selection: &Selection) -> Result<(), String> {
    let kept = kept::read().unwrap_or_default();
    let mut now = Kept::default();
    let mut risen = Vec::new();
    for &case in Case::ALL.iter().filter(|case| case.counted().is_some()) {
        for peer in PEERS {
            if peer == "ringback-group" && case != Case::FanOut {
                continue; // a group is there for many
            }
            let counts = count::of(case, peer, false)?;
            let name = format!("{peer} {}", case.name());
            for (what, value) in [
                ("instructions", counts.instructions.both()),
                ("allocations", counts.allocations.both()),
            ] {
                let name = format!("{name}: {what}");
                let before = kept.get(&name).copied();
                let shown =
                    before.map_or_else(|| "nothing".to_owned(), |kept| format!("{kept:.2}"));
                println!("{name}: {value:.2}, kept: {shown}");
                match before {
                    Some(before) if value > before * (1.0 + TOLERANCE) => risen.push(name.clone()),
                    None => risen.push(name.clone()),
                    Some(_) => {}
                }
                now.insert(name, (value * 100.0).round() / 100.0);
            }
        }
    }
    if selection.write {
        return kept::write(&now);
    }
    if risen.is_empty() {
        return Ok(());
    }
    Err(format!(
        "more than {:.0} % above what is kept (or not kept yet):\n  {}\n\
         If that is meant to be: cargo run --release --no-default-features -- check --write",
        TOLERANCE * 100.0,
        risen.join("\n  ")
    ))
}
