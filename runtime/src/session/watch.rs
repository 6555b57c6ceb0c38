//! Who is told when an object can no longer be called.

use std::sync::{Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

/// Is told, outside of every lock, when an object may be called no longer. It has to look for itself:
/// it may be told twice, or of nothing.
pub(crate) trait OnClosed: Send + Sync {
    fn closed(&self);
}

/// Those who wait for the end of one object.
#[derive(Default)]
pub(crate) struct Watch {
    tasks: Notify,
    /// They do not outlive who registered them: whoever loses interest drops his own.
    observers: Mutex<Vec<Weak<dyn OnClosed>>>,
}

impl Watch {
    /// Wakes a task; it has to look for itself whether it was too late to be woken.
    pub(super) fn notified(&self) -> Notified<'_> {
        self.tasks.notified()
    }

    /// Registers an observer, which has to look for itself whether it came too late.
    pub(super) fn observe(&self, observer: Weak<dyn OnClosed>) {
        let mut observers = self.observers();
        if observers.len() == observers.capacity() {
            observers.retain(|observer| observer.strong_count() > 0);
        }
        observers.push(observer);
    }

    /// The object is closed: tells everybody.
    pub(super) fn close(&self) {
        self.tasks.notify_waiters();
        let observers = std::mem::take(&mut *self.observers());
        for observer in observers {
            if let Some(observer) = observer.upgrade() {
                observer.closed();
            }
        }
    }

    fn observers(&self) -> MutexGuard<'_, Vec<Weak<dyn OnClosed>>> {
        self.observers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
