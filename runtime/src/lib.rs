//! Typed RPC in which the server calls you back.
//!
//! [`#[service]`](service) on a trait makes a client, a server and a callback proxy of it. A parameter
//! marked `#[callback]` crosses by reference: the far side calls it during the call and long after it,
//! over the same connection, as if it were local.

mod callback;
mod client;
mod codec;
mod config;
mod error;
mod frame;
mod group;
mod id;
mod limits;
mod proto;
mod server;
mod session;
pub mod transport;

pub use callback::{Callback, CallbackProxy};
pub use client::{Client, ClientBuilder};
pub use error::{Error, ErrorKind, Result};
pub use group::{Ask, Group, GroupFailure};
pub use limits::Limits;
pub use ringback_macros::service;
pub use server::{Server, ServerBuilder, ServerHandle};
pub use session::{Context, Lease, Service, ServiceClient, Session, Stats, context};
pub use transport::address::Address;

/// What generated code uses. It may change in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::client::connect;
    pub use crate::group::cast;
    pub use crate::session::{
        Arg, Arguments, Call, CallEncoder, Dispatch, Encoder, Failure, Handler, HasProxy, Incoming,
        Method, Outcome, Overflow, Place, ProxyType, Reference, Remote, Returned, Service,
        ServiceClient, debug_proxy, deserialize_proxy, failed, serialize_proxy,
    };
    pub use async_trait::async_trait;
    pub use serde;
}
