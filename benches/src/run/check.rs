//! Ringback's counts against those that are kept: what costs more fails.

use super::count;
use crate::cases::Case;
use crate::command::Selection;
use crate::report::kept::{self, Kept};

/// Who is checked.
const PEERS: [&str; 2] = ["ringback", "ringback-group"];
/// How much more a figure may be than the one that is kept.
const TOLERANCE: f64 = 0.05;
/// A few figures depend on how the two ends happen to take turns. So one that is too high is counted
/// again, up to so often, and the least counts; of figures that are to be kept the most.
const ATTEMPTS: usize = 3;

/// Counts again, compares, and keeps the new counts if that is wanted.
pub(crate) fn check(selection: &Selection) -> Result<(), String> {
    let kept = kept::read().unwrap_or_default();
    let mut now = Kept::default();
    for &case in Case::ALL.iter().filter(|case| case.counted().is_some()) {
        for peer in PEERS {
            // A group is there for many; of one member it shows what a call costs that is not its members'.
            if peer == "ringback-group" && !matches!(case, Case::FanOut | Case::Push) {
                continue;
            }
            let name = format!("{peer} {}", case.name());
            let mut best: Kept = Kept::new();
            for _ in 0..ATTEMPTS {
                let counts = count::of(case, peer, false)?;
                for (what, value) in [
                    ("instructions", counts.instructions.both()),
                    ("allocations", counts.allocations.both()),
                ] {
                    let name = format!("{name}: {what}");
                    let value = (value * 100.0).round() / 100.0;
                    println!("{name}: {value}, kept: {}", shown(kept.get(&name)));
                    let best = best.entry(name).or_insert(value);
                    *best = if selection.write {
                        best.max(value)
                    } else {
                        best.min(value)
                    };
                }
                if !selection.write
                    && best
                        .iter()
                        .all(|(name, value)| is_kept(&kept, name, *value))
                {
                    break;
                }
            }
            now.append(&mut best);
        }
    }
    if selection.write {
        return kept::write(&now);
    }
    let risen: Vec<_> = now
        .iter()
        .filter(|(name, value)| !is_kept(&kept, name, **value))
        .map(|(name, _)| name.as_str())
        .collect();
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

/// Whether a figure is about as high as the one that is kept, or lower.
fn is_kept(kept: &Kept, name: &str, value: f64) -> bool {
    kept.get(name)
        .is_some_and(|kept| value <= kept * (1.0 + TOLERANCE))
}

fn shown(kept: Option<&f64>) -> String {
    kept.map_or_else(|| "nothing".to_owned(), f64::to_string)
}
