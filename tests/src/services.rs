//! Services that more than one theme needs.

use std::collections::HashMap;
use std::sync::Mutex;

use ringback::{Error, Result, service};
use tokio::sync::mpsc;

use crate::living::Life;

/// Is told of events.
#[service]
pub trait Listener {
    /// Something has changed.
    async fn changed(&self, msg: String) -> Result<()>;
}

/// A listener that does nothing, and lives as long as it is held.
#[derive(Clone, Debug)]
pub struct Idle(pub Life);

impl Listener for Idle {
    async fn changed(&self, _msg: String) -> Result<()> {
        Ok(())
    }
}

/// A listener that writes down what it hears.
#[derive(Debug)]
pub struct Notes(pub mpsc::UnboundedSender<String>, pub Life);

impl Listener for Notes {
    async fn changed(&self, msg: String) -> Result<()> {
        self.0.send(msg).map_err(Error::application)
    }
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
