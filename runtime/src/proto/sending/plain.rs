//! Calls of the form that nearly all have, sent at one go.

use crate::frame::PlainCall;
use crate::proto::tables::{Made, Right, State};
use crate::proto::{Connection, Host};

impl<H: Host> Connection<H> {
    /// Sends a call that is no handler's, has no deadline and no metadata and passes nothing, if nothing is in its
    /// way: nobody leaves, nothing is short, and nobody waits. A request has a `caller`, and gets its id.
    ///
    /// False if it was not sent: then nothing was done, but that an id may be used up, and it is for
    /// [`submit`](Self::submit) to say why not.
    #[inline]
    pub(crate) fn submit_plain(
        &mut self,
        call: &mut PlainCall<'_>,
        caller: Option<impl FnOnce() -> H::Caller>,
    ) -> bool {
        let object = call.target.object();
        if self.has_announced_its_end() || !self.may_send() || self.credit.is_waiting(object) {
            return false;
        }
        let import = object.and_then(|id| self.imports.get_mut(id));
        let limit = self.peer.max_object_calls;
        if let Some(import) = &import
            && (import.closed.is_some() || !self.credit.has_share(import.used, limit))
        {
            return false;
        }
        let one_way = caller.is_none();
        if one_way && self.credit.is_the_last() {
            return false; // it is written as a request
        }
        call.id = (!one_way).then(|| self.calls.next_id());
        let output = &mut self.output.tail;
        let start = output.len();
        match call.write(output) {
            Some(size) if size as u64 <= self.peer.max_frame => {}
            Some(_) => {
                output.truncate(start);
                return false;
            }
            None => return false,
        }
        let right = self.credit.take(import, one_way);
        if let (Some(id), Some(caller), Right::Credit { stay, .. }) = (call.id, caller, right) {
            let made = Made {
                caller: Some(caller()),
                state: State::Sent,
                object,
                stay,
                in_place_of: None,
                depth: 0,
                inner: None,
            };
            self.calls.insert(id, made);
        }
        true
    }
}
