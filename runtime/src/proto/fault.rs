//! What ends a connection, and what fails one call.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind};
use crate::frame::FrameError;

/// Why a connection has to end. The peer is told by an abort frame, where it can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) kind: ErrorKind,
    pub(crate) message: Cow<'static, str>,
    /// Whether the peer itself said so: then it needs no abort frame.
    pub(crate) from_peer: bool,
}

impl Fault {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind,
            message: message.into(),
            from_peer: false,
        }
    }

    pub(crate) fn protocol(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Protocol, message)
    }

    pub(crate) fn into_error(self) -> Error {
        Error::new(self.kind, self.message)
    }
}

impl From<FrameError> for Fault {
    fn from(error: FrameError) -> Self {
        let kind = match error {
            FrameError::TooLong { .. } => ErrorKind::TooLarge,
            _ => ErrorKind::Protocol,
        };
        Self::new(kind, error.to_string())
    }
}

/// Why one call or one reply could not be sent. Nothing of it was: the peer knows nothing of it.
#[derive(Debug, Clone)]
pub(crate) enum Rejected {
    /// The connection has ended.
    Closed(Error),
    /// More objects would be known to the peer than it allows.
    TooManyCallbacks { limit: u32 },
    /// The frame would be larger than the peer takes.
    TooLarge { size: usize, limit: u64 },
    /// The frame would pass more references than any frame may.
    TooManyReferences { count: usize, limit: usize },
    /// The chain of calls inside calls would be longer than the peer takes.
    TooDeep { limit: u32 },
    /// The object can't be called any more.
    ObjectClosed { kind: ErrorKind, reason: String },
}

impl Rejected {
    /// The error for the caller. `what` names the call.
    pub(crate) fn into_error(self, what: &str) -> Error {
        match self {
            Self::Closed(error) => error,
            Self::TooManyCallbacks { limit } => Error::new(
                ErrorKind::TooManyCallbacks,
                format!(
                    "{what}: the peer holds at most {limit} callbacks on one connection (max_callbacks)"
                ),
            ),
            Self::TooLarge { size, limit } => Error::new(
                ErrorKind::TooLarge,
                format!(
                    "{what}: a message of {size} bytes, and the peer takes at most {limit} (max_frame)"
                ),
            ),
            Self::TooManyReferences { count, limit } => Error::new(
                ErrorKind::TooLarge,
                format!(
                    "{what}: a message that passes {count} objects, and one may pass at most {limit}"
                ),
            ),
            Self::TooDeep { limit } => Error::new(
                ErrorKind::Overloaded,
                format!(
                    "{what}: the peer takes at most {limit} calls inside each other (max_call_depth)"
                ),
            ),
            Self::ObjectClosed { kind, reason } => {
                Error::new(kind, format!("{what}: the object is closed: {reason}"))
            }
        }
    }
}
