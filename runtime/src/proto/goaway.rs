//! A peer that is about to leave takes no new calls.

use super::calls::State;
use super::credit::Line;
use super::{Connection, Host, Rejected};
use crate::error::{Error, ErrorKind};
use crate::id::RequestId;

impl<H: Host> Connection<H> {
    /// The peer is leaving. Only handlers go on calling, in their places, so that what the peer waits
    /// for can finish.
    pub(super) fn on_goaway(&mut self, reason: &str) {
        if self.peer_leaves.is_some() {
            return;
        }
        let error = Error::new(ErrorKind::Closed, format!("the peer is leaving: {reason}"));
        self.peer_leaves = Some(error.clone());
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
        serving.is_some_and(|serving| serving.waiting.contains(&id))
    }

    /// The handler has answered, and calls of it still wait for its place.
    pub(super) fn place_is_gone(&mut self, waiting: impl IntoIterator<Item = RequestId>) {
        if let Some(error) = self.peer_leaves.clone() {
            for id in waiting {
                self.send_away(id, Rejected::Closed(error.clone()));
            }
        }
    }
}
