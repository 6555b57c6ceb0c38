//! Answers of this end, and the word that one-way calls have ended.

use std::time::Instant;

use crate::error::ErrorKind;
use crate::frame::control::MAX_CREDITED_OBJECTS;
use crate::frame::{Failure, Response, Status, write};
use crate::id::{ObjectId, RequestId};
use crate::proto::tables::Serving;
use crate::proto::{Connection, Garbage, Host, NewReference, Payload, Rejected};

/// A failure's text is cut here: it has to fit into the smallest frame that a peer may ask for.
const MAX_FAILURE_TEXT: usize = 800;

/// What a credit frame takes at most: for the total, and for each object.
const CREDIT_HEAD: usize = 15;
const CREDITED_OBJECT: usize = 19;

impl<H: Host> Connection<H> {
    /// Answers a request. When the answer can't be sent, the request is still there to be
    /// [failed](Self::fail).
    pub(crate) fn reply(
        &mut self,
        id: RequestId,
        status: Status,
        references: Option<Vec<NewReference<H>>>,
        value: Payload<'_>,
    ) -> Result<(), Rejected> {
        let Some(serving) = self.served.take(id) else {
            self.garbage.extend(references.map(Garbage::References));
            return Ok(()); // the connection has ended
        };
        let mut response = Response {
            id,
            status,
            references: Vec::new(),
            value: value.bytes,
        };
        let (rest, rest_len) = (value.rest, value.rest_len());
        let written = match references {
            None => self.write_checked(rest, |output| write::response(output, &response, rest_len)),
            Some(references) => {
                self.write_with_references(references, rest, |output, references| {
                    response.references = references;
                    write::response(output, &response, rest_len)
                })
            }
        };
        match written {
            Ok(()) => self.has_answered(&serving),
            Err(_) => self.served.put_back(id, serving),
        }
        written
    }

    /// Answers a request that failed before or after its handler.
    pub(crate) fn fail(&mut self, id: RequestId, kind: ErrorKind, message: &str) {
        let Some(serving) = self.served.take(id) else {
            return;
        };
        let end = message.floor_char_boundary(MAX_FAILURE_TEXT);
        let failure = Failure {
            kind: kind.name(),
            message: &message[..end],
        };
        let response = Response {
            id,
            status: Status::Failed,
            references: Vec::new(),
            value: &failure.encode(),
        };
        write::response(&mut self.output.tail, &response, 0);
        self.has_answered(&serving);
    }

    /// The answer to a request of the peer has entered the stream.
    fn has_answered(&mut self, serving: &Serving) {
        self.served.has_answered(serving, &mut self.exports);
        let outer = serving.in_place_of.and_then(|id| self.calls.get_mut(id));
        if let Some(made) = outer {
            made.inner = None;
        }
        if let Some(waiting) = &serving.waiting {
            self.place_is_gone(waiting);
        }
    }

    /// The handlers of so many one-way calls have ended, all of them for that object or for none.
    pub(crate) fn finish_notifications(&mut self, object: Option<ObjectId>, calls: u32) {
        if self.ended().is_some() {
            return;
        }
        let exports = &mut self.exports;
        self.served.finish_notifications(object, calls, exports);
    }

    pub(crate) fn tell_credit(&mut self) {
        let frame = usize::try_from(self.peer.max_frame).unwrap_or(usize::MAX);
        let most = match self.served.begin_to_tell(&self.exports) {
            true => ((frame - CREDIT_HEAD) / CREDITED_OBJECT).min(MAX_CREDITED_OBJECTS),
            false => 0,
        };
        while let Some(credit) = self.served.take_credit(most, &mut self.exports) {
            write::credit(&mut self.output.tail, &credit);
        }
    }

    /// A response has come: what the call had used is free again.
    pub(crate) fn made_call_ended(
        &mut self,
        object: Option<ObjectId>,
        stay: u64,
        in_place_of: Option<RequestId>,
        now: Instant,
    ) {
        if let Some(parent) = in_place_of {
            self.free_place(parent, now);
            return;
        }
        self.credit.give_back();
        if let Some(id) = object
            && let Some(import) = self.imports.get_mut(id)
            && import.stay == stay
        {
            import.used = import.used.saturating_sub(1);
            self.credit.reopen(id);
        }
    }
}
