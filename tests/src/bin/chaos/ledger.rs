//! What one client and the server send each other, and how far they are.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use ringback_tests::Living;
use tokio::sync::Notify;

use crate::row::{Found, Order, Row};

/// How many callbacks are members of the client's group.
pub const MEMBERS: usize = 4;
/// How many callbacks are called by themselves.
pub const SINGLES: usize = 2;
/// How many callbacks each client passes for events.
pub const EARS: usize = SINGLES + MEMBERS;
/// Every so manieth call passes a callback, which is called in the call.
const CALLS_BACK: u64 = 8;
/// How far a row may be ahead of the slowest one, as a part of all of it.
const AHEAD: f64 = 0.02;
/// In short runs a row may always be ahead by so many.
const LEAST_AHEAD: u64 = 32;
/// Those who wait are woken so often in a row's time.
const STEPS: u64 = 400;

/// The books of one client.
pub struct Ledger {
    pub number: usize,
    /// Events, by the callback that they are for.
    pub events: Vec<Row>,
    /// Calls, as the server begins them.
    pub calls: Row,
    /// Answers, as the client gets them.
    pub answers: Row,
    /// The callbacks inside calls, as the client gets them.
    pub inner: Row,
    /// Objects that were passed for one call.
    pub passed: Living,
    /// Objects that hear of events.
    pub ears: Living,
    /// Calls that only a cancel ends: how many are open at the server.
    pub hanging: AtomicI64,
    pub cancels: AtomicU64,
    /// The session ended while it was needed.
    pub is_lost: AtomicBool,
    advanced: Notify,
    failure: Mutex<Option<String>>,
}

impl Ledger {
    /// So many events and calls, which are shared out among the rows.
    pub fn new(number: usize, events: u64, calls: u64) -> Self {
        let share = |index: usize| {
            let (ears, index) = (EARS as u64, index as u64);
            events / ears + u64::from(index < events % ears)
        };
        // Each event of a group goes to all members alike.
        let in_group = (SINGLES..EARS).map(share).min().unwrap_or_default();
        let singly = events - in_group * MEMBERS as u64;
        let rows = (0..EARS).map(|index| match index {
            0 => singly - singly / 2,
            1 => singly / 2,
            _ => in_group,
        });
        Self {
            number,
            events: rows
                .map(|planned| Row::new("events", planned, Order::Kept))
                .collect(),
            calls: Row::new("calls", calls, Order::Kept),
            answers: Row::new("answers", calls, Order::Free),
            inner: Row::new(
                "callbacks in calls",
                calls.div_ceil(CALLS_BACK),
                Order::Free,
            ),
            passed: Living::default(),
            ears: Living::default(),
            hanging: AtomicI64::new(0),
            cancels: AtomicU64::new(0),
            is_lost: AtomicBool::new(false),
            advanced: Notify::new(),
            failure: Mutex::default(),
        }
    }

    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.events
            .iter()
            .chain([&self.calls, &self.answers, &self.inner])
    }

    /// The number of the callback in that call, if there is one.
    pub fn inner_of(call: u64) -> Option<u64> {
        call.is_multiple_of(CALLS_BACK).then_some(call / CALLS_BACK)
    }

    /// What distinguishes the bodies of a row from those of all others.
    pub fn row_id(&self, row: usize) -> u64 {
        (self.number * 16 + row) as u64 + 1
    }

    /// One of a row has arrived.
    pub fn arrive(&self, row: &Row, number: u64) {
        row.arrive(number);
        let step = (row.planned / STEPS).max(1);
        if row.arrived().is_multiple_of(step) || row.is_complete() {
            self.advanced.notify_waiters();
        }
    }

    /// How far the slowest row is.
    pub fn progress(&self) -> f64 {
        self.rows().map(Row::progress).fold(1.0, f64::min)
    }

    pub fn under_way(&self) -> u64 {
        self.rows().map(Row::under_way).sum()
    }

    pub fn is_complete(&self) -> bool {
        self.rows().all(Row::is_complete)
    }

    /// Waits until that one of a row may be sent: no row runs away from the others, so that all of them are under way
    /// at each cut. False if the client has failed.
    pub async fn may_send(&self, row: &Row, number: u64) -> bool {
        let may = || {
            let allowed = (self.progress() + AHEAD) * row.planned as f64;
            number < LEAST_AHEAD || (number - LEAST_AHEAD) as f64 <= allowed
        };
        self.wait_for(may).await
    }

    /// Waits until everything has arrived. False if the client has failed.
    pub async fn complete(&self) -> bool {
        self.wait_for(|| self.is_complete()).await
    }

    async fn wait_for(&self, holds: impl Fn() -> bool) -> bool {
        loop {
            let advanced = self.advanced.notified();
            tokio::pin!(advanced);
            advanced.as_mut().enable();
            if self.has_failed() {
                return false;
            }
            if holds() {
                return true;
            }
            advanced.await;
        }
    }

    /// Something went wrong that nothing can mend. The first is kept.
    pub fn fail(&self, what: String) {
        let mut failure = self.failure.lock().unwrap();
        failure.get_or_insert(what);
        drop(failure);
        self.advanced.notify_waiters();
    }

    pub fn has_failed(&self) -> bool {
        self.failure.lock().unwrap().is_some()
    }

    pub fn failure(&self) -> Option<String> {
        self.failure.lock().unwrap().clone()
    }

    /// What is wrong, if nothing more comes.
    pub fn found(&self) -> Found {
        let mut found = Found::default();
        self.rows().for_each(|row| found += row.found());
        found
    }

    /// What is alive and should not be, once everything has been let go of.
    pub fn left_over(&self) -> u64 {
        let objects = self.passed.count() + self.ears.count();
        objects as u64 + self.hanging.load(Ordering::SeqCst).unsigned_abs()
    }

    /// Where it stands, for one who looks for the reason.
    pub fn state(&self) -> String {
        let rows: Vec<_> = self
            .rows()
            .map(|row| format!("{} {}/{}", row.name, row.arrived(), row.planned))
            .collect();
        format!("client {}: {}", self.number, rows.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn all_events_are_shared_out() {
        for events in [0, 1, 7, 100, 125_000] {
            let ledger = Ledger::new(0, events, 3);
            assert_eq!(
                ledger.events.iter().map(|row| row.planned).sum::<u64>(),
                events
            );
            assert_eq!(ledger.events.len(), EARS);
        }
    }

    #[test]
    fn no_row_runs_away() {
        let ledger = Ledger::new(0, 60_000, 1000);
        let row = &ledger.events[0];
        assert_eq!(ledger.may_send(row, 0).now_or_never(), Some(true));
        let ahead = row.planned / 50;
        assert_eq!(ledger.may_send(row, ahead).now_or_never(), Some(true));
        assert_eq!(ledger.may_send(row, ahead + 33).now_or_never(), None);
        // It waits for the slowest.
        (0..row.planned).for_each(|number| ledger.arrive(row, number));
        assert_eq!(ledger.may_send(row, ahead + 33).now_or_never(), None);
    }

    #[tokio::test]
    async fn whoever_waits_is_told_of_progress_and_of_failure() {
        let ledger = Ledger::new(0, 6, 0);
        let mut complete = Box::pin(ledger.complete());
        assert_eq!((&mut complete).now_or_never(), None);
        for row in &ledger.events {
            (0..row.planned).for_each(|number| ledger.arrive(row, number));
        }
        assert!(complete.await);

        let ledger = Ledger::new(0, 6, 0);
        let mut complete = Box::pin(ledger.complete());
        assert_eq!((&mut complete).now_or_never(), None);
        ledger.fail("the session is lost".to_owned());
        assert!(!complete.await);
        assert_eq!(ledger.found().lost, 6);
    }
}
