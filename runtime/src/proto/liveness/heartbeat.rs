//! Finds a peer that fell silent. Any byte that arrives is a sign of life.

use std::time::{Duration, Instant};

use crate::error::ErrorKind;
use crate::proto::Fault;

pub(crate) struct Heartbeat {
    interval: Option<Duration>,
    misses: u32,
    /// When anything last arrived.
    heard: Instant,
    /// Pings sent since then.
    pings: u32,
    /// When to ask next. A whole interval after the last question, however late that was asked: who
    /// was suspended himself must not take the peer for silent.
    next: Option<Instant>,
    /// When this end last had something to write.
    said: Instant,
    /// The peer has said something since then, and cannot know that it is heard.
    owes_a_sign: bool,
}

/// What the clock asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Beat {
    Rest,
    Ping,
}

impl Heartbeat {
    pub(crate) fn new(interval: Option<Duration>, misses: u32, now: Instant) -> Self {
        let mut heartbeat = Self {
            interval: interval.filter(|interval| !interval.is_zero()),
            misses: misses.max(1),
            heard: now,
            pings: 0,
            next: None,
            said: now,
            owes_a_sign: false,
        };
        heartbeat.heard(now);
        heartbeat
    }

    pub(crate) fn heard(&mut self, now: Instant) {
        self.heard = now;
        self.pings = 0;
        self.rest_from(now);
    }

    /// Something is being written, which is a sign of life.
    pub(crate) fn said(&mut self, now: Instant) {
        self.said = now;
        self.owes_a_sign = false;
    }

    /// The peer goes on with something that gets no answer by itself: a frame that takes long to arrive,
    /// above all. It hears nothing meanwhile, its own pings stand behind what it sends, and it would take this
    /// end for silent.
    pub(crate) fn owes_a_sign(&mut self) {
        self.owes_a_sign = true;
    }

    /// When the peer, with that heartbeat in milliseconds, is to get a sign of life: after one and a half of
    /// its intervals, so well before it has to miss two, and not beside a ping that comes by itself.
    pub(crate) fn sign_at(&self, peer: u64) -> Option<Instant> {
        if !self.owes_a_sign || peer == 0 {
            return None;
        }
        let interval = Duration::from_millis(peer);
        self.said.checked_add(interval.saturating_add(interval / 2))
    }

    /// Whether the sign is due. It is given once.
    pub(crate) fn gives_sign(&mut self, peer: u64, now: Instant) -> bool {
        let is_due = self.sign_at(peer).is_some_and(|at| now >= at);
        self.owes_a_sign &= !is_due;
        is_due
    }

    /// An interval that reaches beyond the end of time never ends.
    fn rest_from(&mut self, now: Instant) {
        self.next = self.interval.and_then(|interval| now.checked_add(interval));
    }

    /// When to ask next.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        self.next
    }

    pub(crate) fn on_timeout(&mut self, now: Instant) -> Result<Beat, Fault> {
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
    fn who_only_listens_gives_a_sign_before_it_is_missed() {
        let start = Instant::now();
        let mut heartbeat = Heartbeat::new(None, 1, start);
        assert_eq!(heartbeat.sign_at(1000), None);
        heartbeat.owes_a_sign();
        assert_eq!(heartbeat.sign_at(0), None);
        let due = start + SECOND * 3 / 2;
        assert_eq!(heartbeat.sign_at(1000), Some(due));
        assert!(!heartbeat.gives_sign(1000, start + SECOND));
        assert!(heartbeat.gives_sign(1000, due) && !heartbeat.gives_sign(1000, due));
        heartbeat.owes_a_sign();
        heartbeat.said(due);
        assert_eq!(heartbeat.sign_at(1000), None);
    }

    #[test]
    fn without_an_interval_nothing_is_ever_due() {
        let heartbeat = Heartbeat::new(None, 1, Instant::now());
        assert_eq!(heartbeat.timeout(), None);
    }
}
