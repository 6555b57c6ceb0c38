//! Which handlers of a lane were woken, and when the others may be.
//!
//! An earlier handler, `a`, waits for room in a channel. A receiver on another thread makes room and
//! wakes `a`, then makes more room. If a later handler, `b`, started just then, it would find that
//! room and put in its event before `a` has run again: the order would be lost. So a wake that comes
//! while `b` starts waits until that is over, and with it whoever would make more room.
//!
//! A first poll is short. Should one be long, or the two threads wait for each other over a lock of
//! the user's, then the order is given up, and not the progress.

use std::collections::BTreeSet;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};
use std::thread::{self, ThreadId};
use std::time::Duration;

/// How long a wake waits for a handler that starts.
const PATIENCE: Duration = Duration::from_millis(20);

#[derive(Default)]
pub(super) struct Wakes {
    state: Mutex<State>,
    started: Condvar,
}

#[derive(Default)]
struct State {
    /// In the order of their calls: who came first runs first.
    woken: BTreeSet<u64>,
    /// The lane's task, once it has run.
    task: Option<Waker>,
    /// The thread on which a handler starts. What that one wakes need not wait for it.
    starting: Option<ThreadId>,
}

impl Wakes {
    /// The lane's task runs, and is to be woken by this from now on.
    pub(super) fn set_task(&self, waker: &Waker) {
        let mut state = self.state();
        match &mut state.task {
            Some(task) => task.clone_from(waker),
            None => state.task = Some(waker.clone()),
        }
    }

    /// Has the task look what there is to do. Before it has run for the first time it will anyway.
    pub(super) fn wake_task(&self) {
        let task = self.state().task.clone();
        if let Some(task) = task {
            task.wake();
        }
    }

    /// What wakes the handler of that number.
    pub(super) fn waker(self: &Arc<Self>, number: u64) -> Waker {
        Waker::from(Arc::new(HandlerWaker {
            wakes: Arc::clone(self),
            number,
        }))
    }

    /// A handler starts on this thread, until what is returned is dropped.
    pub(super) fn start(&self) -> Starting<'_> {
        self.state().starting = Some(thread::current().id());
        Starting(self)
    }

    /// Those that were woken, and now run.
    pub(super) fn take(&self) -> BTreeSet<u64> {
        mem::take(&mut self.state().woken)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.state().woken.is_empty()
    }

    /// Counts a handler among the woken.
    pub(super) fn insert(&self, number: u64) {
        self.state().woken.insert(number);
    }

    fn wake(&self, number: u64) {
        let me = thread::current().id();
        let starts_elsewhere = |state: &mut State| state.starting.is_some_and(|at| at != me);
        let waited = self
            .started
            .wait_timeout_while(self.state(), PATIENCE, starts_elsewhere);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let task = match state.woken.insert(number) {
            true => state.task.clone(),
            false => None, // it is known already
        };
        drop(state);
        if let Some(task) = task {
            task.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A handler that starts.
pub(super) struct Starting<'a>(&'a Wakes);

impl Drop for Starting<'_> {
    fn drop(&mut self) {
        self.0.state().starting = None;
        self.0.started.notify_all();
    }
}

struct HandlerWaker {
    wakes: Arc<Wakes>,
    number: u64,
}

impl Wake for HandlerWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wakes.wake(self.number);
    }
}
