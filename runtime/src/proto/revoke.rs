//! Objects that their owner withdraws, and objects that can't be called any more.

use super::calls::State;
use super::{Connection, Event, Garbage, Host, Rejected};
use crate::error::ErrorKind;
use crate::frame::write;
use crate::id::ObjectId;

impl<H: Host> Connection<H> {
    /// Withdraws an object of this end. Its entry stays until the peer has released it, but the same
    /// identity would be another object from now on.
    pub(crate) fn revoke(&mut self, identity: &H::Identity, reason: &str) {
        if self.ended().is_some() {
            return;
        }
        if let Some(id) = self.exports.forget_identity(identity) {
            write::revoke(&mut self.output, id, reason);
        }
    }

    /// The owner withdrew an object of the peer.
    pub(super) fn on_revoke(&mut self, object: ObjectId, reason: &str) {
        self.close_import(object, ErrorKind::Revoked, reason);
    }

    /// From now on calls to that object of the peer fail, also those that wait.
    pub(super) fn close_import(&mut self, object: ObjectId, kind: ErrorKind, reason: &str) {
        let Some(import) = self.imports.get_mut(object) else {
            return; // released in the meantime
        };
        if import.closed.is_some() {
            return;
        }
        import.closed = Some((kind, reason.to_owned()));
        self.events
            .extend(import.watch.take().map(Event::ObjectClosed));
        for id in self.credit.take_line(Some(object)) {
            let Some(made) = self.calls.remove(id) else {
                continue;
            };
            let State::Waiting(waiting) = made.state else {
                continue;
            };
            self.stop_waiting_inside(waiting.inside, id);
            self.garbage.push(Garbage::References(waiting.references));
            match made.caller {
                Some(caller) => self.events.push_back(Event::Failed(
                    caller,
                    Rejected::ObjectClosed {
                        kind,
                        reason: reason.to_owned(),
                    },
                )),
                None => self.release(object),
            }
        }
    }
}
