//! What the provider holds: the listeners of its consumers, as a group that is called as one.

use std::time::Duration;

use ringback::Group;
use tokio::time::{Instant, interval_at};

use crate::service::{CallbackListener, CallbackListenerProxy};

/// How long a consumer may take to answer. One that hangs is taken for one that failed.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// The listeners, by their keys. Clones share them.
#[derive(Clone)]
pub struct Listeners(Group<String, CallbackListenerProxy>);

impl Listeners {
    /// Nobody yet.
    pub fn new() -> Self {
        // Strict: a listener whose call fails is taken out. One whose consumer is gone leaves anyway.
        Self(Group::strict())
    }

    /// Stores `listener` under `key`, in the place of one that is there already.
    pub fn add(&self, key: String, listener: &CallbackListenerProxy) {
        let patient = listener.with_timeout(ANSWER_WITHIN);
        match self.0.insert(key.clone(), patient) {
            Some(_) => println!("provider: replaced listener {key}"),
            None => println!("provider: added listener {key}"),
        }
    }

    /// Removes `listener` from `key`, unless another one has taken its place. Tells whether it did.
    pub fn remove(&self, key: &str, listener: &CallbackListenerProxy) -> bool {
        let removed = self.0.remove_member(key, listener);
        if removed {
            println!("provider: removed listener {key}: its consumer asked");
        }
        removed
    }

    /// Calls every listener once `every` so often, for ever.
    pub async fn notify_every(self, every: Duration) {
        let mut ticks = interval_at(Instant::now() + every, every);
        loop {
            ticks.tick().await;
            // In a task of its own, so that a slow listener does not delay the next notification.
            let group = self.0.clone();
            tokio::spawn(async move { group.changed(changed_now()).await });
        }
    }

    /// Says which listeners have left, and why, for ever.
    pub async fn log_failures(self) {
        loop {
            let failure = self.0.failed().await;
            println!(
                "provider: removed listener {}: {}",
                failure.key, failure.error
            );
        }
    }
}

/// What the listeners are told: that something changed, and when.
pub fn changed_now() -> String {
    let now = jiff::ZonedDateTime::now();
    format!("Changed: {}", now.strftime("%Y-%m-%d %H:%M:%S"))
}
