//! What the driver of a connection, its calls, its handlers and its handles share.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use futures_util::task::AtomicWaker;
use tokio::sync::Notify;

use super::calls::Caller;
use super::clock::now;
use super::handlers::{Lanes, Running, Target};
use super::io::Direct;
use super::lifetime::{Arrival, Arrivals, Handle, Readers, Session, SessionEvent, SessionEvents};
use super::method::Method;
use super::objects::Watch;
use super::panic::drop_all_in_net;
use super::values::Form;
use crate::frame::PlainCall;
use crate::proto::{Config, Connection, Departure, Host, Side};

/// What a session attaches to the entries of its connection.
pub(crate) struct Attached;

impl Host for Attached {
    type Caller = Caller;
    type Object = Arc<Target>;
    type Identity = crate::session::objects::Identity;
    type Watch = Arc<Watch>;

    fn revoked(object: &Arc<Target>) -> Option<&'static str> {
        object.revoked()
    }
}

struct Core {
    connection: Connection<Attached>,
    /// The driver has nothing to write and sleeps. Only then has output to wake it.
    idle: bool,
    /// Beside the driver, writes to its connection, where that can be done.
    direct: Option<Direct>,
    /// How far this end was, if it leaves, when those who wait for it were last told.
    departure: Option<Departure>,
}

impl Core {
    /// Writes what there is to be written, if no other calls than so many are under way. The driver has not
    /// begun to.
    #[inline(never)]
    fn write_alone(&mut self, calls: usize) {
        let connection = &mut self.connection;
        if let Some(direct) = &mut self.direct
            && connection.is_alone(calls)
            && connection.has_output()
            && !connection.has_events()
        {
            direct.write(connection);
        }
    }
}

/// Under way after a lone call was made, and after it was answered.
const ONE_CALL: usize = 1;
const NO_CALL: usize = 0;

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
            core: Mutex::new(Core {
                connection: Connection::new(side, config, now()),
                idle: false,
                direct: None,
                departure: None,
            }),
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

    /// Works on the connection, under its lock. No code of the user's runs in there; what is to be
    /// dropped of it is dropped afterwards.
    #[inline]
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut Connection<Attached>) -> R) -> R {
        self.with_alone(None, work)
    }

    /// As [`with`](Self::with), for what makes calls.
    #[inline]
    pub(super) fn with_call<R>(
        &self,
        method: &Method,
        work: impl FnOnce(&mut Connection<Attached>) -> R,
    ) -> R {
        // One-way calls come in loops, and are gathered.
        let alone = (!method.is_one_way()).then_some(ONE_CALL);
        self.with_alone(alone, work)
    }

    /// As [`with`](Self::with), for what answers calls.
    pub(super) fn with_answer<R>(&self, work: impl FnOnce(&mut Connection<Attached>) -> R) -> R {
        self.with_alone(Some(NO_CALL), work)
    }

    /// Sends a call of the usual form, if nothing is in its way. There is less to see to than after any other
    /// [`work`](Self::work): by a call that is sent there is no garbage, and an end that leaves sends none.
    #[inline]
    pub(super) fn submit_plain(
        &self,
        call: &mut PlainCall<'_>,
        caller: Option<impl FnOnce() -> Caller>,
    ) -> bool {
        let is_request = caller.is_some();
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        let is_sent = core.connection.submit_plain(call, caller);
        let mut wakes = false;
        if is_sent {
            if core.idle {
                if is_request {
                    core.write_alone(ONE_CALL);
                }
                wakes = core.connection.has_events() || core.connection.has_output();
                core.idle = !wakes;
            }
            self.note_congestion(&core);
        }
        drop(core);
        if wakes {
            self.driver.wake();
        }
        is_sent
    }

    /// As [`with`](Self::with). If just so many calls are under way, and the driver has nothing to write, what
    /// there is to be written is written at once, and nobody is woken for it.
    #[inline]
    fn with_alone<R>(
        &self,
        calls: Option<usize>,
        work: impl FnOnce(&mut Connection<Attached>) -> R,
    ) -> R {
        self.work(|core| {
            let result = work(&mut core.connection);
            if let Some(calls) = calls
                && core.idle
            {
                core.write_alone(calls);
            }
            let wakes = core.connection.has_events() || core.idle && core.connection.has_output();
            core.idle &= !wakes;
            (result, wakes)
        })
    }

    /// A one-way call is about to be made. Gives how many were before it that the driver has not taken yet.
    #[inline]
    pub(super) fn gather(&self) -> u32 {
        let before = self.gathered.load(Ordering::Relaxed);
        self.gathered
            .store(before.saturating_add(1), Ordering::Relaxed);
        before
    }

    /// The driver takes what there is to be written.
    pub(super) fn take_gathered(&self) {
        self.gathered.store(0, Ordering::Relaxed);
    }

    /// How others than the driver write to its present connection, if they can.
    pub(super) fn set_direct(&self, direct: Option<Direct>) {
        self.work(|core| (core.direct = direct, false));
    }

    /// As [`with`](Self::with), for the driver: it sees to what comes of it before it sleeps, so nobody
    /// has to wake it meanwhile.
    pub(super) fn drive<R>(&self, work: impl FnOnce(&mut Connection<Attached>) -> R) -> R {
        self.work(|core| {
            core.idle = false;
            (work(&mut core.connection), false)
        })
    }

    /// As [`drive`](Self::drive), for the last work before the driver may sleep: `work` says whether it has
    /// seen to all that there was. Gives that as well, once nothing has come since.
    pub(super) fn drive_to_rest<R>(
        &self,
        work: impl FnOnce(&mut Connection<Attached>) -> (R, bool),
    ) -> (R, bool) {
        self.work(|core| {
            let (result, is_done) = work(&mut core.connection);
            core.idle = is_done && !core.connection.has_output() && !core.connection.has_events();
            ((result, core.idle), false)
        })
    }

    /// Whether the driver has nothing to do. From then on whoever brings it something wakes it.
    pub(super) fn is_idle(&self) -> bool {
        self.drive_to_rest(|_| ((), true)).1
    }

    #[inline]
    fn work<R>(&self, work: impl FnOnce(&mut Core) -> (R, bool)) -> R {
        let mut core = self.core.lock().unwrap_or_else(PoisonError::into_inner);
        let (result, wakes) = work(&mut core);
        self.note_congestion(&core);
        // Who has not announced its end is not on its way to it, and that is never taken back.
        if core.connection.has_garbage() || core.connection.has_announced_its_end() {
            self.see_to_the_rest(core, wakes);
        } else {
            drop(core);
            if wakes {
                self.driver.wake();
            }
        }
        result
    }

    /// Drops garbage, and tells how far this end is, if it leaves. Most [`work`](Self::work) has neither.
    #[cold]
    fn see_to_the_rest(&self, mut core: MutexGuard<'_, Core>, wakes: bool) {
        let garbage = core.connection.take_garbage();
        let departure = core.connection.departure();
        let departs = departure != core.departure;
        core.departure = departure;
        drop(core);
        drop_all_in_net(garbage);
        if wakes {
            self.driver.wake();
        }
        if departs {
            self.departs(departure);
        }
    }

    #[inline]
    fn note_congestion(&self, core: &Core) {
        let congested = core.connection.is_congested();
        if congested != self.congested.load(Ordering::Relaxed) {
            self.congested.store(congested, Ordering::Relaxed);
        }
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

    /// Whether the driver should write before anybody is given more to answer.
    pub(super) fn is_congested(&self) -> bool {
        self.congested.load(Ordering::Relaxed)
    }

    /// The driver asks to be woken.
    pub(super) fn register_driver(&self, waker: &std::task::Waker) {
        self.driver.register(waker);
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
        self.driver.wake();
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
        self.driver.wake();
    }

    pub(crate) fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Acquire)
    }

    /// Has the driver look at everything anew.
    pub(super) fn wake_driver(&self) {
        self.driver.wake();
    }
}
