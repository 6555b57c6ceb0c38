//! The protocol core under its lock: who works on it, and who is to be woken for what was done.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};

use super::Link;
use crate::frame::PlainCall;
use crate::proto::{Config, Connection, Departure, Host, Side};
use crate::session::calls::Caller;
use crate::session::clock::now;
use crate::session::handlers::Target;
use crate::session::io::Direct;
use crate::session::method::Method;
use crate::session::objects::Watch;
use crate::session::panic::drop_all_in_net;

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

pub(super) struct Core {
    connection: Connection<Attached>,
    /// The driver has nothing to write and sleeps. Only then has output to wake it.
    idle: bool,
    /// Beside the driver, writes to its connection, where that can be done.
    direct: Option<Direct>,
    /// How far this end was, if it leaves, when those who wait for it were last told.
    departure: Option<Departure>,
}

impl Core {
    pub(super) fn new(side: Side, config: Config) -> Self {
        Self {
            connection: Connection::new(side, config, now()),
            idle: false,
            direct: None,
            departure: None,
        }
    }

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

impl Link {
    /// Works on the connection, under its lock. No code of the user's runs in there; what is to be
    /// dropped of it is dropped afterwards.
    #[inline]
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut Connection<Attached>) -> R) -> R {
        self.with_alone(None, work)
    }

    /// As [`with`](Self::with), for what makes calls.
    #[inline]
    pub(crate) fn with_call<R>(
        &self,
        method: &Method,
        work: impl FnOnce(&mut Connection<Attached>) -> R,
    ) -> R {
        // One-way calls come in loops, and are gathered.
        let alone = (!method.is_one_way()).then_some(ONE_CALL);
        self.with_alone(alone, work)
    }

    /// As [`with`](Self::with), for what answers calls.
    pub(crate) fn with_answer<R>(&self, work: impl FnOnce(&mut Connection<Attached>) -> R) -> R {
        self.with_alone(Some(NO_CALL), work)
    }

    /// Sends a call of the usual form, if nothing is in its way. There is less to see to than after any other
    /// [`work`](Self::work): by a call that is sent there is no garbage, and an end that leaves sends none.
    #[inline]
    pub(crate) fn submit_plain(
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
    pub(crate) fn gather(&self) -> u32 {
        let before = self.gathered.load(Ordering::Relaxed);
        self.gathered
            .store(before.saturating_add(1), Ordering::Relaxed);
        before
    }

    /// The driver takes what there is to be written.
    pub(crate) fn take_gathered(&self) {
        self.gathered.store(0, Ordering::Relaxed);
    }

    /// How others than the driver write to its present connection, if they can.
    pub(crate) fn set_direct(&self, direct: Option<Direct>) {
        self.work(|core| (core.direct = direct, false));
    }

    /// As [`with`](Self::with), for the driver: it sees to what comes of it before it sleeps, so nobody
    /// has to wake it meanwhile.
    pub(crate) fn drive<R>(&self, work: impl FnOnce(&mut Connection<Attached>) -> R) -> R {
        self.work(|core| {
            core.idle = false;
            (work(&mut core.connection), false)
        })
    }

    /// As [`drive`](Self::drive), for the last work before the driver may sleep: `work` says whether it has
    /// seen to all that there was. Gives that as well, once nothing has come since.
    pub(crate) fn drive_to_rest<R>(
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
    pub(crate) fn is_idle(&self) -> bool {
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

    /// Whether the driver should write before anybody is given more to answer.
    pub(crate) fn is_congested(&self) -> bool {
        self.congested.load(Ordering::Relaxed)
    }

    /// The driver asks to be woken.
    pub(crate) fn register_driver(&self, waker: &std::task::Waker) {
        self.driver.register(waker);
    }

    /// Has the driver look at everything anew.
    pub(crate) fn wake_driver(&self) {
        self.driver.wake();
    }
}
