//! A connection that nobody uses: no call under way, no object held, and no frame but pings and pongs.

use std::time::{Duration, Instant};

use crate::proto::{Connection, Host};

/// How long the peer of a connection that is left for being idle may take to say that it knows.
const LAST: Duration = Duration::from_secs(10);

pub(crate) struct Idle {
    limit: Option<Duration>,
    /// When a frame last came or went.
    used: Instant,
    /// When to look; not before it can be time.
    next: Option<Instant>,
}

impl Idle {
    pub(crate) fn new(limit: Option<Duration>, now: Instant) -> Self {
        Self {
            limit,
            used: now,
            next: limit.and_then(|limit| now.checked_add(limit)),
        }
    }

    pub(crate) fn used(&mut self, now: Instant) {
        self.used = now;
    }

    pub(crate) fn timeout(&self) -> Option<Instant> {
        self.next
    }

    /// Gives the limit when it has been idle for so long.
    fn on_timeout(&mut self, now: Instant, in_use: bool) -> Option<Duration> {
        let limit = self.limit?;
        if self.next.is_none_or(|next| now < next) {
            return None;
        }
        if in_use {
            self.used = now; // and will be later: the end of it is a frame
        }
        self.next = self.used.checked_add(limit);
        let is_over = self.next.is_some_and(|next| now >= next);
        if is_over {
            self.next = None;
        }
        is_over.then_some(limit)
    }
}

impl<H: Host> Connection<H> {
    /// Leaves if nobody has used the connection for long.
    pub(crate) fn leave_if_idle(&mut self, now: Instant) {
        let counts = self.counts();
        let entries = counts.calls + counts.served + counts.exports + counts.imports;
        let is_served = !self.served.is_idle();
        // What has not left yet will be a use of its own.
        let in_use = entries > 0 || counts.outstanding > 0 || is_served || !self.output.is_empty();
        if let Some(limit) = self.idle.on_timeout(now, in_use) {
            let reason = format!("nothing was under way for {limit:?} (idle_timeout)");
            self.go_away(&reason, now.checked_add(LAST));
            self.begin_nothing_new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn it_is_time_when_the_last_use_was_so_long_ago() {
        let start = Instant::now();
        let at = |second: u32| start + SECOND * second;
        let mut idle = Idle::new(Some(SECOND * 10), start);
        idle.used(at(7));
        assert_eq!(idle.on_timeout(at(9), false), None);
        assert_eq!(idle.on_timeout(at(10), false), None);
        assert_eq!(idle.timeout(), Some(at(17)));
        assert_eq!(idle.on_timeout(at(17), true), None);
        assert_eq!(idle.timeout(), Some(at(27)));
        idle.used(at(20)); // it ended
        assert_eq!(idle.on_timeout(at(27), false), None);
        assert_eq!(idle.on_timeout(at(30), false), Some(SECOND * 10));
        assert_eq!(idle.timeout(), None);
    }

    #[test]
    fn without_a_limit_it_never_is() {
        let start = Instant::now();
        let mut idle = Idle::new(None, start);
        assert_eq!(idle.timeout(), None);
        assert_eq!(idle.on_timeout(start + SECOND, false), None);
    }
}
