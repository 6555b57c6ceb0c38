//! Those who are compared. Each has a file, and does there what its own examples do.
//!
//! To add one: write a file with a [`Peer`] and its [`Client`], and name it in [`each_peer`] below, under a
//! feature of its own that is named in `Cargo.toml` and is on by default. What it cannot do it leaves
//! to the default methods, or overrides them with a better reason.

#[cfg(feature = "capnp")]
mod capnp;
mod floor;
#[cfg(feature = "irpc")]
mod irpc;
#[cfg(feature = "jsonrpsee")]
mod jsonrpsee;
mod load;
mod ping_pong;
#[cfg(feature = "remoc")]
mod remoc;
mod ringback;
mod sink;
mod stop;
#[cfg(feature = "tarpc")]
mod tarpc;
#[cfg(feature = "tonic")]
mod tonic;

use std::net::SocketAddr;
use std::sync::Arc;

pub(crate) use load::Load;
pub(crate) use sink::Sink;
pub(crate) use stop::{Outcome, Stop};

/// Calls a macro with the module and type of each peer, each under its `#[cfg(feature = "…")]` but for
/// our own. The first one is what others are compared with.
macro_rules! each_peer {
    ($with:ident) => {
        $with! {
            floor::Floor,
            floor::CheckedFloor,
            ringback::Ringback,
            ringback::RingbackGroup,
            ringback::RingbackResume,
            #[cfg(feature = "tarpc")]
            tarpc::Tarpc,
            #[cfg(feature = "tonic")]
            tonic::Tonic,
            #[cfg(feature = "capnp")]
            capnp::Capnp,
            #[cfg(feature = "remoc")]
            remoc::Remoc,
            #[cfg(feature = "jsonrpsee")]
            jsonrpsee::Jsonrpsee,
            #[cfg(feature = "irpc")]
            irpc::Irpc,
            ping_pong::Blocking,
            ping_pong::Task,
        }
    };
}

/// What a peer's processes run on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Threads {
    /// Tokio's runtime of many threads, as `#[tokio::main]` makes it.
    Many,
    /// One thread and a `LocalSet`, for those whose futures are not `Send`.
    One,
}

/// A system under test.
pub(crate) trait Peer: 'static {
    /// As the command line and the tables call it.
    const NAME: &'static str;
    /// What its examples run it on.
    const THREADS: Threads = Threads::Many;
    /// The calling end of a connection.
    type Client: Client;

    /// Serves at a free port of the loopback, for ever. Tells `ready` which one.
    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()>;

    /// Opens one connection, without Nagle's delay.
    async fn connect(address: SocketAddr) -> Outcome<Self::Client>;
}

/// The calling end of a connection. Each method is one thing that cases are made of; the server has a
/// method for each, under whatever name.
pub(crate) trait Client: Clone + 'static {
    /// Makes the calls of `load`: the server answers an [`Item`](crate::item::Item) with the same.
    async fn call(&self, load: Load) -> Outcome<Load>;

    /// Sends `bytes` to the server, which sends them back, so many times, one after the other.
    async fn echo_bytes(&self, _bytes: Arc<Vec<u8>>, _times: u64) -> Outcome<()> {
        Err(Stop::Unsupported("not written"))
    }

    /// Passes a new callback to the server, which holds it as long as the connection lives. One-way calls
    /// of it end in `sink`.
    async fn register(&self, _sink: Arc<Sink>) -> Outcome<()> {
        Err(Stop::Unsupported("no callbacks"))
    }

    /// The server sends so many events to each callback that it holds, of any connection: one event to
    /// each, then the next event.
    async fn push(&self, _events: u64) -> Outcome<()> {
        Err(Stop::Unsupported("no callbacks"))
    }

    /// Passes a callback to the server, which makes the calls of `load` to it, awaits each answer, and
    /// then returns. The callback answers an [`Item`](crate::item::Item) with the same.
    async fn ask(&self, _load: Load) -> Outcome<()> {
        Err(Stop::Unsupported("no callbacks"))
    }

    /// Passes a callback to the server, which makes so many calls to it at once. Each arrives at
    /// `sink`, and is never answered. The server tells
    /// [`failures`](crate::measure::failures) when one fails.
    async fn hang(&self, _calls: u64, _sink: Arc<Sink>) -> Outcome<()> {
        Err(Stop::Unsupported("no callbacks"))
    }
}

macro_rules! names {
    ($($(#[$cfg:meta])? $module:ident::$peer:ident,)*) => {
        /// The names of all peers in this build.
        pub(crate) const NAMES: &[&str] = &[$($(#[$cfg])? <$module::$peer as Peer>::NAME),*];
    };
}
each_peer!(names);

/// Work that is generic over the peer, chosen by its name.
pub(crate) trait WithPeer {
    type Output;
    fn run<P: Peer>(self) -> Self::Output;
}

/// Does `work` with the peer of that name.
pub(crate) fn with_peer<W: WithPeer>(name: &str, work: W) -> Option<W::Output> {
    macro_rules! find {
        ($($(#[$cfg:meta])? $module:ident::$peer:ident,)*) => {
            match name {
                $($(#[$cfg])? <$module::$peer as Peer>::NAME => Some(work.run::<$module::$peer>()),)*
                _ => None,
            }
        };
    }
    each_peer!(find)
}
