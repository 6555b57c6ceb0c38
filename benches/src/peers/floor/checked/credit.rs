//! What the sender counts: how many of its events are under way, in all and to each object.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::peers::{Outcome, Stop};

/// Events that may be under way, in all and to one object.
pub(super) const MAX_CALLS: u32 = 1 << 14;
pub(super) const MAX_OBJECT_CALLS: u32 = 1 << 10;

/// Of one connection.
#[derive(Default)]
pub(super) struct Credit {
    used: Mutex<Used>,
    /// Events are over, or the connection is.
    changed: Notify,
}

#[derive(Default)]
struct Used {
    all: u32,
    of_objects: Vec<u32>,
    closed: bool,
}

impl Credit {
    /// Counts one more event to that object, once there is credit for it.
    #[inline]
    pub(super) async fn take(&self, object: u32) -> Outcome<()> {
        if self.used().take(object)? {
            return Ok(()); // as nearly always
        }
        self.wait(object).await
    }

    async fn wait(&self, object: u32) -> Outcome<()> {
        loop {
            let changed = self.changed.notified();
            if self.used().take(object)? {
                return Ok(());
            }
            changed.await;
        }
    }

    /// The peer has told that so many events to that object are over.
    pub(super) fn give_back(&self, object: u32, events: u32) {
        self.used().give_back(object, events);
        self.changed.notify_waiters();
    }

    pub(super) fn close(&self) {
        self.used().closed = true;
        self.changed.notify_waiters();
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Used {
    /// Whether there was credit: of an object the less, the less there is in all, as in the library.
    fn take(&mut self, object: u32) -> Outcome<bool> {
        if self.closed {
            return Err(Stop::Failed("the connection is closed".to_owned()));
        }
        let at = object as usize;
        if self.of_objects.len() <= at {
            self.of_objects.resize(at + 1, 0);
        }
        let used = &mut self.of_objects[at];
        let left = u64::from(MAX_CALLS - self.all);
        let has_share = (u64::from(*used) + 1) * u64::from(MAX_CALLS) <= left * left;
        if !has_share || *used >= MAX_OBJECT_CALLS {
            return Ok(false);
        }
        *used += 1;
        self.all += 1;
        Ok(true)
    }

    fn give_back(&mut self, object: u32, events: u32) {
        if let Some(used) = self.of_objects.get_mut(object as usize) {
            *used = used.saturating_sub(events);
            self.all = self.all.saturating_sub(events);
        }
    }
}
