//! Bytes out: what is to be written, and what was written and has to be kept.
//!
//! Frames are put into the queue of `outgoing`, and `outbound` says when it is to be taken; a lone call needs no driver
//! for that (`at_once`). Where a session can be resumed, what was taken is kept in `replay`.

mod at_once;
mod outbound;
mod outgoing;
mod replay;

pub(super) use outgoing::{Queue, Run};
pub(super) use replay::{Replay, numbered};

pub(crate) use outgoing::{Output, Payload};
