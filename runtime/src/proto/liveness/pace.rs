//! Finds a peer that goes on so slowly that it may as well have stopped: one that sends a frame byte by
//! byte, or takes what is sent to it so. Each of them would hold a buffer for ever, and is not silent.

use std::time::{Duration, Instant};

/// So many bytes at least have to move within the patience, or all that are left. No link is that slow.
const LEAST: usize = 1024;

/// The pace of something that has begun and is to end: a frame that arrives, or bytes that leave.
pub(crate) struct Pace {
    interval: Option<Duration>,
    beats: u32,
    begun: Option<Begun>,
}

struct Begun {
    /// Bytes that moved, and beats that passed, since there were enough of them.
    moved: usize,
    beats: u32,
    /// The next beat comes a whole interval after the last one was noticed: who was suspended himself must
    /// not take the peer for slow.
    next: Instant,
}

impl Pace {
    /// The patience is that with a silent peer: the heartbeat's interval, once more than it may be missed.
    pub(crate) fn new(interval: Option<Duration>, misses: u32) -> Self {
        Self {
            interval: interval.filter(|interval| !interval.is_zero()),
            beats: misses.max(1).saturating_add(1),
            begun: None,
        }
    }

    pub(crate) fn begins(&mut self, now: Instant) {
        let next = self.interval.and_then(|interval| now.checked_add(interval));
        self.begun = next.map(|next| Begun {
            moved: 0,
            beats: 0,
            next,
        });
    }

    pub(crate) fn goes_on(&mut self, bytes: usize) {
        if let Some(begun) = &mut self.begun {
            begun.moved = begun.moved.saturating_add(bytes);
        }
    }

    pub(crate) fn ends(&mut self) {
        self.begun = None;
    }

    pub(crate) fn timeout(&self) -> Option<Instant> {
        self.begun.as_ref().map(|begun| begun.next)
    }

    /// Gives how many bytes moved within the patience, if these are too few.
    pub(crate) fn on_timeout(&mut self, now: Instant) -> Result<(), TooSlow> {
        let (Some(begun), Some(interval)) = (&mut self.begun, self.interval) else {
            return Ok(());
        };
        if now < begun.next {
            return Ok(());
        }
        begun.beats += 1;
        if begun.moved >= LEAST {
            (begun.moved, begun.beats) = (0, 0);
        } else if begun.beats >= self.beats {
            return Err(TooSlow {
                moved: begun.moved,
                patience: interval.saturating_mul(self.beats),
            });
        }
        match now.checked_add(interval) {
            Some(next) => begun.next = next,
            None => self.begun = None, // an interval beyond the end of time
        }
        Ok(())
    }
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooSlow {
    pub(crate) moved: usize,
    pub(crate) patience: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Moves that many bytes each second, and gives the second in which that is too slow.
    fn too_slow(bytes: usize) -> Option<u32> {
        let start = Instant::now();
        let mut pace = Pace::new(Some(SECOND), 2);
        pace.begins(start);
        (1..100).find(|second| {
            pace.goes_on(bytes);
            pace.on_timeout(start + SECOND * *second).is_err()
        })
    }

    #[test]
    fn who_moves_nothing_or_little_is_too_slow_after_the_beats() {
        assert_eq!(too_slow(0), Some(3));
        assert_eq!(too_slow(LEAST / 3 - 1), Some(3));
    }

    #[test]
    fn who_moves_enough_is_not() {
        assert_eq!(too_slow(LEAST / 3 + 1), None);
        assert_eq!(too_slow(usize::MAX), None);
    }

    #[test]
    fn a_long_sleep_of_this_end_is_one_beat() {
        let start = Instant::now();
        let mut pace = Pace::new(Some(SECOND), 1);
        pace.begins(start);
        assert_eq!(pace.on_timeout(start + SECOND * 1000), Ok(()));
        assert_eq!(pace.timeout(), Some(start + SECOND * 1001));
        pace.goes_on(3);
        let too_slow = pace.on_timeout(start + SECOND * 1001).unwrap_err();
        assert_eq!((too_slow.moved, too_slow.patience), (3, SECOND * 2));
    }

    #[test]
    fn nothing_is_due_before_the_beginning_or_after_the_end() {
        let now = Instant::now();
        let mut pace = Pace::new(Some(SECOND), 1);
        assert_eq!(pace.timeout(), None);
        pace.begins(now);
        pace.ends();
        assert_eq!(pace.timeout(), None);
        assert_eq!(pace.on_timeout(now + SECOND), Ok(()));
        let mut pace = Pace::new(None, 1);
        pace.begins(now);
        assert_eq!(pace.timeout(), None);
    }
}
