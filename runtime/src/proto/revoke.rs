//! Objects that their owner withdraws, and objects that can't be called any more.

use super::tables::Closed;
use super::{Connection, Event, Host, Rejected};
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
            write::revoke(&mut self.output.tail, id, reason);
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
        let reason = reason.to_owned();
        import.closed = Some(Box::new(Closed {
            kind,
            reason: reason.clone(),
        }));
        self.events
            .extend(import.watch.take().map(Event::ObjectClosed));
        let waiting: Vec<_> = self.credit.line(Some(object)).collect();
        for id in waiting {
            let reason = reason.clone();
            self.send_away(id, Rejected::ObjectClosed { kind, reason });
        }
    }
}
