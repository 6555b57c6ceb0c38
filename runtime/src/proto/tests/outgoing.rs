//! Calls that a test is about to make.

use std::cell::OnceCell;
use std::rc::Rc;
use std::time::Instant;

use bytes::Bytes;

use super::attached::{Handed, Listener, Passable, Proxy, Tester};
use super::end::Incoming;
use crate::frame::{Metadata, PlainCall, Request, Target};
use crate::id::{ObjectId, RequestId};
use crate::proto::{NewCall, NewReference, Overflow};

/// The hash of a method's name, as most are.
pub(super) const METHOD: u32 = 0x81c3_0001;

/// A call, before it is submitted.
pub(super) struct Outgoing {
    target: To,
    method: u32,
    pub(super) one_way: bool,
    held: bool,
    inside: Option<RequestId>,
    deadline: Option<Instant>,
    overflow: Overflow,
    metadata: Vec<u8>,
    passing: Vec<NewReference<Tester>>,
    params: Vec<u8>,
    /// What of them is written from where it lies.
    rest: Option<Bytes>,
    kept: Option<Rc<OnceCell<Bytes>>>,
    /// Kept while the call is under way, as the one who calls it does.
    pub(super) callee: Option<Rc<Proxy>>,
}

enum To {
    Service(String),
    Object(ObjectId),
}

impl Outgoing {
    fn new(target: To) -> Self {
        Self {
            target,
            method: METHOD,
            one_way: false,
            held: false,
            inside: None,
            deadline: None,
            overflow: Overflow::Wait,
            metadata: Vec::new(),
            passing: Vec::new(),
            params: arguments(0),
            rest: None,
            kept: None,
            callee: None,
        }
    }

    /// A call to a named service.
    pub(super) fn to_service(name: &str) -> Self {
        Self::new(To::Service(name.to_owned()))
    }

    /// A call to an object of the peer.
    pub(super) fn to_object(proxy: &Rc<Proxy>) -> Self {
        Self {
            callee: Some(Rc::clone(proxy)),
            ..Self::new(To::Object(proxy.id))
        }
    }

    /// One of several calls that have the same parameters.
    pub(super) fn kept(self, kept: &Rc<OnceCell<Bytes>>) -> Self {
        Self {
            kept: Some(Rc::clone(kept)),
            ..self
        }
    }

    pub(super) fn one_way(self) -> Self {
        Self {
            one_way: true,
            ..self
        }
    }

    /// It is not its caller's turn.
    pub(super) fn held(self) -> Self {
        Self { held: true, ..self }
    }

    /// What the call does when it would have to wait.
    pub(super) fn overflow(self, overflow: Overflow) -> Self {
        Self { overflow, ..self }
    }

    pub(super) fn method(self, method: u32) -> Self {
        Self { method, ..self }
    }

    /// The number that it carries, by which tests tell calls apart.
    pub(super) fn number(self, number: u32) -> Self {
        Self {
            params: arguments(number),
            ..self
        }
    }

    /// Makes it carry so many bytes besides.
    pub(super) fn carrying(mut self, bytes: usize) -> Self {
        self.params[0] = 0x92;
        self.params.truncate(6);
        self.params.push(0xc6);
        self.params.extend((bytes as u32).to_be_bytes());
        self.params.resize(self.params.len() + bytes, 7);
        self
    }

    /// Made by the handler of that call.
    pub(super) fn inside(self, incoming: &Incoming) -> Self {
        Self {
            inside: incoming.id,
            ..self
        }
    }

    pub(super) fn deadline(self, deadline: Instant) -> Self {
        Self {
            deadline: Some(deadline),
            ..self
        }
    }

    pub(super) fn metadata(self, metadata: &[u8]) -> Self {
        Self {
            metadata: metadata.to_vec(),
            ..self
        }
    }

    /// Passes one more object.
    pub(super) fn passing(mut self, reference: NewReference<Tester>) -> Self {
        self.passing.push(reference);
        self
    }

    fn target(&self) -> Target<'_> {
        match &self.target {
            To::Service(name) => Target::Service(name),
            To::Object(id) => Target::Object(*id),
        }
    }

    /// The parameters of every other call are in two pieces, as large ones are.
    fn is_in_pieces(&self) -> bool {
        number_in(&self.params) % 2 == 1
    }

    /// Gives the call for `submit_plain`, if it is of that form.
    pub(super) fn as_plain_call(&self) -> Option<PlainCall<'_>> {
        let is_plain = !self.is_in_pieces()
            && !self.held
            && self.inside.is_none()
            && self.deadline.is_none()
            && self.metadata.is_empty()
            && self.passing.is_empty();
        is_plain.then(|| PlainCall {
            id: None,
            target: self.target(),
            method: self.method,
            params: &self.params,
        })
    }

    /// Gives the call for `submit`.
    pub(super) fn as_new_call(&mut self) -> NewCall<'_, Tester> {
        let (head, rest) = self.params.split_at(1);
        let in_pieces = self.is_in_pieces();
        self.rest = in_pieces.then(|| Bytes::copy_from_slice(rest));
        let passed = (!self.passing.is_empty()).then(|| std::mem::take(&mut self.passing));
        let target = self.target();
        let metadata = Metadata::new(&self.metadata).ok();
        let params = if in_pieces { head } else { &self.params };
        NewCall {
            request: Request::new(target, self.method, metadata, params),
            rest: self.rest.as_ref(),
            kept: self.kept.as_deref(),
            one_way: self.one_way,
            held: self.held,
            inside: self.inside,
            deadline: self.deadline,
            overflow: self.overflow,
            passed,
        }
    }
}

/// Passes an object of one's own.
pub(super) fn own(listener: &Rc<Listener>) -> NewReference<Tester> {
    let handed = Rc::new(Handed(Rc::clone(listener)));
    NewReference::Own(listener.number, Passable::Own(handed))
}

/// Passes an object of the peer back to it.
pub(super) fn back(proxy: &Rc<Proxy>) -> NewReference<Tester> {
    NewReference::Peers(proxy.id, Passable::Peers(Rc::clone(proxy)))
}

/// The arguments of a call that carries a number.
pub(super) fn arguments(number: u32) -> Vec<u8> {
    let mut params = vec![0x91];
    params.extend(value(number));
    params
}

/// A number, as a value.
pub(super) fn value(number: u32) -> Vec<u8> {
    let mut value = vec![0xce];
    value.extend(number.to_be_bytes());
    value
}

/// The number that a call's arguments carry, or a value.
pub(super) fn number_in(encoded: &[u8]) -> u32 {
    let at = encoded.iter().position(|&byte| byte == 0xce);
    at.and_then(|at| encoded[at + 1..].first_chunk())
        .map_or(0, |bytes| u32::from_be_bytes(*bytes))
}
