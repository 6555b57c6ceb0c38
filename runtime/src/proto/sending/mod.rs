//! Frames out: how calls and answers enter the stream, or wait until they may.
//!
//! Most calls are `plain`: nothing is in their way. All others go by `submit`, which also says why a call fails or has
//! to be `waiting`: for credit, or for its handler's `place`, and as its `overflow` policy has it.

mod overflow;
mod passing;
mod place;
mod plain;
mod reply;
mod submit;
mod waiting;

pub(crate) use submit::{NewCall, Submitted};

pub use overflow::Overflow;
