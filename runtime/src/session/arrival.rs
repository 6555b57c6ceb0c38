//! A session that goes on over another connection, seen from the accepting end: how the connection
//! finds the session.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::BytesMut;

use super::link::Link;
use crate::frame::{Resume, Ticket, Token};
use crate::transport::Transport;

/// A connection on which somebody wants to go on with a session.
pub(super) struct Arrival {
    pub(super) transport: Box<dyn Transport>,
    /// What came behind the resume.
    pub(super) input: BytesMut,
    pub(super) resume: Resume,
    /// Where it comes from.
    pub(super) peer_addr: Option<SocketAddr>,
}

/// Where the next connection of a session is put down. A later one takes the place of one that the
/// driver has not taken yet.
#[derive(Default)]
pub(super) struct Arrivals {
    /// Looked at by the driver at each turn.
    is_there: AtomicBool,
    last: Mutex<Option<Arrival>>,
}

impl Arrivals {
    pub(super) fn put(&self, arrival: Arrival) {
        let mut last = self.last();
        let before = last.replace(arrival);
        self.is_there.store(true, Ordering::Release);
        drop(last);
        drop(before); // a transport of the user's
    }

    pub(super) fn is_there(&self) -> bool {
        self.is_there.load(Ordering::Acquire)
    }

    pub(super) fn take(&self) -> Option<Arrival> {
        let mut last = self.last();
        self.is_there.store(false, Ordering::Release);
        last.take()
    }

    fn last(&self) -> MutexGuard<'_, Option<Arrival>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The sessions of an accepting end that can be resumed, by their numbers.
#[derive(Default)]
pub(crate) struct Registry(Mutex<HashMap<u64, Weak<Link>>>);

impl Registry {
    /// Enters a session, under a number that nobody can guess from others, until what is returned is
    /// dropped.
    pub(super) fn enter(self: &Arc<Self>, link: &Arc<Link>) -> io::Result<Entry> {
        let ticket = fresh_ticket()?;
        self.links().insert(ticket.session, Arc::downgrade(link));
        link.with(|core| core.offer(ticket));
        Ok(Entry {
            registry: Arc::clone(self),
            session: ticket.session,
        })
    }

    /// The session with that number, if the token is its own. One answer for both mistakes.
    pub(super) fn find(&self, ticket: &Ticket) -> Option<Arc<Link>> {
        let link = self.links().get(&ticket.session)?.upgrade()?;
        let is_admitted = link.with(|core| core.admits(&ticket.token));
        is_admitted.then_some(link)
    }

    fn links(&self) -> MutexGuard<'_, HashMap<u64, Weak<Link>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}

/// A session's place in the registry.
pub(super) struct Entry {
    registry: Arc<Registry>,
    session: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.registry.links().remove(&self.session);
    }
}

fn fresh_ticket() -> io::Result<Ticket> {
    Ok(Ticket {
        session: getrandom::u64().map_err(io::Error::other)?,
        token: fresh_token()?,
    })
}

/// A new secret.
pub(super) fn fresh_token() -> io::Result<Token> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).map_err(io::Error::other)?;
    Ok(Token(secret))
}
