//! Calls of this end that wait: their way into line, up, and out of it.

use std::time::Instant;

use bytes::Bytes;

use super::submit::{NewCall, Submitted};
use crate::frame::{Metadata, Request, Target, write};
use crate::id::RequestId;
use crate::proto::tables::{Made, Right, State, Waiting};
use crate::proto::{Connection, Event, Garbage, Host, Overflow, Rejected};

impl<H: Host> Waiting<H> {
    fn new(call: &mut NewCall<'_, H>) -> Self {
        let request = &call.request;
        let copy = || Bytes::copy_from_slice(request.params);
        let (service, object) = match request.target {
            Target::Service(name) => (name.to_owned(), None),
            Target::Object(id) => (String::new(), Some(id)),
        };
        Self {
            service,
            object,
            method: request.method,
            one_way: call.one_way,
            inside: call.inside,
            unattended: !call.waits(),
            deadline: call.deadline,
            metadata: request
                .metadata
                .map_or_else(Vec::new, |m| m.encoded().to_vec()),
            params: match call.kept {
                Some(kept) => kept.get_or_init(copy).clone(),
                None => copy(),
            },
            rest: call.rest.cloned(),
            references: call.passed.take().unwrap_or_default(),
        }
    }

    fn as_call(&mut self) -> NewCall<'_, H> {
        let target = match self.object {
            Some(id) => Target::Object(id),
            None => Target::Service(&self.service),
        };
        let metadata = (!self.metadata.is_empty())
            .then(|| Metadata::new(&self.metadata).ok())
            .flatten();
        let passes = !self.references.is_empty();
        NewCall {
            request: Request::new(target, self.method, metadata, &self.params),
            rest: self.rest.as_ref(),
            kept: None,
            one_way: self.one_way,
            held: false,
            inside: self.inside,
            deadline: self.deadline,
            overflow: Overflow::Wait,
            passed: passes.then(|| std::mem::take(&mut self.references)),
        }
    }

    /// What was the user's.
    pub(crate) fn leave(self) -> impl Iterator<Item = Garbage<H>> {
        let rest = self.rest.map(Garbage::Bytes);
        std::iter::once(Garbage::References(self.references)).chain(rest)
    }
}

impl<H: Host> Connection<H> {
    /// Puts a call in line.
    pub(super) fn wait(
        &mut self,
        call: &mut NewCall<'_, H>,
        caller: impl FnOnce() -> H::Caller,
        now: impl Fn() -> Instant,
    ) -> Result<Submitted, Rejected> {
        let waits = call.waits();
        if let Some(object) = call.line()
            && !waits
        {
            self.overflow(object, call)?;
            // The caller may let go of the object while the call stands in line.
            self.imports.hold(object);
        }
        let (id, inside) = (self.calls.next_id(), call.inside);
        if let Some(parent) = inside.filter(|_| waits) {
            self.wait_for_place(parent, id, call.line());
        }
        let line = call.line();
        self.credit.wait(line, id);
        self.holds |= call.held;
        let waiting = Waiting::new(call);
        self.wait_inside(&waiting);
        let made = Made {
            caller: waits.then(caller),
            object: line,
            stay: 0,
            in_place_of: None,
            depth: 0,
            inner: None,
            state: State::Waiting(Box::new(waiting)),
        };
        self.calls.insert(id, made);
        if let Some(parent) = inside {
            self.fill_place(parent, now());
        }
        Ok(Submitted::Waiting(id))
    }

    /// Lets calls that wait move up, as far as credit and room go.
    pub(crate) fn pump(&mut self, now: Instant) {
        self.holds = false;
        while self.credit.is_somebody_next() && self.may_send() {
            let (imports, limit) = (&self.imports, self.peer.max_object_calls);
            let outstanding = |object| imports.get(object).map_or(0, |import| import.used);
            let Some(id) = self.credit.next(limit, outstanding) else {
                break;
            };
            self.send_waiting(id, None, now);
        }
    }

    /// Sends a call that waits: in the place of a handler's call, or for credit.
    pub(super) fn send_waiting(&mut self, id: RequestId, place: Option<RequestId>, now: Instant) {
        let Some(made) = self.calls.remove(id) else {
            return;
        };
        let State::Waiting(mut waiting) = made.state else {
            return;
        };
        let right = match place {
            Some(parent) => Right::Place(parent),
            None => self.take_credit(made.object, waiting.one_way),
        };
        self.stop_waiting_inside(&waiting, id);
        // Of a one-way call the caller hears when it was sent, of another when it is answered.
        let (mut answered, told) = match (waiting.one_way, made.caller) {
            (false, caller) => (caller, None),
            (true, caller) => (None, caller),
        };
        let held = answered.is_none() && told.is_none();
        let mut call = waiting.as_call();
        call.request.left = call.left(|| now);
        match self.send(id, right, &mut call, &mut answered) {
            Ok(()) => self.events.extend(told.map(Event::Entered)),
            Err(rejected) => {
                let caller = told.or(answered);
                let failed = caller.map(|caller| Event::Failed(caller, rejected));
                self.events.extend(failed);
            }
        }
        self.garbage.extend(waiting.rest.map(Garbage::Bytes));
        if let Some(object) = made.object.filter(|_| held) {
            self.release(object);
        }
    }

    /// The caller gave the call up. One that waits is simply forgotten; else the peer is told, and
    /// the call's credit comes back with its response.
    pub(crate) fn cancel(&mut self, id: RequestId) {
        let Some(made) = self.calls.get_mut(id) else {
            return;
        };
        let caller = made.caller.take();
        let held = caller.is_none();
        self.garbage.extend(caller.map(Garbage::Caller));
        if let State::Sent = made.state {
            write::cancel(&mut self.output.tail, id);
            return;
        }
        let Some(made) = self.calls.remove(id) else {
            return;
        };
        self.credit.leave(made.object, id);
        if let State::Waiting(waiting) = made.state {
            self.stop_waiting_inside(&waiting, id);
            self.garbage.extend(waiting.leave());
        }
        if let Some(object) = made.object.filter(|_| held) {
            self.release(object);
        }
    }

    /// A call in line will never be sent.
    pub(crate) fn send_away(&mut self, id: RequestId, rejected: Rejected) {
        let Some(made) = self.calls.remove(id) else {
            return;
        };
        self.credit.leave(made.object, id);
        let State::Waiting(waiting) = made.state else {
            return;
        };
        self.stop_waiting_inside(&waiting, id);
        self.garbage.extend(waiting.leave());
        match (made.caller, made.object) {
            (Some(caller), _) => self.events.push_back(Event::Failed(caller, rejected)),
            // Nobody waits for it, so it held its object itself.
            (None, Some(object)) => self.release(object),
            (None, None) => {}
        }
    }
}
