//! A session at work: the task that drives its connection, the calls made over it and the handlers run for it.
//!
//! The way of a call, from the stub to the handler and back:
//!
//! 1. `calls::encoder` writes the arguments (`objects::passing` notes the objects among them) and
//! 2. `calls::submit` hands it to the protocol core, under its lock in `link::locked`, and `calls::call` waits (a lone
//!    call is written at once, by `io::direct`);
//! 3. `io::driver`, on each end, moves bytes between the transport and the core, and
//! 4. hands what came to `handlers::dispatch`, which finds the `target` and polls its handler first;
//!    a handler that has to wait goes on as a task of its own or in its object's `lane`;
//! 5. `handlers::incoming` is the call whose arguments are decoded there, and `handlers::reply` writes the answer;
//! 6. `calls::call` decodes it.

mod argument;
mod calls;
mod clock;
mod complaint;
mod handlers;
mod io;
mod lifetime;
mod link;
mod method;
mod objects;
mod panic;
mod values;

pub(crate) use calls::Encoded;
pub(crate) use complaint::Complaints;
pub(crate) use handlers::Services;
pub(crate) use io::{Opened, Opening, open, refuse};
pub(crate) use lifetime::{
    Backoff, Connected, Connector, Current, Guest, Lasting, Readers, Registry,
};
pub(crate) use objects::OnClosed;
pub(crate) use panic::{catch_panic, catch_panics};
pub(crate) use values::Form;

pub use crate::proto::Overflow;
pub use calls::{Call, CallEncoder, Encoder, Remote, ServiceClient};
pub use handlers::{
    Arguments, Context, Dispatch, Handler, Incoming, KeptCall, Service, context, fail, reply,
};
pub use lifetime::{Session, SessionEvent, SessionEvents, Stats};
pub use method::Method;
pub use objects::{
    Callbacks, HasProxy, IsService, Lease, Place, ProxyOf, ProxyType, Reference, debug_proxy,
    deserialize_proxy, is_service, serialize_proxy,
};
pub use values::{Arg, Failure, Outcome, Returned, failed};
