//! What must hold, and whether it did.

use std::fmt;

use crate::run::{Outcome, mebibytes};
use crate::sample::Sample;
use crate::trend::{growth, median};

/// By how much memory may seem to grow: so much of its median...
const SHARE: f64 = 0.05;
/// ... or so many bytes, whichever is more.
const LEAST: f64 = 4.0 * 1_048_576.0;
/// What may be left of the heap when everybody has gone: 4 MiB of memory for large frames, which is there to be
/// used again, and what the runtimes and thread-local buffers keep.
const REST: f64 = 5.0 * 1_048_576.0;

/// The checks in words, each with whether it held.
pub struct Verdict {
    figures: Vec<String>,
    checks: Vec<(bool, String)>,
}

pub fn judge(outcome: &Outcome) -> Verdict {
    let mut checks = vec![
        flat(outcome, "heap", |sample| sample.heap),
        flat(outcome, "resident memory", |sample| sample.resident),
    ];
    let mut none = |what: &str, left: u64| checks.push((left == 0, format!("{what}: {left}")));
    let (after, end) = (&outcome.after, &outcome.end);
    none("sessions left when the clients had gone", after.sessions);
    none("listeners that the server still held", outcome.held as u64);
    none(
        "listeners that were never dropped",
        outcome.undropped as u64,
    );
    none("tasks left at the end", end.server_tasks + end.client_tasks);
    none(
        "descriptors left at the end",
        end.descriptors.saturating_sub(outcome.before.descriptors),
    );
    none("things that went wrong", outcome.tally.wrong.get());
    for (what, now, then) in [
        (
            "heap left when the clients had gone",
            after.heap,
            outcome.idle.heap,
        ),
        ("heap left at the end", end.heap, outcome.before.heap),
    ] {
        let rest = now as f64 - then as f64;
        checks.push((rest <= REST, format!("{what}: {:.0} KiB", rest / 1024.0)));
    }
    let never: Vec<_> = outcome
        .tally
        .counts()
        .into_iter()
        .filter(|count| count.1 == 0)
        .collect();
    checks.push((
        never.is_empty(),
        format!("things that never happened: {never:?}"),
    ));
    Verdict {
        figures: figures(outcome),
        checks,
    }
}

fn flat(outcome: &Outcome, what: &str, figure: fn(&Sample) -> u64) -> (bool, String) {
    let points: Vec<_> = outcome
        .warm()
        .iter()
        .map(|sample| (sample.at, figure(sample) as f64))
        .collect();
    let level = median(&points.iter().map(|point| point.1).collect::<Vec<_>>());
    let (growth, bound) = (growth(&points), (level * SHARE).max(LEAST));
    let text = format!(
        "{what}: median {:.1} MiB, trend {:+.0} KiB over {} s (at most {:.0})",
        mebibytes(level as u64),
        growth / 1024.0,
        points.len(),
        bound / 1024.0,
    );
    (growth <= bound, text)
}

fn figures(outcome: &Outcome) -> Vec<String> {
    let mut figures: Vec<_> = outcome
        .tally
        .counts()
        .iter()
        .map(|(what, count)| format!("{count:>10} {what}"))
        .collect();
    let highest =
        |figure: fn(&Sample) -> u64| outcome.samples.iter().map(figure).max().unwrap_or_default();
    figures.push(format!(
        "at most {} sessions, {} tasks of the server, {} descriptors, {} objects held by the server",
        highest(|sample| sample.sessions),
        highest(|sample| sample.server_tasks),
        highest(|sample| sample.descriptors),
        highest(|sample| sample.imported),
    ));
    figures
}

impl Verdict {
    pub fn failed(&self) -> usize {
        self.checks.iter().filter(|(held, _)| !held).count()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for figure in &self.figures {
            writeln!(f, "{figure}")?;
        }
        for (held, what) in &self.checks {
            writeln!(f, "{}: {what}", if *held { "ok" } else { "FAILED" })?;
        }
        let failed = self.failed();
        writeln!(f, "{} passed, {failed} failed", self.checks.len() - failed)
    }
}
