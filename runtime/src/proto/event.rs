//! What a connection tells its user, and the objects that go in and out with it.

use std::ops::Range;

use bytes::Bytes;

use super::{Host, Rejected};
use crate::error::Error;
use crate::frame::{Resume, Status};
use crate::id::{ObjectId, RequestId};

/// Something happened. Events are to be acted on in their order: what the order of frames
/// promises depends on it.
pub(crate) enum Event<H: Host> {
    /// The handshake is over; calls can be made.
    Opened,
    /// The peer wants to go on with another session.
    Resume(Resume),
    /// In these bytes lie the frames of the calls that follow.
    Frames(Bytes),
    /// The peer calls.
    Call(IncomingCall<H>),
    /// The peer has let go of an object for good. If the last call was made to it, it has no other use any more: what
    /// comes behind this may depend on its being gone.
    Released,
    /// The peer no longer wants the answer to a request; its handler is to be ended.
    Cancelled(RequestId),
    /// The response to a request of this end. `caller` is `None` where it was cancelled.
    Reply {
        caller: Option<H::Caller>,
        status: Status,
        value: Bytes,
        references: Vec<Received<H>>,
    },
    /// A one-way call that had waited for credit was sent.
    Entered(H::Caller),
    /// A call that had waited for credit could not be sent.
    Failed(H::Caller, Rejected),
    /// An object of the peer can't be called any more.
    ObjectClosed(H::Watch),
}

impl<H: Host> Event<H> {
    /// The connection ended before anybody acted on the event: gives what is in it.
    pub(super) fn leave(self, remains: &mut Remains<H>) {
        let references = match self {
            Self::Opened
            | Self::Resume(_)
            | Self::Frames(_)
            | Self::Released
            | Self::Cancelled(_) => return,
            Self::Call(call) => {
                if let IncomingTarget::Object(_, Some(object)) = call.target {
                    remains.garbage.push(Garbage::Object(object));
                }
                call.extras
                    .map_or_else(Vec::new, |extras| extras.references)
            }
            Self::Reply {
                caller, references, ..
            } => {
                remains.callers.extend(caller);
                references
            }
            Self::Entered(caller) | Self::Failed(caller, _) => {
                remains.callers.push(caller);
                return;
            }
            Self::ObjectClosed(watch) => {
                remains.watches.push(watch);
                return;
            }
        };
        let ours = references
            .into_iter()
            .filter_map(|received| match received {
                Received::Ours(object) => Some(Garbage::Object(object)),
                Received::Theirs(_) | Received::Unknown(_) => None,
            });
        remains.garbage.extend(ours);
    }
}

/// A call that the peer makes.
pub(crate) struct IncomingCall<H: Host> {
    /// The request to be answered; `None` for a one-way call.
    pub(crate) id: Option<RequestId>,
    pub(crate) target: IncomingTarget<H>,
    pub(crate) method: u32,
    /// Where in the bytes of the last [`Event::Frames`] the encoded arguments lie.
    pub(crate) params: Range<usize>,
    pub(crate) extras: Option<Box<Extras<H>>>,
}

/// What most calls do without. By itself, as a call is handed on several times.
pub(crate) struct Extras<H: Host> {
    /// Milliseconds left until the deadline.
    pub(crate) left: Option<u64>,
    /// Encoded metadata, checked; empty where there is none.
    pub(crate) metadata: Bytes,
    pub(crate) references: Vec<Received<H>>,
}

/// Whom the peer calls.
pub(crate) enum IncomingTarget<H: Host> {
    /// A named service, and where its name stands, as the arguments do.
    Service(Range<usize>),
    /// An object of this end; `None` if it is that of the call before, for which there was one.
    Object(ObjectId, Option<H::Object>),
    /// An object that this end does not have (any more).
    Unknown(ObjectId),
}

/// An object to be passed.
pub(crate) enum NewReference<H: Host> {
    /// An object of this end.
    Own(H::Identity, H::Object),
    /// An object of the peer, passed back. What is attached keeps it alive until the frame has
    /// entered the stream.
    Peers(ObjectId, H::Object),
}

/// One entry of a received frame's table of references, counted already.
pub(crate) enum Received<H: Host> {
    /// An object of the peer; one holder is owed a `release`.
    Theirs(ObjectId),
    /// An object of this end, passed back.
    Ours(H::Object),
    /// Said to be an object of this end, which it is not.
    Unknown(ObjectId),
}

/// Things of the user's that are done with, to be dropped without a lock.
#[allow(dead_code, reason = "it is there to be dropped")]
pub(crate) enum Garbage<H: Host> {
    /// Of a message.
    Bytes(Bytes),
    Object(H::Object),
    References(Vec<NewReference<H>>),
    Caller(H::Caller),
}

/// What was left in the tables of a connection that ended.
pub(crate) struct Remains<H: Host> {
    /// Why it ended.
    pub(crate) error: Error,
    /// Everyone who was waiting, or who was not told yet what had happened: each gets the error.
    pub(crate) callers: Vec<H::Caller>,
    /// Everyone whose call had not left yet.
    pub(crate) unsent: Vec<H::Caller>,
    /// Everyone who watched an object of the peer.
    pub(crate) watches: Vec<H::Watch>,
    /// The objects that the peer knew, and what waiting calls kept alive.
    pub(crate) garbage: Vec<Garbage<H>>,
}
