//! What may stand in a method's signature, and how it is written and read.
//!
//! Any value that serde knows is written as itself (`value`), in the `form` that the peer wants, into a `buffer` that is
//! used again; what is large is sent from where it lies (`large`).

pub(super) mod buffer;
mod form;
pub(super) mod large;
mod value;

pub(crate) use form::Form;

pub(super) use value::{OutcomeReader, OutcomeWriter, read_next, write};

pub use value::{Arg, Failure, Outcome, Returned, failed};
