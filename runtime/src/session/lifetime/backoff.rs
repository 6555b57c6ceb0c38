//! How long to wait between attempts to connect.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Between the first attempt, which is made at once, and the second one. Each further pause is twice
/// as long.
const FIRST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);
/// What has lived for so long was good, and the next attempt after it is a first one.
const GOOD_LIFE: Duration = Duration::from_secs(1);

/// Whether what began then was good for a while.
pub(super) fn is_good_life(begun: Instant) -> bool {
    begun.elapsed() >= GOOD_LIFE
}

/// Pauses that double, and of which up to a quarter is left out by chance: many who lost the same
/// server do not come back as one.
pub(crate) struct Backoff {
    next: Duration,
    attempts: u32,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self {
            next: FIRST,
            attempts: 0,
        }
    }

    /// How long this attempt may take for something that takes `usual` when all is well, and never
    /// longer than `most`: a lost packet should not hold up the first attempts for long.
    pub(crate) fn patience(&self, usual: Duration, most: Duration) -> Duration {
        let factor = 1_u32.checked_shl(self.attempts).unwrap_or(u32::MAX);
        usual.checked_mul(factor).unwrap_or(most).min(most)
    }

    /// Waits until the attempt after the one that began at `begun`.
    pub(crate) async fn wait(&mut self, begun: Instant) {
        let pause = self.pause(getrandom::u32().unwrap_or(0));
        sleep_until(begun + pause).await;
    }

    /// What an attempt gave, at `begun`, is lost: begins anew if that was good for a while. If not, waits as
    /// after an attempt that failed.
    pub(crate) async fn after_a_life(&mut self, begun: Instant) {
        if is_good_life(begun) {
            *self = Self::new();
        } else {
            self.wait(begun).await;
        }
    }

    fn pause(&mut self, chance: u32) -> Duration {
        let longest = self.next;
        self.attempts = (self.attempts + 1).min(31);
        self.next = (longest * 2).min(LONGEST);
        longest - (longest / 4).mul_f64(f64::from(chance) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn pauses_double_up_to_a_second_and_never_end() {
        let mut backoff = Backoff::new();
        for millis in [50, 100, 200, 400, 800, 1000, 1000] {
            assert_eq!(backoff.pause(0), MS * millis);
        }
        for _ in 0..100 {
            assert_eq!(backoff.pause(u32::MAX), MS * 750);
        }
    }

    #[test]
    fn after_a_cut_of_100_ms_the_third_attempt_comes_in_time() {
        for chance in [0, u32::MAX] {
            let mut backoff = Backoff::new();
            let third = backoff.pause(chance) + backoff.pause(chance);
            assert!(third > MS * 100 && third <= MS * 150, "{third:?}");
        }
    }

    #[test]
    fn patience_grows_with_the_attempts() {
        let mut backoff = Backoff::new();
        let most = Duration::from_secs(10);
        assert_eq!(backoff.patience(MS * 100, most), MS * 100);
        backoff.pause(0);
        backoff.pause(0);
        assert_eq!(backoff.patience(MS * 100, most), MS * 400);
        for _ in 0..100 {
            backoff.pause(0);
        }
        assert_eq!(backoff.patience(MS * 100, most), most);
    }
}
