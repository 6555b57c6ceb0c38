//! One end of a session, without input, output, clock or tasks.
//!
//! A [`Connection`] takes bytes and the time, and gives bytes, [`Event`]s and the moment at which it
//! wants to be woken. Everything that the protocol counts or remembers is here, one table a file:
//!
//! | file | what it keeps |
//! |---|---|
//! | `calls` | the requests that this end made and whose response is to come |
//! | `served` | the requests that the peer made and that are being handled |
//! | `exports` | this end's objects that the peer knows |
//! | `imports` | the peer's objects that this end knows |
//! | `numbered` | what these four are: entries by the numbers of requests or objects |
//! | `window` | how much credit the peer uses, and what to tell it |
//! | `credit` | who may send, and who waits in which line |
//! | `place` | who of a handler's calls may go without credit |
//! | `plain` | calls that nothing is in the way of |
//! | `outgoing` | the bytes that are to be written |
//! | `at_once` | what a lone call needs no driver for |
//! | `overflow` | what becomes of one-way calls that find their line full |
//! | `goaway` | what becomes of calls to a peer that is about to leave |
//! | `heartbeat` | when the peer was last heard |
//! | `resume` | what it takes to go on over another connection |
//! | `replay` | what was sent and is not acknowledged |
//!
//! Since nothing here waits or reads a clock, a pair of connections can be tested with a virtual
//! clock, and every order of events be tried. (The manner is that of quinn-proto, rustls and h2.)
//!
//! What the user gave is never dropped in here, as its `Drop` may call back into the session: it is
//! handed out, by an event or as [`Garbage`], for whoever holds the lock to drop outside of it.

mod at_once;
mod calls;
mod connection;
mod credit;
mod event;
mod exports;
mod fault;
mod goaway;
mod handshake;
mod heartbeat;
mod idle;
mod imports;
mod inbound;
mod numbered;
mod outbound;
mod outgoing;
mod overflow;
mod pace;
mod passing;
mod pings;
mod place;
mod plain;
mod replay;
mod reply;
mod resume;
mod revoke;
mod served;
mod submit;
#[cfg(test)]
mod tests;
mod waiting;
mod window;

use std::hash::Hash;

pub(crate) use connection::{Config, Connection, Side};
pub(crate) use event::{Event, Extras, Garbage, IncomingCall, IncomingTarget, Received, Remains};
pub use overflow::Overflow;

pub(crate) use fault::{Fault, Rejected};
pub(crate) use goaway::Departure;
pub(crate) use outgoing::{Output, Payload};
pub(crate) use passing::NewReference;
pub(crate) use resume::read_answer;
pub(crate) use submit::{NewCall, Submitted};

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
