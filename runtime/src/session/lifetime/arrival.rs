//! A session that goes on over another connection, seen from the accepting end: how the connection
//! finds the session.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::BytesMut;
use tokio::time::Instant;

use crate::frame::{Resume, Ticket, Token};
use crate::session::link::Link;
use crate::transport::Transport;

/// A connection on which somebody wants to go on with a session.
pub(crate) struct Arrival {
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
pub(crate) struct Arrivals {
    /// Looked at by the driver at each turn.
    is_there: AtomicBool,
    last: Mutex<Option<Arrival>>,
}

impl Arrivals {
    pub(crate) fn put(&self, arrival: Arrival) {
        let mut last = self.last();
        let before = last.replace(arrival);
        self.is_there.store(true, Ordering::Release);
        drop(last);
        drop(before); // a transport of the user's
    }

    pub(crate) fn is_there(&self) -> bool {
        self.is_there.load(Ordering::Acquire)
    }

    pub(crate) fn take(&self) -> Option<Arrival> {
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
    /// Where its first connection came from. Its seat is counted there, wherever it goes on from.
    began_at: Option<SocketAddr>,
    /// Without a seat yet it can make room for nobody.
    guest: Option<Arc<Guest>>,
    suspended: Option<Suspended>,
    /// Why it is not waited for any longer, if so. It is on its way out then, and nothing takes that back.
    given_up: Option<&'static str>,
}

/// A session that was let in before it has a seat, since there may be one for it.
#[derive(Debug, Default)]
pub(crate) struct Guest {
    is_seated: AtomicBool,
}

impl Guest {
    /// It has found one.
    pub(crate) fn sits_down(&self) {
        self.is_seated.store(true, Ordering::Release);
    }
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
    pub(super) fn enter(
        self: &Arc<Self>,
        link: &Arc<Link>,
        guest: Option<Arc<Guest>>,
    ) -> io::Result<Entry> {
        let ticket = fresh_ticket()?;
        let place = Place {
            link: Arc::downgrade(link),
            began_at: link.peer_addr(),
            guest,
            suspended: None,
            given_up: None,
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
        let link = self.table().awaited(ticket.session)?.link.upgrade()?;
        let is_admitted = link.with(|core| core.admits(&ticket.token));
        is_admitted.then_some(link)
    }

    /// Whether a session that matters has no connection, by where it began.
    pub(crate) fn has_suspended(&self, matters: impl Fn(Option<SocketAddr>) -> bool) -> bool {
        self.table().longest(matters).is_some()
    }

    /// Ends the session that has been without a connection for the longest time, of those that matter.
    pub(crate) fn end_longest(&self, matters: impl Fn(Option<SocketAddr>) -> bool) -> bool {
        let mut table = self.table();
        let longest = table.longest(matters);
        let given_up = longest.and_then(|session| table.give_up(session, NO_ROOM));
        drop(table);
        given_up.inspect(|link| link.wake_driver()).is_some()
    }

    /// A session has no connection, and keeps so many bytes. If all of them together keep too many, ends
    /// those that keep most.
    fn keeps(&self, session: u64, bytes: usize) {
        let mut table = self.table();
        table.keeps(session, bytes);
        if table.bytes <= self.most_bytes {
            return;
        }
        let mut given_up = Vec::new();
        for session in table.largest_first() {
            if table.bytes <= self.most_bytes {
                break;
            }
            given_up.extend(table.give_up(session, NO_BYTES));
        }
        drop(table);
        for link in given_up {
            link.wake_driver();
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// The place of a session that is not given up.
    fn awaited(&mut self, session: u64) -> Option<&mut Place> {
        let place = self.places.get_mut(&session)?;
        place.given_up.is_none().then_some(place)
    }

    fn keeps(&mut self, session: u64, bytes: usize) {
        let Some(place) = self.awaited(session) else {
            return;
        };
        let suspended = place.suspended.get_or_insert_with(|| Suspended {
            since: Instant::now(),
            bytes: 0,
        });
        let before = std::mem::replace(&mut suspended.bytes, bytes);
        self.bytes = self.bytes - before + bytes;
    }

    /// It has a connection, or is not waited for.
    fn is_no_more_suspended(&mut self, session: u64) {
        let place = self.places.get_mut(&session);
        if let Some(suspended) = place.and_then(|place| place.suspended.take()) {
            self.bytes -= suspended.bytes;
        }
    }

    fn given_up(&self, session: u64) -> Option<&'static str> {
        self.places.get(&session)?.given_up
    }

    fn longest(&self, matters: impl Fn(Option<SocketAddr>) -> bool) -> Option<u64> {
        let suspended = self.places.iter().filter_map(|(session, place)| {
            let since = place.suspended.as_ref()?.since;
            let guest = place.guest.as_ref();
            let has_seat = guest.is_none_or(|guest| guest.is_seated.load(Ordering::Acquire));
            (has_seat && matters(place.began_at)).then_some((since, *session))
        });
        suspended.min().map(|(_, session)| session)
    }

    /// Those without a connection that keep anything. Of those that keep the same, the one that has waited for
    /// the longest time is the first.
    fn largest_first(&self) -> impl Iterator<Item = u64> + use<> {
        let suspended = self.places.iter().filter_map(|(session, place)| {
            let suspended = place.suspended.as_ref()?;
            let order = (Reverse(suspended.bytes), suspended.since);
            (suspended.bytes > 0).then_some((order, *session))
        });
        let mut suspended: Vec<_> = suspended.collect();
        suspended.sort_unstable();
        suspended.into_iter().map(|(_, session)| session)
    }

    /// The session is not waited for any longer. Its driver sees that when it is woken.
    fn give_up(&mut self, session: u64, why: &'static str) -> Option<Arc<Link>> {
        self.is_no_more_suspended(session);
        let place = self.places.get_mut(&session)?;
        place.given_up = Some(why);
        place.link.upgrade()
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

    /// It has a connection again. Tells why that is too late, if it was given up before.
    pub(super) fn is_resumed(&self) -> Result<(), &'static str> {
        let mut table = self.registry.table();
        table.is_no_more_suspended(self.session);
        table.given_up(self.session).map_or(Ok(()), Err)
    }

    /// Why it is not waited for any longer, if so.
    pub(super) fn given_up(&self) -> Option<&'static str> {
        self.registry.table().given_up(self.session)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::{Config, Side};

    fn address(last: u8) -> Option<SocketAddr> {
        Some(SocketAddr::from(([10, 0, 0, last], 1)))
    }

    /// A session that began at that address.
    fn enter(registry: &Arc<Registry>, last: u8) -> (Entry, Arc<Link>) {
        let link = Link::new(Side::Accepting, Config::default(), address(last), None);
        (registry.enter(&link, None).unwrap(), link)
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_is_given_up_is_neither_resumed_nor_given_up_again() {
        let registry = Arc::new(Registry::new(100));
        let (waits, _link) = enter(&registry, 1);
        waits.keeps(10);
        assert!(registry.end_longest(|_| true));
        assert_eq!(waits.given_up(), Some(NO_ROOM));
        // Its driver has not seen that yet.
        waits.keeps(10);
        assert!(!registry.end_longest(|_| true));
        assert_eq!(registry.table().bytes, 0);
        assert_eq!(waits.is_resumed(), Err(NO_ROOM));
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_has_come_back_makes_room_for_nobody() {
        let registry = Arc::new(Registry::new(100));
        let (waits, _link) = enter(&registry, 1);
        waits.keeps(10);
        assert_eq!(waits.is_resumed(), Ok(()));
        assert!(!registry.end_longest(|_| true));
        assert_eq!(waits.given_up(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn those_that_keep_most_are_given_up_and_nobody_who_keeps_nothing() {
        let registry = Arc::new(Registry::new(100));
        let sessions: Vec<_> = (0..6).map(|_| enter(&registry, 1)).collect();
        let given_up = || {
            let of_each = sessions.iter().enumerate();
            let given_up = of_each.filter(|(_, (entry, _))| entry.given_up().is_some());
            given_up.map(|(no, _)| no).collect::<Vec<_>>()
        };
        for ((entry, _), bytes) in sessions.iter().zip([0, 1, 40, 20, 39]) {
            entry.keeps(bytes);
            tokio::time::advance(std::time::Duration::from_secs(1)).await;
        }
        assert_eq!(given_up(), [0; 0]);
        sessions[1].0.keeps(2);
        assert_eq!(given_up(), [2]);
        // Of those that keep the same, the one that has waited longest; and no more than has to be.
        sessions[5].0.keeps(39);
        assert_eq!(given_up(), [2]);
        sessions[3].0.keeps(21);
        assert_eq!(given_up(), [2, 4]);
        assert_eq!(registry.table().bytes, 2 + 21 + 39);
        assert_eq!(sessions[4].0.given_up(), Some(NO_BYTES));
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_counts_where_it_began() {
        let registry = Arc::new(Registry::new(100));
        let (moves, link) = enter(&registry, 1);
        link.moved_to(address(2));
        moves.keeps(0);
        assert!(!registry.has_suspended(|whose| whose == address(2)));
        assert!(!registry.end_longest(|whose| whose == address(2)));
        assert!(registry.end_longest(|whose| whose == address(1)));
    }
}
