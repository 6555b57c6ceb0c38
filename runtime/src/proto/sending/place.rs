//! The one call at a time that a handler may make without credit: who has that place, and who is next.

use std::time::Instant;

use crate::id::RequestId;
use crate::proto::tables::{Line, State, Waiting};
use crate::proto::{Connection, Host};

impl<H: Host> Connection<H> {
    /// A call of the handler of `parent` is about to wait: for credit, and for the place.
    ///
    /// One-way calls of the same handler that wait in the same line, and for which nobody waits, get
    /// the place before it. They would do without, but it would overtake them.
    pub(super) fn wait_for_place(&mut self, parent: RequestId, id: RequestId, line: Line) {
        let ahead = self.calls_ahead(parent, line);
        if let Some(serving) = self.served.get_mut(parent) {
            let waiting = serving.waiting.get_or_insert_default();
            waiting.extend(ahead);
            waiting.insert(id);
        }
    }

    /// Whether a call would overtake others of the same handler if it took the place.
    pub(super) fn has_calls_ahead(&self, parent: RequestId, line: Line) -> bool {
        self.credit.is_waiting(line) && !self.calls_ahead(parent, line).is_empty()
    }

    fn calls_ahead(&self, parent: RequestId, line: Line) -> Vec<RequestId> {
        // Most handlers have none, and a line may be long.
        let serving = self.served.get(parent);
        if serving.is_none_or(|serving| serving.unattended == 0) {
            return Vec::new();
        }
        let is_ahead = |id: &RequestId| {
            self.calls.get(*id).is_some_and(|made| match &made.state {
                State::Waiting(waiting) => waiting.unattended && waiting.inside == Some(parent),
                State::Sent => false,
            })
        };
        self.credit.line(line).filter(is_ahead).collect()
    }

    /// A call was sent by it. Gives how many calls that one is inside of.
    pub(super) fn take_place(&mut self, parent: RequestId, id: RequestId) -> u32 {
        self.served.get_mut(parent).map_or(0, |serving| {
            serving.inner = Some(id);
            serving.depth + 1
        })
    }

    /// The call that had the place has been answered: the next one takes it.
    pub(super) fn free_place(&mut self, parent: RequestId, now: Instant) {
        if let Some(serving) = self.served.get_mut(parent) {
            serving.inner = None;
            self.fill_place(parent, now);
        }
    }

    /// Gives the place to who waits for it, if it is free.
    pub(super) fn fill_place(&mut self, parent: RequestId, now: Instant) {
        // Who could not be sent has left, and does not have it.
        while let Some(serving) = self.served.get_mut(parent)
            && serving.inner.is_none()
            && let Some(id) = serving.waiting.as_mut().and_then(|ids| ids.pop_first())
        {
            if let Some(made) = self.calls.get(id) {
                self.credit.leave(made.object, id);
            }
            self.send_waiting(id, Some(parent), now);
        }
    }

    /// A call is about to wait.
    pub(super) fn wait_inside(&mut self, waiting: &Waiting<H>) {
        if let Some(serving) = waiting.inside.and_then(|id| self.served.get_mut(id)) {
            serving.unattended += u32::from(waiting.unattended);
        }
    }

    /// It waits no longer.
    pub(super) fn stop_waiting_inside(&mut self, waiting: &Waiting<H>, id: RequestId) {
        if let Some(serving) = waiting.inside.and_then(|id| self.served.get_mut(id)) {
            let gone = u32::from(waiting.unattended);
            serving.unattended = serving.unattended.saturating_sub(gone);
            if let Some(ids) = &mut serving.waiting {
                ids.remove(&id);
            }
        }
    }
}
