//! A peer that sends whatever the test says.

use std::rc::Rc;

use bytes::BytesMut;

use super::attached::Ledger;
use super::end::End;
use super::frames;
use super::outgoing::METHOD;
use super::pair::Clock;
use crate::error::ErrorKind;
use crate::frame::preface::PREFACE;
use crate::frame::sample::write_frame;
use crate::frame::{Frame, Greeting, Reference, Request, Response, Status, Target};
use crate::id::{ObjectId, RequestId};
use crate::limits::Limits;
use crate::proto::{Config, Fault, Side};

/// What speaks to the accepting end `end` in the place of a connecting end.
pub(super) struct Stranger {
    pub(super) end: End,
    pub(super) clock: Clock,
}

impl Stranger {
    /// Greets an end with that configuration, and grants the protocol's defaults.
    pub(super) fn greets(config: Config) -> Self {
        Self::greets_with(config, Greeting::new(&Limits::default(), 0, false))
    }

    /// Greets an end with that configuration.
    pub(super) fn greets_with(config: Config, greeting: Greeting) -> Self {
        let mut stranger = Self::unopened(config);
        stranger.sends_bytes(&PREFACE).expect("it is the preface");
        stranger
            .sends(&Frame::Hello(greeting))
            .expect("the greeting is good");
        assert_eq!(stranger.reads(), ["preface", "welcome"]);
        stranger
    }

    /// Has not said anything yet.
    pub(super) fn unopened(config: Config) -> Self {
        let (ledger, clock) = (Rc::<Ledger>::default(), Clock::new());
        Self {
            end: End::new(Side::Accepting, config, &ledger, &clock),
            clock,
        }
    }

    pub(super) fn sends(&mut self, frame: &Frame<'_>) -> Result<(), Fault> {
        let mut bytes = BytesMut::new();
        write_frame(&mut bytes, frame);
        self.sends_bytes(&bytes)
    }

    pub(super) fn sends_bytes(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        self.end.receive(&mut BytesMut::from(bytes))
    }

    /// Reads what the end has written, in words.
    pub(super) fn reads(&mut self) -> Vec<String> {
        frames::in_words(&self.end.take_output())
    }
}

/// A request of a service.
pub(super) fn request(id: u64) -> Frame<'static> {
    request_of(id, Target::Service("S"), None, Vec::new())
}

/// A request.
pub(super) fn request_of(
    id: u64,
    target: Target<'static>,
    parent: Option<u64>,
    references: Vec<Reference>,
) -> Frame<'static> {
    Frame::Request(Request {
        id: Some(RequestId(id)),
        parent: parent.map(RequestId),
        ..call(target, references)
    })
}

/// A one-way call.
pub(super) fn notification(target: Target<'static>, references: Vec<Reference>) -> Frame<'static> {
    Frame::Notification(call(target, references))
}

fn call(target: Target<'static>, references: Vec<Reference>) -> Request<'static> {
    Request {
        id: None,
        target,
        method: METHOD,
        parent: None,
        left: None,
        metadata: None,
        references,
        params: &[0x90],
    }
}

/// An answer, which is nil.
pub(super) fn response(id: u64, references: Vec<Reference>) -> Frame<'static> {
    Frame::Response(Response {
        id: RequestId(id),
        status: Status::Ok,
        references,
        value: &[0xc0],
    })
}

pub(super) fn introduces(id: u64) -> Reference {
    Reference::Introduced(ObjectId::of(id))
}

pub(super) fn returns(id: u64) -> Reference {
    Reference::Returned(ObjectId::of(id))
}

pub(super) fn release(id: u64, count: u64) -> Frame<'static> {
    Frame::Release {
        object: ObjectId::of(id),
        count,
    }
}

/// Some service.
pub(super) const SERVICE: Target<'static> = Target::Service("S");

/// The peer broke the protocol in a way of which the message tells.
pub(super) fn assert_protocol_fault(received: Result<(), Fault>, tells: &str) {
    let fault = received.expect_err(tells);
    assert_eq!(fault.kind, ErrorKind::Protocol, "{fault:?}");
    assert!(fault.message.contains(tells), "{fault:?}");
    assert!(!fault.from_peer);
}
