//! A service that does with a callback whatever can be done with one.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex};

use ringback::{Error, Result, Server, ServerBuilder, service};
use tokio::sync::Notify;

use crate::services::{Listener, ListenerProxy};

/// Takes listeners, and keeps or drops them.
#[service]
pub trait Keeper {
    /// Keeps the listener.
    async fn keep(&self, #[callback] listener: impl Listener) -> Result<()>;
    /// Keeps the listener, and says nothing.
    #[oneway]
    async fn keep_quietly(&self, #[callback] listener: impl Listener) -> Result<()>;
    /// Does nothing with it.
    async fn ignore(&self, #[callback] listener: impl Listener) -> Result<()>;
    /// Does nothing with it, and says nothing.
    #[oneway]
    async fn ignore_quietly(&self, #[callback] listener: impl Listener) -> Result<()>;
    /// Calls it once.
    async fn tell(&self, #[callback] listener: impl Listener, msg: String) -> Result<()>;
    /// Fails.
    async fn fail(&self, #[callback] listener: impl Listener) -> Result<()>;
    /// Panics.
    async fn panic(&self, #[callback] listener: impl Listener) -> Result<()>;
    /// Never returns.
    async fn hang(&self, #[callback] listener: impl Listener) -> Result<()>;
    /// Gives it back.
    async fn echo(&self, #[callback] listener: impl Listener) -> Result<ListenerProxy>;
    /// Whether the two are the same to whoever compares or hashes them.
    async fn are_equal(
        &self,
        #[callback] one: impl Listener,
        #[callback] other: impl Listener,
    ) -> Result<bool>;
    /// Hands out what was kept.
    async fn kept(&self) -> Result<Vec<ListenerProxy>>;
}

/// Keeps listeners on a shelf.
#[derive(Debug, Default)]
pub struct Shelf {
    /// What is kept, in the order in which it came.
    pub kept: Mutex<Vec<ListenerProxy>>,
    /// Told of each handler that hangs.
    pub hangs: Notify,
}

impl Shelf {
    /// A server with a shelf.
    pub fn serve() -> (Arc<Self>, ServerBuilder) {
        let shelf = Arc::new(Self::default());
        let server = Server::builder().service(KeeperServer::new(Arc::clone(&shelf)));
        (shelf, server)
    }

    /// The last that was kept.
    ///
    /// # Panics
    /// If the shelf is empty.
    pub fn last(&self) -> ListenerProxy {
        self.kept
            .lock()
            .unwrap()
            .last()
            .expect("a listener")
            .clone()
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.kept.lock().unwrap().len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lets go of all of them.
    pub fn clear(&self) {
        let gone = std::mem::take(&mut *self.kept.lock().unwrap());
        drop(gone); // without the lock
    }

    fn put(&self, listener: impl Listener) {
        let listener = ListenerProxy::new(listener);
        self.kept.lock().unwrap().push(listener);
    }
}

impl Keeper for Shelf {
    async fn keep(&self, listener: impl Listener) -> Result<()> {
        self.put(listener);
        Ok(())
    }

    async fn keep_quietly(&self, listener: impl Listener) -> Result<()> {
        self.put(listener);
        Ok(())
    }

    async fn ignore(&self, _listener: impl Listener) -> Result<()> {
        Ok(())
    }

    async fn ignore_quietly(&self, _listener: impl Listener) -> Result<()> {
        Ok(())
    }

    async fn tell(&self, listener: impl Listener, msg: String) -> Result<()> {
        listener.changed(msg).await
    }

    async fn fail(&self, _listener: impl Listener) -> Result<()> {
        Err(Error::application("not today"))
    }

    async fn panic(&self, _listener: impl Listener) -> Result<()> {
        panic!("not ever")
    }

    async fn hang(&self, _listener: impl Listener) -> Result<()> {
        self.hangs.notify_one();
        std::future::pending().await
    }

    async fn echo(&self, listener: impl Listener) -> Result<ListenerProxy> {
        Ok(ListenerProxy::new(listener))
    }

    async fn are_equal(&self, one: impl Listener, other: impl Listener) -> Result<bool> {
        let (one, other) = (ListenerProxy::new(one), ListenerProxy::new(other));
        let hashes = RandomState::new();
        let equal = one == other;
        if equal && hashes.hash_one(&one) != hashes.hash_one(&other) {
            return Err(Error::application("equal proxies hash differently"));
        }
        Ok(equal)
    }

    async fn kept(&self) -> Result<Vec<ListenerProxy>> {
        Ok(self.kept.lock().unwrap().clone())
    }
}
