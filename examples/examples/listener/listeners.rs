//! The listeners that the provider holds: each called every so often, and gone with its consumer.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::AbortHandle;
use tokio::time::{Instant, interval_at};

use crate::service::{CallbackListener, CallbackListenerProxy};

/// A listener that takes longer than this to answer counts as failed.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// The listeners by their keys. Clones share them.
#[derive(Clone, Default)]
pub struct Listeners {
    by_key: Arc<Mutex<HashMap<String, Stored>>>,
}

struct Stored {
    /// As long as it is kept, the consumer's object lives.
    listener: CallbackListenerProxy,
    /// The task that waits for the consumer to vanish. It has a clone of the proxy, so it must end
    /// when the listener leaves the map, or the object would live on for it.
    watch: AbortHandle,
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.watch.abort();
    }
}

impl Listeners {
    /// Stores `listener` under `key`, in the place of one that is there already.
    pub fn add(&self, key: String, listener: CallbackListenerProxy) {
        let replaced = {
            let mut by_key = self.by_key.lock().unwrap();
            // Begun under the lock: the watch can't miss what is not stored yet.
            let watch = tokio::spawn(self.clone().watch(key.clone(), listener.clone()));
            let watch = watch.abort_handle();
            by_key.insert(key.clone(), Stored { listener, watch })
        };
        match replaced {
            Some(_) => println!("provider: replaced listener {key}"),
            None => println!("provider: added listener {key}"),
        }
    }

    /// Removes `listener` from `key`, unless another one has taken its place. Tells whether it did.
    pub fn remove(&self, key: &str, listener: &CallbackListenerProxy, why: impl Display) -> bool {
        let removed = {
            let mut by_key = self.by_key.lock().unwrap();
            match by_key.get(key) {
                Some(stored) if stored.listener == *listener => by_key.remove(key),
                _ => None,
            }
        };
        if removed.is_some() {
            println!("provider: removed listener {key}: {why}");
        }
        removed.is_some()
    }

    /// Removes `listener` as soon as its consumer is gone, however it went.
    async fn watch(self, key: String, listener: CallbackListenerProxy) {
        let error = listener.closed().await;
        self.remove(&key, &listener, error);
    }

    /// Calls every listener once `every` so often, for ever.
    pub async fn notify_every(self, every: Duration) {
        let mut ticks = interval_at(Instant::now() + every, every);
        loop {
            ticks.tick().await;
            self.notify();
        }
    }

    /// Calls every listener, each in a task of its own, so that a slow one delays no other.
    fn notify(&self) {
        // The lock is held to look at the map, never while a listener is called.
        let by_key = self.by_key.lock().unwrap();
        for (key, stored) in &*by_key {
            let call = self.clone().call(key.clone(), stored.listener.clone());
            tokio::spawn(call);
        }
    }

    /// Calls one listener, and removes it if that fails.
    async fn call(self, key: String, listener: CallbackListenerProxy) {
        let patient = listener.with_timeout(ANSWER_WITHIN);
        if let Err(error) = patient.changed(changed_now()).await {
            self.remove(&key, &listener, error);
        }
    }
}

/// What the listeners are told: that something changed, and when.
pub fn changed_now() -> String {
    let now = jiff::ZonedDateTime::now();
    format!("Changed: {}", now.strftime("%Y-%m-%d %H:%M:%S"))
}
