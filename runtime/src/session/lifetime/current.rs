//! The session that a client has at the moment, where a lost one is replaced by a new one.

use std::fmt;
use std::sync::Arc;

use tokio::sync::watch;

use super::handle::Session;
use crate::session::calls::{Remote, ServiceClient};

/// A client's session, and those that will take its place.
pub(crate) struct Current {
    sessions: watch::Receiver<Session>,
    /// Whether the client was closed.
    closing: watch::Sender<bool>,
}

impl Current {
    /// What is to give the next sessions has the other ends: that of the sessions, and that which tells
    /// that none is wanted any more.
    pub(crate) fn new(first: Session) -> (Self, watch::Sender<Session>, watch::Receiver<bool>) {
        let (sender, sessions) = watch::channel(first);
        let (closing, closed) = watch::channel(false);
        (Self { sessions, closing }, sender, closed)
    }

    pub(crate) fn session(&self) -> Session {
        self.sessions.borrow().clone()
    }

    /// A stub of a service of the peer, whatever session there is.
    pub(crate) fn service<C: ServiceClient>(self: &Arc<Self>) -> C {
        C::from_remote(Remote::following(Arc::clone(self), C::NAME))
    }

    /// Waits until there is another session than that one. False if there will be none.
    pub(crate) fn next_after(&self, session: u64) -> impl Future<Output = bool> + Send + use<> {
        let mut sessions = self.sessions.clone();
        async move {
            let next = sessions.wait_for(|next| next.id() != session).await;
            next.is_ok()
        }
    }

    /// There will be no further session.
    pub(crate) fn close(&self) {
        self.closing.send_replace(true);
    }
}

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.session().fmt(f)
    }
}
