//! Who is told when an object can no longer be called.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::error::Error;
use crate::id::ObjectId;
use crate::session::link::Link;

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
    pub(crate) fn close(&self) {
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

impl Link {
    /// Why an object of the peer can no longer be called, if so.
    pub(crate) fn object_closed(&self, id: ObjectId) -> Option<Error> {
        self.with(|core| {
            if let Some(error) = core.ended() {
                return Some(error.clone());
            }
            let (kind, reason) = core.closed_object(id)?;
            Some(Error::new(kind, format!("the object is closed: {reason}")))
        })
    }

    /// Waits until an object of the peer can no longer be called.
    pub(crate) async fn wait_object_closed(&self, id: ObjectId) -> Error {
        loop {
            let Some(watch) = self.with(|core| core.watch(id, Arc::default)) else {
                // Whoever asks holds the object, so only the end of the session takes it away.
                return self.closed().await;
            };
            let notified = watch.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            if let Some(error) = self.object_closed(id) {
                return error;
            }
            notified.await;
        }
    }

    /// Registers who is to be told when an object of the peer can no longer be called. Whoever comes
    /// too late is told at once.
    pub(crate) fn observe_object(&self, id: ObjectId, observer: &Weak<dyn OnClosed>) {
        if let Some(watch) = self.with(|core| core.watch(id, Arc::default)) {
            watch.observe(Weak::clone(observer));
        }
        if self.object_closed(id).is_some()
            && let Some(observer) = observer.upgrade()
        {
            observer.closed();
        }
    }
}
