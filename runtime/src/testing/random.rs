//! Numbers that look like chance and come again with the same seed. (This is splitmix64.)

use std::ops::RangeInclusive;
use std::time::Duration;

#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Another sequence, which does not depend on how far this one is used from now on.
    pub(super) fn fork(&mut self) -> Self {
        Self(self.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of the range.
    pub(super) fn number(&mut self, range: &RangeInclusive<u64>) -> u64 {
        let (&start, &end) = (range.start(), range.end());
        match end.saturating_sub(start).checked_add(1) {
            Some(count) => start + self.next() % count,
            None => self.next(),
        }
    }

    /// An index into something that long.
    pub(super) fn index(&mut self, length: usize) -> usize {
        (self.next() % length.max(1) as u64) as usize
    }

    /// A time of the range, in whole microseconds.
    pub(super) fn time(&mut self, range: &RangeInclusive<Duration>) -> Duration {
        let micros = |time: &Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(self.number(&(micros(range.start())..=micros(range.end()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_its_sequence_again() {
        let draw = |seed| -> Vec<u64> {
            let mut random = Random::new(seed);
            (0..8).map(|_| random.number(&(0..=u64::MAX))).collect()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn all_of_a_range_comes_and_nothing_else() {
        let mut random = Random::new(1);
        let drawn: std::collections::BTreeSet<_> =
            (0..100).map(|_| random.number(&(3..=6))).collect();
        assert_eq!(drawn, [3, 4, 5, 6].into());
        let millis = Duration::from_millis;
        for _ in 0..100 {
            let time = random.time(&(millis(1)..=millis(2)));
            assert!((millis(1)..=millis(2)).contains(&time));
        }
        assert_eq!(random.time(&(millis(5)..=millis(5))), millis(5));
        assert_eq!(random.number(&(9..=9)), 9);
    }
}
