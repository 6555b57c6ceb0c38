//! Calls of this end: by what right each is sent, or that it has to wait.

use std::cell::OnceCell;
use std::time::Instant;

use bytes::Bytes;

use crate::frame::{Request, write};
use crate::id::{ObjectId, RequestId};
use crate::proto::tables::{Line, Made, Right, State};
use crate::proto::{Connection, Garbage, Host, NewReference, Overflow, Rejected};

/// A call to be made. Its arguments are encoded already.
pub(crate) struct NewCall<'a, H: Host> {
    /// Its frame. `submit` adds what depends on how and when it is sent.
    pub(crate) request: Request<'a>,
    /// What follows on its parameters, and is written from where it lies.
    pub(crate) rest: Option<&'a Bytes>,
    /// Where its parameters are kept if it has to wait, together with other calls that have the same ones.
    pub(crate) kept: Option<&'a OnceCell<Bytes>>,
    pub(crate) one_way: bool,
    /// It waits, if it can wait, until bytes are taken to be written, though there is credit.
    pub(crate) held: bool,
    /// The request of the peer whose handler makes the call.
    pub(crate) inside: Option<RequestId>,
    pub(crate) deadline: Option<Instant>,
    /// What a one-way call to an object does when it would have to wait.
    pub(crate) overflow: Overflow,
    /// What it passes, if that is anything.
    pub(crate) passed: Option<Vec<NewReference<H>>>,
}

/// What became of a submitted call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Submitted {
    /// Its frame has entered the stream. A one-way call is done; a request is answered later.
    Sent(RequestId),
    /// It waits for credit.
    Waiting(RequestId),
}

impl<H: Host> NewCall<'_, H> {
    /// Whether somebody waits until the call is sent, or answered, however long it takes.
    pub(super) fn waits(&self) -> bool {
        let is_object = self.line().is_some();
        !(self.one_way && is_object && self.overflow != Overflow::Wait)
    }

    pub(super) fn line(&self) -> Line {
        self.request.target.object()
    }

    /// Milliseconds until its deadline.
    pub(super) fn left(&self, now: impl Fn() -> Instant) -> Option<u64> {
        let at = self.deadline?;
        Some(at.saturating_duration_since(now()).as_millis() as u64)
    }
}

impl<H: Host> Connection<H> {
    /// Makes a call, or puts it in line. `caller` is asked for only if somebody has to wait, and the
    /// clock only if the time matters.
    #[inline]
    pub(crate) fn submit(
        &mut self,
        call: &mut NewCall<'_, H>,
        caller: impl FnOnce() -> H::Caller,
        now: impl Fn() -> Instant,
    ) -> Result<Submitted, Rejected> {
        let submitted = self.send_or_wait(call, caller, now);
        if submitted.is_err() {
            let passed = call.passed.take();
            self.garbage.extend(passed.map(Garbage::References));
        }
        submitted
    }

    #[inline]
    fn send_or_wait(
        &mut self,
        call: &mut NewCall<'_, H>,
        caller: impl FnOnce() -> H::Caller,
        now: impl Fn() -> Instant,
    ) -> Result<Submitted, Rejected> {
        let Some(right) = self.right_of(call)? else {
            return self.wait(call, caller, now);
        };
        let id = self.calls.next_id();
        let mut caller = (!call.one_way).then(caller);
        call.request.left = call.left(now);
        let sent = self.send(id, right, call, &mut caller);
        if sent.is_err() {
            self.garbage.extend(caller.map(Garbage::Caller));
        }
        sent.map(|()| Submitted::Sent(id))
    }

    /// Whether the call may be sent at once, and by what right.
    fn right_of(&mut self, call: &mut NewCall<'_, H>) -> Result<Option<Right>, Rejected> {
        if let Some(error) = self.ended() {
            return Err(Rejected::Closed(error.clone()));
        }
        let import = call.line().and_then(|id| self.imports.get(id));
        if let Some(closed) = import.and_then(|import| import.closed.as_ref()) {
            return Err(Rejected::ObjectClosed {
                kind: closed.kind,
                reason: closed.reason.clone(),
            });
        }
        let limit = self.peer.max_object_calls;
        // Whether one more call to the object leaves enough credit to others.
        let has_share = import.is_none_or(|import| self.credit.has_share(import.used, limit));
        let serving = call.inside.and_then(|id| self.served.get_mut(id));
        let place = match (&serving, call.inside) {
            (Some(serving), Some(id)) => {
                if serving.depth >= self.peer.max_call_depth {
                    let limit = self.peer.max_call_depth;
                    return Err(Rejected::TooDeep { limit });
                }
                let is_free = serving.inner.is_none()
                    && serving.waiting.as_ref().is_none_or(|ids| ids.is_empty());
                (is_free && call.waits()).then_some(id)
            }
            _ => {
                call.inside = None; // its handler has answered, or is of another session
                None
            }
        };
        let line = call.line();
        let place = place.filter(|&id| !self.has_calls_ahead(id, line));
        let place = place.map(Right::Place);
        if !call.one_way && place.is_some() {
            return Ok(place);
        }
        if let Some(error) = &self.peer_leaves {
            // Who is not served by the place, now or in its turn, is not served any more.
            return match call.inside {
                Some(_) if call.waits() => Ok(place),
                _ => Err(Rejected::Closed(error.clone())),
            };
        }
        if call.inside.is_none()
            && let Some(error) = self.begins_nothing()
        {
            return Err(Rejected::Closed(error));
        }
        let is_held = call.held && call.waits();
        let at_once = !is_held && has_share && self.may_send() && !self.credit.is_waiting(line);
        Ok(if at_once {
            Some(self.take_credit(line, call.one_way))
        } else {
            place
        })
    }

    pub(super) fn take_credit(&mut self, line: Line, one_way: bool) -> Right {
        let import = line.and_then(|id| self.imports.get_mut(id));
        self.credit.take(import, one_way)
    }

    /// A call by that right has not entered the stream.
    #[cold]
    fn give_back(&mut self, line: Line, right: Right) {
        if let Right::Credit { is_request, .. } = right {
            let import = line.and_then(|id| self.imports.get_mut(id));
            self.credit.take_back(import, is_request);
        }
    }

    pub(super) fn may_send(&self) -> bool {
        self.is_open() && self.peer_leaves.is_none() && self.credit.is_left() && self.has_room()
    }

    fn has_room(&self) -> bool {
        let queued = self.queued_bytes();
        self.has_replay_room() && (queued == 0 || queued < self.config.limits.max_queued_bytes)
    }

    /// Whether the peer takes one more call to that object.
    pub(super) fn has_window(&self, object: ObjectId) -> bool {
        let import = self.imports.get(object);
        import.is_none_or(|import| import.used < self.peer.max_object_calls)
    }

    /// Writes the call's frame and accounts for it. Whoever fails has not entered the stream. What is
    /// passed is taken out of the call, and the caller if there will be an answer.
    #[inline]
    pub(super) fn send(
        &mut self,
        id: RequestId,
        right: Right,
        call: &mut NewCall<'_, H>,
        caller: &mut Option<H::Caller>,
    ) -> Result<(), Rejected> {
        let object = call.line();
        let (is_request, stay, parent) = match right {
            Right::Credit { is_request, stay } => (is_request, stay, None),
            Right::Place(parent) => (true, 0, Some(parent)),
        };
        call.request.id = is_request.then_some(id);
        call.request.parent = parent;
        let (request, rest) = (&mut call.request, call.rest);
        let rest_len = rest.map_or(0, Bytes::len);
        let written = match call.passed.take() {
            None => self.write_checked(rest, |output| write::request(output, request, rest_len)),
            Some(passed) => self.write_with_references(passed, rest, |output, references| {
                request.references = references;
                write::request(output, request, rest_len)
            }),
        };
        if let Err(rejected) = written {
            self.give_back(object, right);
            return Err(rejected);
        }
        if is_request {
            let made = Made {
                caller: caller.take(),
                state: State::Sent,
                object,
                stay,
                in_place_of: parent,
                depth: parent.map_or(0, |parent| self.take_place(parent, id)),
                inner: None,
            };
            self.calls.insert(id, made);
        }
        Ok(())
    }
}
