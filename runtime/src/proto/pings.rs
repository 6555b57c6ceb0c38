//! A peer that pings for the sake of it. Of many pings only the last is answered, so they take no room; but
//! each of them takes time.

use std::time::{Duration, Instant};

use super::Fault;
use crate::error::ErrorKind;

const WINDOW: Duration = Duration::from_secs(1);
/// So many are taken in a window, and twice as many as the peer's own heartbeat asks for.
const FREE: u64 = 100;

pub(super) struct Pings {
    began: Instant,
    count: u64,
}

impl Pings {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            began: now,
            count: 0,
        }
    }

    /// One more, of a peer with that heartbeat, in milliseconds; zero for none.
    pub(super) fn one_more(&mut self, heartbeat: u64, now: Instant) -> Result<(), Fault> {
        if now.duration_since(self.began) >= WINDOW {
            (self.began, self.count) = (now, 0);
        }
        self.count += 1;
        let beats = (WINDOW.as_millis() as u64).checked_div(heartbeat);
        let most = FREE + 2 * beats.unwrap_or_default();
        if self.count > most {
            return Err(Fault::new(
                ErrorKind::Overloaded,
                format!("more than {most} pings within a second"),
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn most(heartbeat: u64) -> usize {
        let now = Instant::now();
        let mut pings = Pings::new(now);
        (0..10_000)
            .take_while(|_| pings.one_more(heartbeat, now).is_ok())
            .count()
    }

    #[test]
    fn a_hundred_are_taken_and_twice_those_of_the_heartbeat() {
        assert_eq!(most(0), 100);
        assert_eq!(most(5000), 100);
        assert_eq!(most(10), 300);
    }

    #[test]
    fn they_are_counted_anew_after_a_second() {
        let start = Instant::now();
        let mut pings = Pings::new(start);
        for window in 0..3 {
            for _ in 0..100 {
                pings.one_more(0, start + WINDOW * window).unwrap();
            }
        }
        let fault = pings.one_more(0, start + WINDOW * 2).unwrap_err();
        assert_eq!(fault.kind, ErrorKind::Overloaded);
    }
}
