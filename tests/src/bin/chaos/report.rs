//! What came of a run.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::ledger::Ledger;
use crate::row::Found;
use crate::tally::Tally;

/// All that is known at the end.
pub struct Report {
    pub took: Duration,
    pub ledgers: Vec<Arc<Ledger>>,
    pub tally: Arc<Tally>,
    pub left_over: u64,
    /// Cuts that were to be made and were not.
    pub cuts_left: usize,
}

impl Report {
    fn found(&self) -> Found {
        let mut found = Found::default();
        self.ledgers
            .iter()
            .for_each(|ledger| found += ledger.found());
        found
    }

    fn failures(&self) -> Vec<String> {
        let failure = |ledger: &Arc<Ledger>| {
            let failure = ledger.failure()?;
            Some(format!("client {}: {failure}", ledger.number))
        };
        self.ledgers.iter().filter_map(failure).collect()
    }

    /// Whether all that had to happen did, and nothing else.
    pub fn is_good(&self) -> bool {
        self.found() == Found::default()
            && self.left_over == 0
            && self.failures().is_empty()
            && self.cuts_left == 0
            && self.tally.idle.get() == 0
            && self.tally.told_lost.get() == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tally = &self.tally;
        let sum = |count: fn(&Ledger) -> u64| -> u64 {
            self.ledgers.iter().map(|ledger| count(ledger)).sum()
        };
        writeln!(
            f,
            "{} events, {} calls, {} callbacks in calls, {} calls given up, in {:.1} s",
            sum(|ledger| ledger.events.iter().map(|row| row.arrived()).sum()),
            sum(|ledger| ledger.answers.arrived()),
            sum(|ledger| ledger.inner.arrived()),
            sum(|ledger| ledger.cancels.load(Ordering::SeqCst)),
            self.took.as_secs_f64(),
        )?;
        writeln!(
            f,
            "{} cuts: {} resets, {} ends, {} half-closes, {} of one side only, {} by silence",
            tally.cuts.get(),
            tally.resets.get(),
            tally.ends.get(),
            tally.half_closes.get(),
            tally.one_sided.get(),
            tally.silences.get(),
        )?;
        writeln!(
            f,
            "{} of them inside of a frame, {} while nothing was under way",
            tally.inside.get(),
            tally.idle.get(),
        )?;
        writeln!(
            f,
            "beside them: {} cuts in handshakes, {} connections refused, {} given up by an end, {} stalls",
            tally.in_handshake.get(),
            tally.refused.get(),
            tally.given_up.get(),
            tally.stalls.get(),
        )?;
        let [median, most, longest] = tally.back();
        writeln!(
            f,
            "{} connections, of which {} carried on a session; back after {median:.0?} (median), {most:.0?} (p99), \
             {longest:.0?} (longest), retries that were cut included",
            tally.connections.get(),
            tally.resumed.get(),
        )?;
        let lost = sum(|ledger| ledger.is_lost.load(Ordering::SeqCst).into());
        writeln!(
            f,
            "{} sessions, resumed {} times and {} lost, as the server tells; {lost} lost, as the clients tell",
            self.ledgers.len(),
            tally.told_resumed.get(),
            tally.told_lost.get(),
        )?;
        for failure in self.failures() {
            writeln!(f, "FAILED: {failure}")?;
        }
        if self.cuts_left > 0 {
            writeln!(f, "FAILED: {} cuts did not come", self.cuts_left)?;
        }
        let found = self.found();
        writeln!(
            f,
            "lost {}, doubled {}, disordered {}, left over {}",
            found.lost, found.doubled, found.disordered, self.left_over
        )
    }
}
