//! What becomes of one-way calls to an object that does not keep up.

use super::submit::NewCall;
use crate::error::ErrorKind;
use crate::id::{ObjectId, RequestId};
use crate::proto::tables::State;
use crate::proto::{Connection, Host, Rejected};

/// How many one-way calls may wait in an object's line without their callers.
const QUEUE: usize = 64;

/// What a one-way call to an object does when the object's window is full. It concerns only calls
/// that have not entered the stream: from there on nothing is ever dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overflow {
    /// The caller waits.
    #[default]
    Wait,
    /// Up to 64 calls wait without their callers; then the oldest of them is dropped.
    DropOldest,
    /// The newest call of each method waits without its caller, and takes the place of the one before.
    Latest,
    /// The object is closed for this end. While its own window has room and only the connection is
    /// congested, up to 64 calls wait without their callers first.
    Close,
}

impl<H: Host> Connection<H> {
    /// A one-way call has to wait, and its policy says that its caller does not. Makes room for it
    /// in its line.
    pub(super) fn overflow(
        &mut self,
        object: ObjectId,
        call: &NewCall<'_, H>,
    ) -> Result<(), Rejected> {
        match call.overflow {
            Overflow::Wait => {}
            Overflow::DropOldest => {
                let waiting = self.droppable(object, None);
                if waiting.len() >= QUEUE {
                    self.drop_waiting(object, waiting[0]);
                }
            }
            Overflow::Latest => {
                for id in self.droppable(object, Some(call.request.method)) {
                    self.drop_waiting(object, id);
                }
            }
            Overflow::Close => {
                if self.has_window(object) && self.droppable(object, None).len() < QUEUE {
                    return Ok(()); // it keeps up; others use all credit, or the bytes do not leave
                }
                let reason =
                    "it did not keep up with the one-way calls to it (overflow = \"close\")";
                self.close_import(object, ErrorKind::Overloaded, reason);
                return Err(Rejected::ObjectClosed {
                    kind: ErrorKind::Overloaded,
                    reason: reason.to_owned(),
                });
            }
        }
        Ok(())
    }

    /// The calls in an object's line for which nobody waits, oldest first.
    fn droppable(&self, object: ObjectId, method: Option<u32>) -> Vec<RequestId> {
        let is_droppable = |id: &RequestId| {
            self.calls.get(*id).is_some_and(|made| match &made.state {
                State::Waiting(waiting) => {
                    made.caller.is_none() && method.is_none_or(|method| waiting.method == method)
                }
                State::Sent => false,
            })
        };
        let line = self.credit.line(Some(object));
        line.filter(is_droppable).collect()
    }

    fn drop_waiting(&mut self, object: ObjectId, id: RequestId) {
        self.cancel(id);
        self.dropped += 1;
        if let Some(import) = self.imports.get_mut(object) {
            import.dropped += 1;
        }
    }

    /// How many one-way calls to a peer's object were dropped.
    pub(crate) fn dropped_calls(&self, object: ObjectId) -> u64 {
        self.imports.get(object).map_or(0, |import| import.dropped)
    }
}
