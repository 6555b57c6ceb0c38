//! A call of the peer: from its frame to the answer of its handler.
//!
//! `dispatch` finds the `target` and polls its handler first; `handling` is a handler at work, which decodes its
//! arguments from `incoming` and answers by `reply`. One that has to wait is found in `running`, and those of one
//! object wait in its `lane`.

mod context;
mod dispatch;
mod future;
mod handling;
mod incoming;
mod lane;
mod reply;
mod running;
mod target;
mod wakes;

pub(super) use context::Serving;
pub(super) use dispatch::{Calls, dispatch};
pub(super) use lane::Lanes;
pub(super) use running::Running;
pub(super) use target::Target;

pub(crate) use target::Services;

pub use context::{Context, context};
pub use incoming::{Arguments, Incoming, KeptCall};
pub use reply::{fail, reply};
pub use target::{Dispatch, Handler, Service};
