//! A peer that pings for the sake of it. Of many pings only the last is answered, so they take no room; but
//! each of them takes time.

use std::time::{Duration, Instant};

use crate::error::ErrorKind;
use crate::proto::Fault;

const WINDOW: Duration = Duration::from_secs(1);
/// So many are taken in a window, and twice as many as the heartbeats of both ends ask for: by its own
/// an end asks for signs of life, by the other's it gives some while it receives a large frame.
const FREE: u64 = 100;

pub(crate) struct Pings {
    /// The most of a window, but for the peer's heartbeat.
    free: u64,
    began: Instant,
    count: u64,
}

impl Pings {
    /// For an end with that heartbeat.
    pub(crate) fn new(heartbeat: Option<Duration>, now: Instant) -> Self {
        let heartbeat = heartbeat.map_or(0, |heartbeat| heartbeat.as_millis() as u64);
        Self {
            free: FREE + beats(heartbeat),
            began: now,
            count: 0,
        }
    }

    /// One more, of a peer with that heartbeat, in milliseconds; zero for none.
    pub(crate) fn one_more(&mut self, heartbeat: u64, now: Instant) -> Result<(), Fault> {
        if now.duration_since(self.began) >= WINDOW {
            (self.began, self.count) = (now, 0);
        }
        self.count += 1;
        let most = self.free + beats(heartbeat);
        if self.count > most {
            return Err(Fault::new(
                ErrorKind::Overloaded,
                format!("more than {most} pings within a second"),
            ));
        }
        Ok(())
    }
}

/// Twice as many as a heartbeat of so many milliseconds, or of none, asks for in a window.
fn beats(heartbeat: u64) -> u64 {
    2 * (WINDOW.as_millis() as u64)
        .checked_div(heartbeat)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn most(heartbeat: u64) -> usize {
        most_of_both(None, heartbeat)
    }

    fn most_of_both(own: Option<Duration>, heartbeat: u64) -> usize {
        let now = Instant::now();
        let mut pings = Pings::new(own, now);
        (0..10_000)
            .take_while(|_| pings.one_more(heartbeat, now).is_ok())
            .count()
    }

    #[test]
    fn a_hundred_are_taken_and_twice_those_of_the_heartbeats() {
        assert_eq!(most(0), 100);
        assert_eq!(most(5000), 100);
        assert_eq!(most(10), 300);
        assert_eq!(most_of_both(Some(Duration::from_millis(5)), 10), 700);
    }

    #[test]
    fn they_are_counted_anew_after_a_second() {
        let start = Instant::now();
        let mut pings = Pings::new(None, start);
        for window in 0..3 {
            for _ in 0..100 {
                pings.one_more(0, start + WINDOW * window).unwrap();
            }
        }
        let fault = pings.one_more(0, start + WINDOW * 2).unwrap_err();
        assert_eq!(fault.kind, ErrorKind::Overloaded);
    }
}
