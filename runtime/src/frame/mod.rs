//! The frames of the wire: what stands in them, how they are read and how they are written.
//!
//! This floor knows nothing of a session. It turns bytes into [`Frame`]s, which borrow from them, and
//! frames into bytes; whether a frame makes sense at this moment is for the floor above to say. What
//! comes out of [`read()`] has been looked over completely: nothing in it is deeper, longer or of another
//! type than it claims. `docs/PROTOCOL.md` is the description in prose; its examples are read by a test.

mod append;
pub(crate) mod control;
mod cursor;
pub(crate) mod error;
pub(crate) mod greeting;
mod head;
#[cfg(test)]
mod hostile;
pub(crate) mod kind;
pub(crate) mod length;
pub(crate) mod memory;
pub(crate) mod metadata;
pub(crate) mod plain;
pub(crate) mod preface;
pub(crate) mod read;
pub(crate) mod reference;
pub(crate) mod request;
pub(crate) mod response;
pub(crate) mod resume;
#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod vectors;
pub(crate) mod write;

pub(crate) use control::Credit;
pub(crate) use error::FrameError;
pub(crate) use greeting::Greeting;
pub(crate) use length::{Frames, LARGE, missing, split, split_all};
pub(crate) use metadata::Metadata;
pub(crate) use plain::{PlainAnswer, PlainCall};
pub(crate) use read::read;
pub(crate) use reference::Reference;
pub(crate) use request::{Request, Target};
pub(crate) use response::{Failure, Response, Status};
pub(crate) use resume::{Ack, Resume, Ticket, Token};

use crate::id::{ObjectId, RequestId};

/// One frame, borrowing its texts and its payload from the bytes it was read from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Frame<'a> {
    /// A call that wants an answer; its `id` is there.
    Request(Request<'a>),
    /// The one answer to a request.
    Response(Response<'a>),
    /// A call without an answer; its `id` is `None`.
    Notification(Request<'a>),
    /// The caller does not want the answer to its request any more.
    Cancel {
        /// The request of the sender of this frame.
        id: RequestId,
    },
    /// The sender lets go of an object of the receiver.
    Release {
        /// The receiver's object.
        object: ObjectId,
        /// How many of its introductions are let go of; at least one.
        count: u64,
    },
    /// The sender takes an object of its own away from the receiver.
    Revoke {
        /// The sender's object.
        object: ObjectId,
        /// Why, for the one who still wants to call it.
        reason: &'a str,
    },
    /// Notifications have been handled, so there is room for more.
    Credit(Credit),
    /// Asks for a [`Frame::Pong`] with the same token.
    Ping(u64),
    /// Answers a [`Frame::Ping`].
    Pong(u64),
    /// What the connecting end says first.
    Hello(Greeting),
    /// What the accepting end answers.
    Welcome(Greeting),
    /// How far the sender has read.
    Ack(Ack),
    /// A session goes on over a new connection.
    Resume(Resume),
    /// The sender takes no new calls and is about to leave.
    Goaway {
        /// Why it leaves.
        reason: &'a str,
    },
    /// The last frame before the sender closes the connection.
    Abort {
        /// The kind of the error, by the name that failed calls use, too.
        kind: &'a str,
        /// What went wrong, for a person.
        message: &'a str,
    },
    /// A frame of a later version that may be skipped.
    Optional(u64),
}
