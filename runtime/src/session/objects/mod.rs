//! What is passed by reference: objects of this end, and those of the peer that it holds.
//!
//! A `reference` is what is in every proxy. `passing` notes the objects of a message while it is encoded, `received`
//! those of one that came. The owner of an object may have a `lease` of it; its holder may `watch` for its end.

mod forward;
pub(super) mod lease;
mod passing;
mod received;
mod reference;
mod watch;

pub(super) use forward::{Forward, LOST};
pub(super) use passing::Passing;
pub(super) use received::References;
pub(super) use reference::Identity;
pub(super) use watch::Watch;

pub(crate) use watch::OnClosed;

pub use lease::Lease;
pub use passing::serialize_proxy;
pub use reference::{
    Callbacks, HasProxy, IsService, Place, ProxyOf, ProxyType, Reference, debug_proxy,
    deserialize_proxy, is_service,
};
