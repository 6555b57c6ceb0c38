//! A peer that keeps to the form of frames, and to nothing else.

use arbitrary::Arbitrary;
use bytes::BytesMut;

use crate::frame::{
    Ack, Credit, Failure, Frame, Greeting, Reference, Request, Response, Resume, Status, Target,
    Ticket, Token,
};
use crate::id::{ObjectId, RequestId};
use crate::written::write_frame;

/// By what a session can be resumed.
pub(crate) const TICKET: Ticket = Ticket {
    session: 77,
    token: Token([1; 32]),
};

/// The session goes on.
pub(crate) fn resume(received: u8) -> Resume {
    Resume {
        ticket: TICKET,
        received: received.into(),
    }
}

/// A frame, with numbers so small that they are likely to mean something.
#[derive(Arbitrary, Clone, Debug)]
pub(crate) enum Sent {
    Request {
        id: u8,
        object: Option<u8>,
        parent: Option<u8>,
        left: Option<u16>,
        references: Vec<i8>,
    },
    Notification {
        object: Option<u8>,
        parent: Option<u8>,
        references: Vec<i8>,
    },
    Response {
        id: u8,
        status: u8,
        references: Vec<i8>,
    },
    Cancel(u8),
    Release(u8, u8),
    Revoke(u8),
    Credit(u16, Vec<(u8, u16)>),
    Ping(u8),
    Pong(u8),
    Ack {
        received: u8,
        next: u8,
    },
    Resume {
        received: u8,
    },
    Goaway,
    Abort,
    Greeting(bool),
    Bytes(Vec<u8>),
}

fn table(references: &[i8]) -> Vec<Reference> {
    let reference = |number: &i8| {
        let object = object_of(number.unsigned_abs());
        match *number > 0 {
            true => Reference::Introduced(object),
            false => Reference::Returned(object),
        }
    };
    references.iter().map(reference).collect()
}

fn call(object: Option<u8>, parent: Option<u8>, references: &[i8]) -> Request<'static> {
    Request {
        id: None,
        target: match object {
            Some(id) => Target::Object(object_of(id)),
            None => Target::Service("S"),
        },
        method: 1,
        parent: parent.map(|id| RequestId(id.into())),
        left: None,
        metadata: None,
        references: table(references),
        params: &[0x90],
    }
}

impl Sent {
    /// Appends the frame.
    pub(crate) fn write(&self, out: &mut BytesMut) {
        let failed = Failure {
            kind: "Panicked",
            message: "",
        };
        let failed = failed.encode();
        let frame = match self {
            Self::Request {
                id,
                object,
                parent,
                left,
                references,
            } => Frame::Request(Request {
                id: Some(RequestId((*id).into())),
                left: left.map(Into::into),
                ..call(*object, *parent, references)
            }),
            Self::Notification {
                object,
                parent,
                references,
            } => Frame::Notification(call(*object, *parent, references)),
            Self::Response {
                id,
                status,
                references,
            } => {
                let (status, value): (_, &[u8]) = match status % 3 {
                    0 => (Status::Ok, &[0xc0]),
                    1 => (Status::Application, &[0xc0]),
                    _ => (Status::Failed, &failed),
                };
                Frame::Response(Response {
                    id: RequestId((*id).into()),
                    status,
                    references: table(references),
                    value,
                })
            }
            Self::Cancel(id) => Frame::Cancel {
                id: RequestId((*id).into()),
            },
            Self::Release(object, count) => Frame::Release {
                object: object_of(*object),
                count: u64::from(*count).max(1),
            },
            Self::Revoke(object) => Frame::Revoke {
                object: object_of(*object),
                reason: "why not",
            },
            Self::Credit(finished, objects) => Frame::Credit(Credit {
                finished: (*finished).into(),
                objects: objects
                    .iter()
                    .map(|(object, finished)| (object_of(*object), (*finished).into()))
                    .collect(),
            }),
            Self::Ping(token) => Frame::Ping((*token).into()),
            Self::Pong(token) => Frame::Pong((*token).into()),
            Self::Ack { received, next } => Frame::Ack(Ack {
                received: (*received).into(),
                next: (*next).into(),
            }),
            Self::Resume { received } => Frame::Resume(resume(*received)),
            Self::Goaway => Frame::Goaway { reason: "bye" },
            Self::Abort => Frame::Abort {
                kind: "Protocol",
                message: "no",
            },
            Self::Greeting(hello) => {
                let greeting = Greeting::new(&crate::limits::Limits::default(), 0, false);
                match hello {
                    true => Frame::Hello(greeting),
                    false => Frame::Welcome(greeting),
                }
            }
            Self::Bytes(bytes) => return out.extend_from_slice(bytes),
        };
        write_frame(out, &frame);
    }
}

/// The object with that number; there is none with zero.
fn object_of(number: impl Into<u64>) -> ObjectId {
    ObjectId::new(number.into()).unwrap_or(ObjectId::FIRST)
}
