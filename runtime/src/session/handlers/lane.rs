//! The order of calls to one object.
//!
//! Handlers of one object that have to wait share a task, its lane. A later call still gets its first
//! poll where its frame was read, so that it has started before anything that came after it is seen.
//! But those that came before it and can go on do so first: a listener that only forwards what it
//! gets into a channel that is full still forwards in order.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use tokio::task::unconstrained;

use super::handling::{Running, Waiting};
use super::wakes::Wakes;
use crate::id::ObjectId;
use crate::session::link::Link;

/// How long a poll of an earlier handler may keep the connection from starting a later one: far
/// longer than any poll takes that neither computes nor blocks.
const PATIENCE: Duration = Duration::from_millis(20);
/// How often in a row handlers that wake each other, or themselves, get their turn before another
/// one starts.
const ROUNDS: usize = 8;

/// The lanes of the objects of which a handler waits.
#[derive(Default)]
pub(crate) struct Lanes {
    table: Mutex<Table>,
    /// How many there are. Mostly none, and then the table need not be asked.
    count: AtomicUsize,
}

type Table = HashMap<ObjectId, Arc<Lane>, foldhash::fast::RandomState>;

impl Lanes {
    /// The lane of an object, if a handler waits. It may be about to end.
    #[inline]
    pub(super) fn of(&self, object: ObjectId) -> Option<Arc<Lane>> {
        // Only the connection's own task adds lanes, and it is the one that asks.
        match self.count.load(Ordering::Acquire) {
            0 => None,
            _ => lock(&self.table).get(&object).cloned(),
        }
    }

    /// Opens the lane of an object that has none, for a handler that waits.
    pub(super) fn open(&self, link: &Arc<Link>, object: ObjectId, handler: Running) {
        let lane = Arc::new(Lane::new(Waiting::new(link, handler)));
        let mut table = lock(&self.table);
        table.insert(object, Arc::clone(&lane));
        self.count.store(table.len(), Ordering::Release);
        drop(table);
        let link = Arc::clone(link);
        // Unconstrained: a burst that used up tokio's budget would suspend handlers that could go on,
        // and wake them in another order.
        tokio::spawn(unconstrained(LaneTask { lane, link, object }));
    }

    fn remove(&self, object: ObjectId, lane: &Arc<Lane>) {
        let mut table = lock(&self.table);
        // The object may have a new lane already.
        if table
            .get(&object)
            .is_some_and(|found| Arc::ptr_eq(found, lane))
        {
            table.remove(&object);
            self.count.store(table.len(), Ordering::Release);
        }
    }
}

/// The task of a lane. Its handlers own the session, which owns the lane; so when the task goes, be it
/// with its runtime, it takes the handlers along, or they would hold each other for ever.
struct LaneTask {
    lane: Arc<Lane>,
    link: Arc<Link>,
    object: ObjectId,
}

impl Future for LaneTask {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.lane.poll(cx)
    }
}

impl Drop for LaneTask {
    fn drop(&mut self) {
        self.link.lanes.remove(self.object, &self.lane);
        self.lane.end();
    }
}

pub(super) struct Lane {
    handlers: Mutex<Handlers>,
    queue: Mutex<Queue>,
    wakes: Arc<Wakes>,
}

/// The handlers that have started and wait.
#[derive(Default)]
struct Handlers {
    /// By their numbers, which are in the order of the calls.
    waiting: BTreeMap<u64, (Waiting, Waker)>,
    last: u64,
}

/// The handlers that have not started, because an earlier one blocks its thread. A cancel reaches
/// them here.
#[derive(Default)]
struct Queue {
    handlers: VecDeque<Waiting>,
    /// The lane has ended and takes no more.
    over: bool,
}

impl Lane {
    fn new(first: Waiting) -> Self {
        let wakes = Arc::<Wakes>::default();
        let mut handlers = Handlers::default();
        handlers.waiting.insert(0, (first, wakes.waker(0)));
        wakes.insert(0); // its first poll had no waker
        Self {
            handlers: Mutex::new(handlers),
            queue: Mutex::default(),
            wakes,
        }
    }

    /// Starts a handler behind those that are here, unless the lane has ended.
    pub(super) fn start(&self, link: &Arc<Link>, handler: Running) -> Result<(), Running> {
        let is_blocked = !lock(&self.queue).handlers.is_empty();
        let handlers = if is_blocked {
            None
        } else {
            self.handlers_soon()
        };
        let mut queue = lock(&self.queue);
        if queue.over {
            return Err(handler);
        }
        let handler = Waiting::new(link, handler);
        if let Some(mut handlers) = handlers {
            drop(queue);
            handlers.start(&self.wakes, handler);
            // What has ended may have been the last.
            if handlers.waiting.is_empty() {
                self.wakes.wake_task();
            }
        } else {
            queue.handlers.push_back(handler);
            drop(queue);
            self.wakes.wake_task();
        }
        Ok(())
    }

    /// The lane's task.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<()> {
        self.wakes.set_task(cx.waker());
        let mut handlers = lock(&self.handlers);
        handlers.go_on(&self.wakes);
        loop {
            let mut queue = lock(&self.queue);
            let Some(handler) = queue.handlers.pop_front() else {
                if !self.wakes.is_empty() {
                    cx.waker().wake_by_ref(); // after others had their turn
                    return Poll::Pending;
                }
                if !handlers.waiting.is_empty() {
                    return Poll::Pending;
                }
                queue.over = true;
                return Poll::Ready(());
            };
            drop(queue);
            handlers.start(&self.wakes, handler);
        }
    }

    /// Takes no more handlers, and drops those that are here.
    fn end(&self) {
        let mut handlers = lock(&self.handlers);
        let mut queue = lock(&self.queue);
        queue.over = true;
        let waiting = mem::take(&mut handlers.waiting);
        let queued = mem::take(&mut queue.handlers);
        drop((handlers, queue));
        // Without the locks: they are the user's. In the order of their calls.
        waiting.into_values().for_each(drop);
        queued.into_iter().for_each(drop);
    }

    /// The handlers, unless the lane's task has them for long.
    fn handlers_soon(&self) -> Option<MutexGuard<'_, Handlers>> {
        let mut since = None;
        loop {
            match self.handlers.try_lock() {
                Ok(handlers) => return Some(handlers),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) => {}
            }
            if since.get_or_insert_with(Instant::now).elapsed() > PATIENCE {
                return None;
            }
            thread::yield_now();
        }
    }
}

impl Handlers {
    /// Lets those go on that were woken. Whether there were any.
    fn go_on(&mut self, wakes: &Wakes) -> bool {
        let woken = wakes.take();
        for number in &woken {
            let Some((handler, waker)) = self.waiting.get_mut(number) else {
                continue; // it has ended
            };
            let mut cx = Context::from_waker(waker);
            if Pin::new(handler).poll(&mut cx).is_ready() {
                self.waiting.remove(number);
            }
        }
        !woken.is_empty()
    }

    fn start(&mut self, wakes: &Arc<Wakes>, mut handler: Waiting) {
        let starting = wakes.start();
        for _ in 0..ROUNDS {
            if !self.go_on(wakes) {
                break;
            }
        }
        self.last += 1;
        let waker = wakes.waker(self.last);
        let polled = Pin::new(&mut handler).poll(&mut Context::from_waker(&waker));
        drop(starting);
        if polled.is_pending() {
            self.waiting.insert(self.last, (handler, waker));
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
