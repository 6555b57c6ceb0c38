//! What the driver of a connection, its calls, its handlers and its handles share: the protocol core (under a lock, in
//! `locked`), who is at work on it, and who hears of it.

mod locked;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;

use super::handlers::{Lanes, Running};
use super::lifetime::{Arrival, Arrivals, Handle, Readers, Session, SessionEvent, SessionEvents};
use super::values::Form;
use crate::proto::{Config, Side};
use locked::Core;

pub(crate) use locked::Attached;

pub(crate) struct Link {
    /// Unlike any other session's in this process.
    pub(crate) id: u64,
    /// Where the present connection comes from, or goes to.
    peer_addr: Mutex<Option<SocketAddr>>,
    pub(crate) lanes: Lanes,
    pub(crate) running: Running,
    core: Mutex<Core>,
    /// Wakes the driver: there is output or an event, or the session is to end.
    driver: AtomicWaker,
    /// Whether more waits to be written than is allowed to.
    congested: AtomicBool,
    /// One-way calls that were made since the driver took some to write them, but for those of groups. Not exact: it is
    /// for a guess how much there is to write.
    gathered: AtomicU32,
    form: OnceLock<Form>,
    handle: OnceLock<Weak<Handle>>,
    leaving: AtomicBool,
    arrivals: Arrivals,
    /// Who hears what becomes of the session, and what becomes of all of this end.
    pub(super) readers: Readers,
    readers_of_all: Option<Arc<Readers>>,
    /// The session has ended, or is closer to it.
    pub(super) ended: Notify,
}

impl Link {
    pub(crate) fn new(
        side: Side,
        config: Config,
        peer_addr: Option<SocketAddr>,
        readers_of_all: Option<Arc<Readers>>,
    ) -> Arc<Self> {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Arc::new(Self {
            id: LAST.fetch_add(1, Ordering::Relaxed) + 1,
            peer_addr: Mutex::new(peer_addr),
            lanes: Lanes::default(),
            running: Running::default(),
            core: Mutex::new(Core::new(side, config)),
            driver: AtomicWaker::new(),
            congested: AtomicBool::new(false),
            gathered: AtomicU32::new(0),
            form: OnceLock::new(),
            handle: OnceLock::new(),
            leaving: AtomicBool::new(false),
            arrivals: Arrivals::default(),
            readers: Readers::default(),
            readers_of_all,
            ended: Notify::new(),
        })
    }

    pub(crate) fn peer_addr(&self) -> Option<SocketAddr> {
        *self
            .peer_addr
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The peer goes on from another address.
    pub(super) fn moved_to(&self, peer_addr: Option<SocketAddr>) {
        *self
            .peer_addr
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = peer_addr;
    }

    /// The handshake is over: makes the first handle.
    pub(super) fn open(self: &Arc<Self>) -> Session {
        let form = self.with(|core| Form {
            compact: core.peer().compact,
            max_nesting: core.peer().max_nesting,
        });
        let _ = self.form.set(form);
        let session = Session::new(Arc::clone(self));
        let _ = self.handle.set(session.downgrade());
        self.tell(SessionEvent::Connected { session: self.id });
        session
    }

    /// Tells those who want to know what becomes of the session.
    pub(super) fn tell(&self, event: SessionEvent) {
        self.readers.tell(&event);
        if let Some(readers) = &self.readers_of_all {
            readers.tell(&event);
        }
    }

    pub(super) fn events(&self) -> SessionEvents {
        let events = self.readers.subscribe();
        if self.ended().is_some() {
            self.readers.end();
        }
        events
    }

    /// The handshake was over at some time.
    pub(super) fn was_open(&self) -> bool {
        self.handle.get().is_some()
    }

    /// For how long the session waits for another connection, if it does.
    pub(super) fn grace(&self) -> Option<std::time::Duration> {
        self.drive(|core| core.grace())
    }

    /// There is another connection for the session.
    pub(super) fn arrive(&self, arrival: Arrival) {
        self.arrivals.put(arrival);
        if self.ended().is_some() {
            self.arrivals.take(); // nobody will
        }
        self.wake_driver();
    }

    pub(super) fn has_arrival(&self) -> bool {
        self.arrivals.is_there()
    }

    pub(super) fn take_arrival(&self) -> Option<Arrival> {
        self.arrivals.take()
    }

    pub(crate) fn form(&self) -> Form {
        self.form.get().copied().unwrap_or(Form {
            compact: false,
            max_nesting: crate::limits::Limits::default().max_nesting,
        })
    }

    /// A handle, unless the last one is gone and the session with it.
    pub(crate) fn session(&self) -> Option<Session> {
        self.handle.get()?.upgrade().map(Session::from_handle)
    }

    /// No handle is left, or the session is to be closed: the driver sends what there is and ends it.
    pub(crate) fn leave(&self) {
        self.leaving.store(true, Ordering::Release);
        self.wake_driver();
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }
}
