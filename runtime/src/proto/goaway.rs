//! An end that is about to leave: nothing new is begun, and what is under way is finished.

use std::collections::BTreeSet;
use std::time::Instant;

use super::tables::{Line, State};
use super::{Connection, Host, Rejected};
use crate::error::{Error, ErrorKind};
use crate::frame::write;
use crate::id::RequestId;

/// How this end leaves.
pub(super) struct Leaving {
    reason: String,
    /// When it leaves whatever is still under way.
    until: Option<Instant>,
    /// The token of the last ping, and of the last pong. The first ping is behind the announcement: with its
    /// pong all has come that the peer began before it knew. Others are behind what is said last.
    asked: u64,
    heard: u64,
    /// Something was said since the last ping.
    said_more: bool,
    /// This end begins nothing new either, but what handlers call back.
    begins_nothing: bool,
    is_over: bool,
}

/// How far an end is that leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Departure {
    /// Something of the peer is being handled, or may be on its way.
    Serving,
    /// All that the peer had begun is served; this end may still wait for answers.
    ServedOut,
    /// Nothing is left to be done, and the peer has read all that was said; or the time is over.
    Done,
}

/// The token of the ping behind the announcement. Those of the heartbeat before it have a lower one.
const ANNOUNCED: u64 = 1;

impl<H: Host> Connection<H> {
    /// Tells the peer to begin nothing new, since this end is about to leave: at `until` at the
    /// latest, if there is such a time. Told once more, it may only be sooner.
    pub(crate) fn go_away(&mut self, reason: &str, until: Option<Instant>) {
        if self.ended().is_some() {
            return;
        }
        if let Some(leaving) = &mut self.leaves {
            leaving.until = [leaving.until, until].into_iter().flatten().min();
            return;
        }
        self.leaves = Some(Leaving {
            reason: reason.to_owned(),
            until,
            asked: ANNOUNCED,
            heard: 0,
            said_more: false,
            begins_nothing: false,
            is_over: !self.is_open(), // nobody has greeted: nothing can be in flight
        });
        if self.is_open() {
            write::goaway(&mut self.output.tail, reason);
            self.ping_due = true;
        }
    }

    /// Something is about to be written.
    pub(super) fn said_more(&mut self) {
        if let Some(leaving) = &mut self.leaves {
            leaving.said_more = true;
            self.ask_behind_the_last();
        }
    }

    /// If what was said may have been the last, asks the peer whether it has read it.
    pub(super) fn ask_behind_the_last(&mut self) {
        let is_quiet = self.has_announced_its_end() && self.is_quiet();
        if let Some(leaving) = &mut self.leaves
            && is_quiet
            && leaving.begins_nothing
            && std::mem::take(&mut leaving.said_more)
        {
            leaving.asked += 1;
            self.ping_due = true;
        }
    }

    /// Whether nothing is under way, in neither direction.
    fn is_quiet(&self) -> bool {
        self.served.is_idle() && self.calls.len() == 0 && self.credit.used() == 0
    }

    /// From now on only handlers call, and when nothing is left the session can end.
    pub(crate) fn begin_nothing_new(&mut self) {
        if let Some(leaving) = &mut self.leaves {
            leaving.begins_nothing = true;
        }
        self.ask_behind_the_last();
    }

    /// Why no new calls are made by this end, if so.
    pub(super) fn begins_nothing(&self) -> Option<Error> {
        let leaving = self.leaves.as_ref().filter(|it| it.begins_nothing)?;
        Some(Error::new(
            ErrorKind::Closed,
            format!("this end is leaving: {}", leaving.reason),
        ))
    }

    /// Whether this end has announced that it leaves.
    #[inline]
    pub(crate) fn has_announced_its_end(&self) -> bool {
        self.leaves.is_some()
    }

    /// How far this end is, if it leaves and has not ended.
    pub(crate) fn departure(&self) -> Option<Departure> {
        self.how_far(self.leaves.as_ref()?)
    }

    fn how_far(&self, leaving: &Leaving) -> Option<Departure> {
        if self.ended().is_some() {
            return None;
        }
        // Without a connection nothing is on its way, and the others are not to wait for a peer that may
        // never come back.
        let comes_more = leaving.heard < ANNOUNCED && !self.is_suspended();
        let serves = comes_more || !self.served.is_idle();
        let is_unread = leaving.said_more || self.ping_due || !self.output.is_empty();
        let is_read = leaving.heard >= leaving.asked && !is_unread;
        let is_done = leaving.begins_nothing && is_read && self.is_quiet();
        Some(if leaving.is_over || is_done {
            Departure::Done
        } else if serves {
            Departure::Serving
        } else {
            Departure::ServedOut
        })
    }

    /// Whether all that the peer had begun before it was told is served.
    pub(crate) fn has_served_out(&self) -> bool {
        !matches!(self.departure(), None | Some(Departure::Serving))
    }

    /// Why the session ends, if either end has said it before.
    pub(crate) fn parting(&self, is_own: bool) -> Option<Error> {
        if !is_own {
            return self.peer_leaves.clone();
        }
        let leaving = self.leaves.as_ref()?;
        let how = match self.departure() {
            _ if leaving.is_over => ", and its time was over",
            Some(Departure::Done) => ", and all was done",
            _ => "", // it was closed before
        };
        Some(Error::new(
            ErrorKind::Closed,
            format!("this end has left: {}{how}", leaving.reason),
        ))
    }

    pub(super) fn leaves_at(&self) -> Option<Instant> {
        let leaving = self.leaves.as_ref().filter(|it| !it.is_over)?;
        leaving.until
    }

    pub(super) fn leave_in_time(&mut self, now: Instant) {
        if let Some(leaving) = &mut self.leaves {
            leaving.is_over |= leaving.until.is_some_and(|until| now >= until);
        }
    }

    /// There is another connection. The question whether the peer has read all, or its answer, may be lost.
    pub(super) fn ask_again(&mut self) {
        let asked = self
            .leaves
            .as_ref()
            .map(|leaving| (leaving.asked, leaving.heard));
        if let Some((asked, heard)) = asked
            && heard < asked
        {
            self.ping_due = true;
        }
    }

    pub(super) fn ping_token(&self) -> u64 {
        self.leaves.as_ref().map_or(0, |leaving| leaving.asked)
    }

    pub(super) fn on_pong(&mut self, token: u64) {
        if let Some(leaving) = &mut self.leaves {
            leaving.heard = leaving.heard.max(token.min(leaving.asked));
        }
    }

    /// The peer is leaving. Only handlers go on calling, in their places, so that what the peer waits
    /// for can finish.
    pub(super) fn on_goaway(&mut self, reason: &str) {
        if self.peer_leaves.is_some() {
            return;
        }
        let error = Error::new(ErrorKind::Closed, format!("the peer is leaving: {reason}"));
        self.peer_leaves = Some(error.clone());
        self.served.tell_at_once();
        let lines: Vec<Line> = self.credit.lines().collect();
        for line in lines {
            let calls: Vec<RequestId> = self.credit.line(line).collect();
            for id in calls {
                if !self.waits_for_place(id) {
                    self.send_away(id, Rejected::Closed(error.clone()));
                }
            }
        }
    }

    fn waits_for_place(&self, id: RequestId) -> bool {
        let made = self.calls.get(id);
        let inside = made.and_then(|made| match &made.state {
            State::Waiting(waiting) => waiting.inside,
            State::Sent => None,
        });
        let serving = inside.and_then(|parent| self.served.get(parent));
        let waiting = serving.and_then(|serving| serving.waiting.as_ref());
        waiting.is_some_and(|waiting| waiting.contains(&id))
    }

    /// The handler has answered, and calls of it still wait for its place.
    pub(super) fn place_is_gone(&mut self, waiting: &BTreeSet<RequestId>) {
        if let Some(error) = self.peer_leaves.clone() {
            for &id in waiting {
                self.send_away(id, Rejected::Closed(error.clone()));
            }
        }
    }
}
