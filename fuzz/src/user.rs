//! What the user of an end does.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use crate::attached::{Caller, Handed, Listener, Object, Tester, Told};
use crate::end::{End, Made};
use crate::error::ErrorKind;
use crate::frame::{PlainCall, Request, Status, Target};
use crate::proto::{Connection, NewCall, NewReference, Payload, Submitted};
use crate::steps::{Action, Call, How, Objects, Pass};

/// The call for `submit_plain`, if it is of that form.
fn plain_call<'a>(call: &NewCall<'a, Tester>) -> Option<PlainCall<'a>> {
    let is_plain = call.rest.is_none()
        && call.inside.is_none()
        && call.deadline.is_none()
        && call.passed.is_none();
    is_plain.then(|| call.request.plain())
}

impl End {
    pub(crate) fn take(&mut self, action: &Action) {
        if self.is_over {
            return;
        }
        match action {
            Action::Call(call) => self.call(call),
            Action::Cancel(which) => {
                if let Some(at) = pick(*which, self.calls.len()) {
                    let made = self.calls.swap_remove(at);
                    self.with(|core| core.cancel(made.id));
                    drop(made);
                    self.settle();
                }
            }
            Action::Answer {
                which,
                how,
                keep,
                objects,
                bytes,
            } => {
                if let Some(at) = pick(*which, self.arrived.len()) {
                    self.answer(at, *how, *keep, objects, *bytes);
                }
            }
            Action::LetGo(which) => {
                if let Some(at) = pick(*which, self.held.len()) {
                    self.held.swap_remove(at);
                    self.settle();
                }
            }
            Action::Revoke(which) => {
                if let Some(at) = pick(*which, self.own.len()) {
                    self.own[at].withdrawn.set(true);
                    let identity = self.own[at].identity;
                    self.with(|core| core.revoke(&identity, "taken away"));
                }
            }
            Action::Watch(which) => {
                if let Some(at) = pick(*which, self.held.len()) {
                    let id = self.held[at].id;
                    let watch = self.with(|core| core.watch(id, Rc::default));
                    self.watches.push(watch.expect("what is held is there"));
                }
            }
            Action::GoAway { millis } => {
                let until = millis.map(|millis| self.now + Duration::from_millis(millis.into()));
                self.with(|core| core.go_away("shutting down", until));
            }
            Action::BeginNothingNew => self.with(Connection::begin_nothing_new),
        }
    }

    fn call(&mut self, call: &Call) {
        let callee = call.callee.and_then(|which| pick(which, self.held.len()));
        let callee = callee.map(|at| Rc::clone(&self.held[at]));
        let inside = call
            .inside
            .and_then(|which| pick(which, self.arrived.len()));
        let inside = inside.and_then(|at| self.arrived[at].id);
        let references = self.references(&call.objects);
        let deadline = call
            .millis
            .map(|millis| self.now + Duration::from_millis(millis.into()));
        let params = [&[0x91][..], &bin(call.bytes)].concat();
        let (head, rest) = in_pieces(&params);
        let target = match &callee {
            Some(proxy) => Target::Object(proxy.id),
            None => Target::Service("S"),
        };
        let mut new = NewCall {
            request: Request::new(target, u32::from(call.method) << 12, None, head),
            rest: rest.as_ref(),
            kept: None,
            one_way: call.one_way,
            held: false,
            inside,
            deadline,
            overflow: call.policy.into(),
            passed: (!references.is_empty()).then_some(references),
        };
        self.submitted += 1;
        let (now, mut told) = (self.now, None);
        let mut caller = || {
            let (caller, state) = Caller::new();
            told = Some(state);
            caller
        };
        let made = self.with(|core| {
            // As a session does: at first in the one way that is for calls of its form if nothing is in its way.
            if let Some(mut plain) = plain_call(&new)
                && core.submit_plain(&mut plain, (!new.one_way).then_some(&mut caller))
            {
                return plain.id;
            }
            match core.submit(&mut new, caller, || now) {
                Ok(Submitted::Sent(id) | Submitted::Waiting(id)) => Some(id),
                Err(_) => None,
            }
        });
        if let (Some(id), Some(told)) = (made, told)
            && told.get() == Told::Nothing
        {
            self.calls.push(Made { id, told, callee });
        }
        self.settle();
    }

    fn answer(&mut self, at: usize, how: How, keep: bool, objects: &Objects, bytes: u16) {
        let mut arrived = self.arrived.swap_remove(at);
        if keep {
            self.held.append(&mut arrived.passed);
        }
        match arrived.id {
            None => {
                let object = arrived.object;
                self.with(|core| core.finish_notifications(object, 1));
            }
            Some(id) => {
                let status = match how {
                    How::Returns => Some(Status::Ok),
                    How::Fails => Some(Status::Application),
                    How::Panics => None,
                };
                let references = match status {
                    Some(_) => self.references(objects),
                    None => Vec::new(),
                };
                let references = (!references.is_empty()).then_some(references);
                let value = bin(bytes);
                let (head, rest) = in_pieces(&value);
                let value = Payload {
                    bytes: head,
                    rest: rest.as_ref(),
                };
                self.with(|core| {
                    let replied = status.map(|status| core.reply(id, status, references, value));
                    if !matches!(replied, Some(Ok(()))) {
                        core.fail(id, ErrorKind::Panicked, "it did not come to an end");
                    }
                });
            }
        }
        drop(arrived);
        self.settle();
    }

    fn references(&mut self, objects: &Objects) -> Vec<NewReference<Tester>> {
        let mut references = Vec::new();
        for pass in &objects.0 {
            match *pass {
                Pass::New => {
                    let identity = self.own.len();
                    self.own.push(Rc::new(Listener {
                        identity,
                        withdrawn: Cell::new(false),
                    }));
                    references.push(own(&self.own[identity]));
                }
                Pass::Again(which) => {
                    let at = pick(which, self.own.len());
                    references.extend(at.map(|at| own(&self.own[at])));
                }
                Pass::Back(which) => {
                    let proxy = pick(which, self.held.len()).map(|at| Rc::clone(&self.held[at]));
                    references.extend(
                        proxy.map(|proxy| NewReference::Peers(proxy.id, Object::Peers(proxy))),
                    );
                }
            }
        }
        references
    }

    /// Answers everything, and lets go of everything.
    pub(crate) fn finish(&mut self) {
        while !self.arrived.is_empty() {
            self.answer(0, How::Returns, false, &Objects(Vec::new()), 0);
        }
        self.held.clear();
        self.settle();
    }
}

fn own(listener: &Rc<Listener>) -> NewReference<Tester> {
    let object = Object::Own(Rc::new(Handed(Rc::clone(listener))));
    NewReference::Own(listener.identity, object)
}

fn pick(which: u8, length: usize) -> Option<usize> {
    usize::from(which).checked_rem(length)
}

/// Bytes as a value.
fn bin(length: u16) -> Vec<u8> {
    let length = length % 4096;
    let mut value = vec![0xc5];
    value.extend(length.to_be_bytes());
    value.resize(3 + usize::from(length), 7);
    value
}

/// Every other payload goes in two pieces, as large ones do.
fn in_pieces(payload: &[u8]) -> (&[u8], Option<Bytes>) {
    if payload.len().is_multiple_of(2) {
        return (payload, None);
    }
    let (head, rest) = payload.split_at(1);
    (head, Some(Bytes::copy_from_slice(rest)))
}
