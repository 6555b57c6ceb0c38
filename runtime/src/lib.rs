//! Typed RPC in which the server calls you back.
//!
//! A trait that is marked [`#[service]`](service) can be called over a connection. Where one of its
//! methods marks a parameter `#[callback]`, an object is passed by reference: the far side gets a proxy
//! of it, which it may keep, and call during the call and long after it, over the same connection. When
//! it drops the proxy, the object is released; when either side vanishes, the other one is told.
//!
//! # Example
//!
//! A porter calls everybody who watches the door. He and a guest run in one process here, and talk over
//! TCP all the same.
//!
//! ```
//! use std::sync::Mutex;
//!
//! use ringback::{Result, Server, service};
//!
//! /// What the porter calls.
//! #[service]
//! pub trait Watcher {
//!     async fn came(&self, who: String) -> Result<()>;
//! }
//!
//! /// What the porter serves.
//! #[service]
//! pub trait Door {
//!     /// From now on `watcher` hears of everybody who rings.
//!     async fn watch(&self, #[callback] watcher: impl Watcher) -> Result<()>;
//!     /// Rings, and tells how many heard it.
//!     async fn ring(&self, who: &str) -> Result<usize>;
//! }
//!
//! #[derive(Default)]
//! struct Porter {
//!     watchers: Mutex<Vec<WatcherProxy>>,
//! }
//!
//! impl Door for Porter {
//!     async fn watch(&self, watcher: impl Watcher) -> Result<()> {
//!         let watcher = WatcherProxy::new(watcher);
//!         self.watchers.lock().unwrap().push(watcher); // kept beyond the call
//!         Ok(())
//!     }
//!
//!     async fn ring(&self, who: &str) -> Result<usize> {
//!         let watchers = self.watchers.lock().unwrap().clone();
//!         let mut heard = 0;
//!         for watcher in watchers {
//!             if watcher.came(who.to_owned()).await.is_ok() {
//!                 heard += 1;
//!             }
//!         }
//!         Ok(heard)
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<()> {
//!     let server = Server::builder()
//!         .service(DoorServer::new(Porter::default()))
//!         .bind("127.0.0.1:0")
//!         .await?;
//!     let address = server.local_addr();
//!     tokio::spawn(server.run());
//!
//!     let door = DoorClient::connect(address).await?;
//!     let watcher = async |who: String| {
//!         println!("{who} is at the door");
//!         Ok(())
//!     };
//!     door.watch(watcher).await?;
//!     assert_eq!(door.ring("Ada").await?, 1);
//!     Ok(())
//! }
//! ```
//!
//! # Where to go from here
//!
//! The [`guide`] teaches callbacks from the first one to the last error. The rest is reference:
//!
//! | To | use |
//! | --- | --- |
//! | say what can be called | [`#[service]`](service) on a trait `Foo`; it makes `FooServer`, `FooClient` and `FooProxy` |
//! | pass a plain function | [`Callback`], a service trait ready made |
//! | serve | [`Server`], by its [builder](ServerBuilder); from other tasks, [`ServerHandle`] |
//! | call | `FooClient::connect`; for more than one service or other settings, [`Client`] and its [builder](ClientBuilder) |
//! | say where | [`Address`]; for anything else than TCP, [`transport`] |
//! | see and end a connection | [`Session`], and its figures, [`Stats`] |
//! | know who calls | [`context()`], inside a handler |
//! | take an object back | [`Lease`], by `FooProxy::leased` |
//! | call many at once | [`Group`] |
//! | bound what a peer can cost | [`Limits`] |
//! | know what failed | [`Error`] and its [`ErrorKind`] |
//!
//! # Features
//!
//! `testing` adds the module `ringback::testing`, a network in memory that breaks when it is told to, for the
//! tests of programs that use the crate. All else is always there, and all that it needs beside tokio and
//! serde is small.
//!
//! The crate's tasks run on the tokio runtime in which [`Server::run`], [`ClientBuilder::connect`] or
//! [`ServerBuilder::serve_io`] is called; the runtime needs its IO and time drivers
//! (`#[tokio::main]` has them).

mod callback;
mod client;
mod codec;
mod config;
mod error;
mod frame;
mod group;
pub mod guide;
mod id;
mod limits;
mod proto;
mod server;
mod session;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transport;

pub use callback::{Callback, CallbackProxy};
pub use client::{Client, ClientBuilder};
pub use error::{Error, ErrorKind, Result};
pub use group::{Ask, Group, GroupFailure};
pub use limits::Limits;
#[doc = include_str!("service.md")]
pub use ringback_macros::service;
pub use server::{Server, ServerBuilder, ServerHandle};
pub use session::{
    Context, Lease, Service, ServiceClient, Session, SessionEvent, SessionEvents, Stats, context,
};
pub use transport::address::Address;

/// What generated code uses. It may change in any release.
#[doc(hidden)]
pub mod __private {
    pub use crate::client::connect;
    pub use crate::group::cast;
    pub use crate::session::{
        Arg, Arguments, Call, CallEncoder, Callbacks, Dispatch, Encoder, Failure, Handler,
        HasProxy, Incoming, IsService, KeptCall, Method, Outcome, Overflow, Place, ProxyOf,
        ProxyType, Reference, Remote, Returned, Service, ServiceClient, debug_proxy,
        deserialize_proxy, fail, failed, is_service, reply, serialize_proxy,
    };
    pub use async_trait::async_trait;
    pub use serde;
}

/// The README's code runs with the documentation's.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
