//! One end of a session, without input, output, clock or tasks.
//!
//! A [`Connection`] takes bytes and the time, and gives bytes, [`Event`]s and the moment at which it
//! wants to be woken:
//!
//! | | what it is |
//! |---|---|
//! | `tables` | everything that the protocol counts or remembers, one table a file |
//! | `handshake`, `inbound` | bytes in: the greetings, then one frame after the other |
//! | `sending` | frames out: calls and answers |
//! | `output` | bytes out |
//! | `liveness` | when the peer was last heard, and how fast it is |
//! | `revoke`, `goaway` | an end that withdraws an object, or is about to leave |
//! | `resume` | what it takes to go on over another connection |
//! | `event`, `fault` | what happened, and what went wrong |
//!
//! Since nothing here waits or reads a clock, a pair of connections can be tested with a virtual
//! clock, and every order of events be tried. (The manner is that of quinn-proto, rustls and h2.)
//!
//! What the user gave is never dropped in here, as its `Drop` may call back into the session: it is
//! handed out, by an event or as [`Garbage`], for whoever holds the lock to drop outside of it.

mod connection;
mod event;
mod fault;
mod goaway;
mod handshake;
mod inbound;
mod liveness;
mod output;
mod resume;
mod revoke;
mod sending;
mod tables;
#[cfg(test)]
mod tests;

use std::hash::Hash;

pub(crate) use connection::{Config, Connection, Side};
pub(crate) use event::{
    Event, Extras, Garbage, IncomingCall, IncomingTarget, NewReference, Received, Remains,
};
pub(crate) use fault::{Fault, Rejected};
pub(crate) use goaway::Departure;
pub(crate) use output::{Output, Payload};
pub(crate) use resume::read_answer;
pub(crate) use sending::{NewCall, Submitted};

pub use sending::Overflow;

/// What the user of a [`Connection`] attaches to its entries. The protocol never looks into them.
pub(crate) trait Host {
    /// Who waits for a response, or for a queued one-way call to be sent.
    type Caller;
    /// An object of this end, as it is called.
    type Object: Clone;
    /// What makes two references the same object.
    type Identity: Clone + Eq + Hash;
    /// Who waits for an object of the peer to be closed.
    type Watch: Clone;

    /// Why an object of this end can't be called any more, if its owner withdrew it.
    fn revoked(object: &Self::Object) -> Option<&'static str>;
}

type Map<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;
