//! Finds a peer that fell silent. Any byte that arrives is a sign of life.

use std::time::{Duration, Instant};

use super::Fault;
use crate::error::ErrorKind;

pub(super) struct Heartbeat {
    interval: Option<Duration>,
    misses: u32,
    /// When anything last arrived.
    heard: Instant,
    /// Pings sent since then.
    pings: u32,
    /// When to ask next. A whole interval after the last question, however late that was asked: who
    /// was suspended himself must not take the peer for silent.
    next: Option<Instant>,
}

/// What the clock asks for.
#[derive(Debug, PartialEq)]
pub(super) enum Beat {
    Rest,
    Ping,
}

impl Heartbeat {
    pub(super) fn new(interval: Option<Duration>, misses: u32, now: Instant) -> Self {
        let mut heartbeat = Self {
            interval: interval.filter(|interval| !interval.is_zero()),
            misses: misses.max(1),
            heard: now,
            pings: 0,
            next: None,
        };
        heartbeat.heard(now);
        heartbeat
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.pings = 0;
        self.rest_from(now);
    }

    /// An interval that reaches beyond the end of time never ends.
    fn rest_from(&mut self, now: Instant) {
        self.next = self.interval.and_then(|interval| now.checked_add(interval));
    }

    /// When to ask next.
    pub(super) fn timeout(&self) -> Option<Instant> {
        self.next
    }

    pub(super) fn on_timeout(&mut self, now: Instant) -> Result<Beat, Fault> {
        match self.timeout() {
            Some(at) if now >= at => {}
            _ => return Ok(Beat::Rest),
        }
        if self.pings >= self.misses {
            let silence = now.duration_since(self.heard);
            return Err(Fault::new(
                ErrorKind::Closed,
                format!(
                    "the peer was silent for {:.1} s and left {} pings unanswered",
                    silence.as_secs_f32(),
                    self.pings
                ),
            ));
        }
        self.pings += 1;
        self.rest_from(now);
        Ok(Beat::Ping)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_silent_peer_is_given_up_after_the_misses() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(Some(SECOND), 2, start);
        assert_eq!(heartbeat.on_timeout(start), Ok(Beat::Rest));
        assert_eq!(heartbeat.on_timeout(start + SECOND), Ok(Beat::Ping));
        assert_eq!(heartbeat.on_timeout(start + SECOND), Ok(Beat::Rest));
        assert_eq!(heartbeat.on_timeout(start + SECOND * 2), Ok(Beat::Ping));
        let error = heartbeat.on_timeout(start + SECOND * 3).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Closed);
    }

    #[test]
    fn any_sign_of_life_starts_anew() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(Some(SECOND), 1, start);
        assert_eq!(heartbeat.on_timeout(start + SECOND), Ok(Beat::Ping));
        heartbeat.heard(start + SECOND);
        assert_eq!(heartbeat.timeout(), Some(start + SECOND * 2));
        assert_eq!(heartbeat.on_timeout(start + SECOND * 2), Ok(Beat::Ping));
    }

    #[test]
    fn without_an_interval_nothing_is_ever_due() {
        let heartbeat = Heartbeat::new(None, 1, Instant::now());
        assert_eq!(heartbeat.timeout(), None);
    }
}
