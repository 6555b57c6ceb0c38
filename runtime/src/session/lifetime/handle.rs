//! The handle on a session that users hold.

use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};

use super::events::SessionEvents;
use crate::error::Error;
use crate::session::calls::{Remote, ServiceClient};
use crate::session::link::Link;

/// One connection between two peers, from its handshake to its end.
///
/// A session is a cheap handle; clones are the same session. Handles, stubs and received proxies keep
/// it open; when an end has dropped the last of them, it leaves. (A [`Server`](crate::Server) holds a
/// handle of each of its sessions.) Objects that were passed out do not keep it open.
///
/// A client has its session from [`Client::session`](crate::Client::session) or a stub's `session()`,
/// a handler that of its caller from [`context`](crate::context()).
///
/// ```
/// use ringback::{Client, ErrorKind, Result, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let server = Server::builder().bind("127.0.0.1:0").await?;
/// # let (address, handle) = (server.local_addr(), server.handle());
/// # tokio::spawn(server.run());
/// let client = Client::builder().connect(address).await?;
/// let session = client.session();
/// assert!(!session.is_closed());
/// # handle.close();
///
/// // ... until the server ends, or the link breaks:
/// let why = session.closed().await;
/// assert_eq!(why.kind(), ErrorKind::Closed);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Session(Arc<Handle>);

/// Dropped with the last handle: then the session is left.
pub(crate) struct Handle {
    link: Arc<Link>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.link.leave();
    }
}

/// Figures of a session at one moment: what operators watch, and what is zero once everything that
/// was begun has ended (but for [`dropped`](Self::dropped), which only grows).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Calls that this end made and that are not answered yet.
    pub calls_in_flight: usize,
    /// Calls of the peer that are being handled here.
    pub calls_served: usize,
    /// Objects of this end that the peer holds. One counts from when it is passed until its release
    /// has arrived.
    pub exported: usize,
    /// Objects of the peer that this end holds.
    pub imported: usize,
    /// Bytes that wait to be written.
    pub queued_bytes: usize,
    /// Bytes that the peer has not acknowledged yet, where the session
    /// [can be resumed](crate::ClientBuilder::resume).
    pub unacknowledged_bytes: usize,
    /// One-way calls that overflow policies have dropped since the session began.
    pub dropped: u64,
}

impl Session {
    pub(crate) fn new(link: Arc<Link>) -> Self {
        Self(Arc::new(Handle { link }))
    }

    pub(crate) fn from_handle(handle: Arc<Handle>) -> Self {
        Self(handle)
    }

    pub(crate) fn downgrade(&self) -> Weak<Handle> {
        Arc::downgrade(&self.0)
    }

    pub(crate) fn link(&self) -> &Arc<Link> {
        &self.0.link
    }

    /// A stub of a service that the peer serves, such as `session.service::<PricesClient>()`. Both
    /// ends of a session may serve.
    ///
    /// Nothing is sent for it: whether the peer does serve it shows at the first call, which fails with
    /// [`UnknownService`](crate::ErrorKind::UnknownService) if not.
    pub fn service<C: ServiceClient>(&self) -> C {
        C::from_remote(Remote::service(self.clone(), C::NAME))
    }

    /// A number that no other session of this process has.
    pub fn id(&self) -> u64 {
        self.0.link.id
    }

    /// Where the peer is, for transports that have addresses: the other end of the present connection, or of
    /// the last one.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.0.link.peer_addr()
    }

    /// Waits until the session has ended, and tells why: calls in flight have failed with the same
    /// kind. Returns at once if it has ended already.
    pub async fn closed(&self) -> Error {
        self.0.link.closed().await
    }

    /// Whether the session has ended.
    pub fn is_closed(&self) -> bool {
        self.0.link.ended().is_some()
    }

    /// Ends the session: what was sent before still goes out, and calls in flight on both ends fail with
    /// [`Closed`](crate::ErrorKind::Closed). It returns at once; [`closed`](Self::closed) waits for the
    /// end.
    pub fn close(&self) {
        self.0.link.leave();
    }

    /// What becomes of the session from now on. (That it is connected is known.)
    pub fn events(&self) -> SessionEvents {
        self.0.link.events()
    }

    /// The session's figures now.
    pub fn stats(&self) -> Stats {
        let counts = self.0.link.with(|core| core.counts());
        Stats {
            calls_in_flight: counts.calls,
            calls_served: counts.served,
            exported: counts.exports,
            imported: counts.imports,
            queued_bytes: counts.queued_bytes,
            unacknowledged_bytes: counts.unacknowledged_bytes,
            dropped: counts.dropped,
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id())
            .field("peer_addr", &self.peer_addr())
            .finish_non_exhaustive()
    }
}
