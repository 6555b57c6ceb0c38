//! A session that goes on over another connection, seen from the accepting end: how the connection
//! finds the session.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::BytesMut;
use tokio::time::Instant;

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
#[derive(Debug)]
pub(crate) struct Registry {
    /// Bytes that those without a connection may keep together.
    most_bytes: usize,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    places: HashMap<u64, Place>,
    /// Kept by those without a connection.
    bytes: usize,
}

struct Place {
    link: Weak<Link>,
    suspended: Option<Suspended>,
}

/// Of a session without a connection.
struct Suspended {
    since: Instant,
    bytes: usize,
}

/// Why a session without a connection was not waited for any longer.
const NO_ROOM: &str = "others needed its connection (max_connections, max_connections_per_address)";
const NO_BYTES: &str = "sessions without a connection kept too much (max_suspended_bytes)";

impl Registry {
    pub(crate) fn new(most_bytes: usize) -> Self {
        let table = Mutex::default();
        Self { most_bytes, table }
    }

    /// Enters a session, under a number that nobody can guess from others, until what is returned is
    /// dropped.
    pub(super) fn enter(self: &Arc<Self>, link: &Arc<Link>) -> io::Result<Entry> {
        let ticket = fresh_ticket()?;
        let place = Place {
            link: Arc::downgrade(link),
            suspended: None,
        };
        self.table().places.insert(ticket.session, place);
        link.with(|core| core.offer(ticket));
        Ok(Entry {
            registry: Arc::clone(self),
            session: ticket.session,
        })
    }

    /// The session with that number, if the token is its own. One answer for both mistakes.
    pub(super) fn find(&self, ticket: &Ticket) -> Option<Arc<Link>> {
        let link = self.table().places.get(&ticket.session)?.link.upgrade()?;
        let is_admitted = link.with(|core| core.admits(&ticket.token));
        is_admitted.then_some(link)
    }

    /// Whether a session that matters has no connection, by where its last one came from.
    pub(crate) fn has_suspended(&self, matters: impl Fn(Option<SocketAddr>) -> bool) -> bool {
        self.table().longest(matters).is_some()
    }

    /// Ends the session that has been without a connection for the longest time, of those that matter.
    pub(crate) fn end_longest(&self, matters: impl Fn(Option<SocketAddr>) -> bool) -> bool {
        let mut table = self.table();
        let longest = table.longest(matters);
        let given_up = longest.and_then(|session| table.give_up(session));
        drop(table);
        given_up.inspect(|link| link.give_up(NO_ROOM)).is_some()
    }

    /// A session has no connection, and keeps so many bytes. If all of them together keep too many, ends
    /// those that have been waiting for the longest time.
    fn keeps(&self, session: u64, bytes: usize) {
        let mut table = self.table();
        table.keeps(session, bytes);
        let mut given_up = Vec::new();
        while table.bytes > self.most_bytes
            && let Some(longest) = table.longest(|_| true)
        {
            given_up.extend(table.give_up(longest));
        }
        drop(table);
        for link in given_up {
            link.give_up(NO_BYTES);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    fn keeps(&mut self, session: u64, bytes: usize) {
        let Some(place) = self.places.get_mut(&session) else {
            return;
        };
        let suspended = place.suspended.get_or_insert_with(|| Suspended {
            since: Instant::now(),
            bytes: 0,
        });
        self.bytes = self.bytes - suspended.bytes + bytes;
        suspended.bytes = bytes;
    }

    /// It has a connection, or is not waited for.
    fn is_no_more_suspended(&mut self, session: u64) {
        let place = self.places.get_mut(&session);
        if let Some(suspended) = place.and_then(|place| place.suspended.take()) {
            self.bytes -= suspended.bytes;
        }
    }

    fn longest(&self, matters: impl Fn(Option<SocketAddr>) -> bool) -> Option<u64> {
        let suspended = self.places.iter().filter_map(|(session, place)| {
            let since = place.suspended.as_ref()?.since;
            let link = place.link.upgrade()?;
            matters(link.peer_addr()).then_some((since, *session))
        });
        suspended.min().map(|(_, session)| session)
    }

    fn give_up(&mut self, session: u64) -> Option<Arc<Link>> {
        self.is_no_more_suspended(session);
        self.places.get(&session)?.link.upgrade()
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").finish_non_exhaustive()
    }
}

/// A session's place in the registry.
pub(super) struct Entry {
    registry: Arc<Registry>,
    session: u64,
}

impl Entry {
    /// It has no connection, and keeps so many bytes.
    pub(super) fn keeps(&self, bytes: usize) {
        self.registry.keeps(self.session, bytes);
    }

    /// It has a connection again.
    pub(super) fn is_resumed(&self) {
        self.registry.table().is_no_more_suspended(self.session);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let mut table = self.registry.table();
        table.is_no_more_suspended(self.session);
        table.places.remove(&self.session);
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
