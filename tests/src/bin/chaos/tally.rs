//! What the proxies did.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A count that many threads add to.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The counts, over all proxies.
#[derive(Debug, Default)]
pub struct Tally {
    pub connections: Count,
    /// Connections after the first that carried frames of the session both ways.
    pub resumed: Count,
    /// How often the server told that a session had been resumed, and that one was lost.
    pub told_resumed: Count,
    pub told_lost: Count,
    pub cuts: Count,
    pub resets: Count,
    pub ends: Count,
    pub half_closes: Count,
    pub one_sided: Count,
    pub silences: Count,
    /// Cuts inside of a frame, of those above.
    pub inside: Count,
    /// Cuts at which nothing was under way.
    pub idle: Count,
    /// Cuts in handshakes, beside those above.
    pub in_handshake: Count,
    /// New connections that were reset at once.
    pub refused: Count,
    pub stalls: Count,
    /// Connections that an end gave up: by its heartbeat, or as it was not needed any more.
    pub given_up: Count,
    /// From each cut to the first frame after the handshake of the connection that resumed.
    back: Mutex<Vec<Duration>>,
}

impl Tally {
    pub fn back_after(&self, time: Duration) {
        self.back.lock().unwrap().push(time);
    }

    /// The median, the 99th percentile, and the longest.
    pub fn back(&self) -> [Duration; 3] {
        let mut times = self.back.lock().unwrap().clone();
        times.sort();
        let at = |part: usize| times.get((times.len() * part / 100).min(times.len().max(1) - 1));
        [50, 99, 100].map(|part| at(part).copied().unwrap_or_default())
    }
}
