//! Services that more than one theme needs.

use std::collections::HashMap;
use std::sync::Mutex;

use ringback::{Result, service};

/// Is told of events.
#[service]
pub trait Listener {
    /// Something has changed.
    async fn changed(&self, msg: String) -> Result<()>;
}

/// Keeps listeners, as the seed's provider does.
#[service]
pub trait Registry {
    /// Keeps a listener under a key, after having called it once.
    async fn add_listener(&self, key: String, #[callback] listener: impl Listener) -> Result<()>;
    /// Lets go of a listener, if it is the one under that key.
    async fn remove_listener(
        &self,
        key: String,
        #[callback] listener: impl Listener,
    ) -> Result<bool>;
}

/// The seed's provider.
#[derive(Debug, Default)]
pub struct Provider {
    /// The listeners by their keys.
    pub listeners: Mutex<HashMap<String, ListenerProxy>>,
}

impl Provider {
    /// The listener under a key.
    ///
    /// # Panics
    /// If there is none.
    pub fn listener(&self, key: &str) -> ListenerProxy {
        self.listeners.lock().unwrap()[key].clone()
    }

    /// Lets go of all listeners.
    pub fn clear(&self) {
        let gone = std::mem::take(&mut *self.listeners.lock().unwrap());
        drop(gone); // without the lock
    }
}

impl Registry for Provider {
    async fn add_listener(&self, key: String, listener: impl Listener) -> Result<()> {
        let listener = ListenerProxy::new(listener);
        listener.changed(format!("{key} is new")).await?;
        self.listeners.lock().unwrap().insert(key, listener);
        Ok(())
    }

    async fn remove_listener(&self, key: String, listener: impl Listener) -> Result<bool> {
        let listener = ListenerProxy::new(listener);
        let mut listeners = self.listeners.lock().unwrap();
        let known = listeners.get(&key) == Some(&listener);
        if known {
            listeners.remove(&key);
        }
        Ok(known)
    }
}
