//! One connection: opened, driven, and closed.
//!
//! `open` greets the peer. Then one task, the `driver`, moves bytes between the transport and the core, until a
//! `goodbye`. Only a lone call is written by whoever makes it (`direct`).

mod direct;
mod driver;
mod goodbye;
mod input;
mod open;
mod refuse;

pub(super) use direct::Direct;
pub(super) use driver::Driver;
pub(super) use goodbye::End;
pub(super) use refuse::refuse_with;

pub(crate) use open::{Opened, Opening, open};
pub(crate) use refuse::refuse;
