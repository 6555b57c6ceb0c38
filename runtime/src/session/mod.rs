//! A connection at work: the task that drives it, the calls made over it and the handlers run for it.
//!
//! The way of a call, from the stub to the handler and back:
//!
//! 1. `encoder` writes the arguments (`passing` notes the objects among them) and
//! 2. `submit` hands it to the protocol core inside `link`, and `call` waits (a lone call is written at once, by
//!    `direct`);
//! 3. `driver`, on each end, moves bytes between the transport and the core, and
//! 4. hands what came to `dispatch`, which finds the `target` and polls its handler first;
//!    a handler that has to wait goes on as a task of its own or in its object's `lane`;
//! 5. `incoming` is the call whose arguments are decoded there, and `reply` writes the answer;
//! 6. `call` decodes it.

mod again;
mod answer;
mod argument;
mod arrival;
mod backoff;
mod call;
mod clock;
mod complaint;
mod context;
mod current;
mod direct;
mod dispatch;
mod driver;
mod encoder;
mod ending;
mod events;
mod forward;
mod goodbye;
mod handle;
mod handler;
mod handling;
mod incoming;
mod input;
mod lane;
mod large;
mod lasting;
mod lease;
mod leave;
mod link;
mod multicast;
mod open;
mod panic;
mod passing;
mod received;
mod reconnect;
mod reference;
mod refuse;
mod remote;
mod reply;
mod running;
mod submit;
mod target;
mod value;
mod wakes;
mod watch;

pub(crate) use arrival::{Guest, Registry};
pub(crate) use backoff::Backoff;
pub(crate) use complaint::Complaints;
pub(crate) use current::Current;
pub(crate) use encoder::Encoded;
pub(crate) use events::Readers;
pub(crate) use lasting::Lasting;
pub(crate) use link::Form;
pub(crate) use open::{Opened, Opening, open};
pub(crate) use panic::{catch_panic, catch_panics};
pub(crate) use reconnect::{Connected, Connector};
pub(crate) use refuse::refuse;
pub(crate) use target::Services;
pub(crate) use watch::OnClosed;

pub use crate::proto::Overflow;
pub use call::Call;
pub use context::{Context, context};
pub use encoder::{CallEncoder, Encoder};
pub use events::{SessionEvent, SessionEvents};
pub use handle::{Session, Stats};
pub use incoming::{Arguments, Incoming, KeptCall};
pub use lease::Lease;
pub use passing::serialize_proxy;
pub use reference::{
    Callbacks, HasProxy, IsService, Place, ProxyOf, ProxyType, Reference, debug_proxy,
    deserialize_proxy, is_service,
};
pub use remote::{Method, Remote, ServiceClient};
pub use reply::{fail, reply};
pub use target::{Dispatch, Handler, Service};
pub use value::{Arg, Failure, Outcome, Returned, failed};
