//! What a server is to be.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::accept::accept;
use super::drain::Stage;
use super::seats::{Places, Seats};
use super::{EndsTheServer, Server, Shared};
use crate::config::{Settings, settings};
use crate::error::Result;
use crate::proto::Side;
use crate::session::{Opened, Session, open};
use crate::transport::address::Address;
use crate::transport::{Listener, Transport, tcp};

/// How long what is in flight may take when a signal ends the server.
const GRACE: Duration = Duration::from_secs(10);
/// How many connections a server takes.
const MAX_CONNECTIONS: usize = 10_000;

/// Chooses what a [`Server`] serves, and how. A clone of it begins with the same choices.
#[derive(Clone)]
#[must_use = "a builder does nothing before `bind` or `serve_io`"]
pub struct ServerBuilder {
    settings: Settings,
    places: Places,
    hears_signals: bool,
    grace: Duration,
}

impl Default for ServerBuilder {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            places: Places {
                in_all: MAX_CONNECTIONS,
                per_address: None,
            },
            hears_signals: true,
            grace: GRACE,
        }
    }
}

impl ServerBuilder {
    settings!();

    /// How many connections the server takes. A further one is refused, with
    /// [`Refused`](crate::ErrorKind::Refused) at the client. A
    /// connection counts from when it is accepted, before its handshake, until its last byte has left. So does
    /// a session that waits to be [resumed](Self::resume); but before a newcomer is refused, the one that has waited for
    /// the longest time is lost. Default: 10,000.
    ///
    /// Without sessions that are resumed, nothing is set up for a connection that is refused. Otherwise it is heard
    /// first, for up to a second, since it may be the next one of a session that is there. If the last session that
    /// could have made room for it comes back just then, it is closed after its handshake, with
    /// [`Closed`](crate::ErrorKind::Closed).
    pub fn max_connections(mut self, max_connections: usize) -> Self {
        self.places.in_all = max_connections;
        self
    }

    /// How many of them may come from one address; of IPv6, from one network of 64 bits. A session counts where it
    /// began, wherever it is resumed from, and for an address that has all of its own only they can make room.
    /// Default: no such limit, since many clients may share an address.
    pub fn max_connections_per_address(mut self, max_connections: usize) -> Self {
        self.places.per_address = Some(max_connections);
        self
    }

    /// How many bytes the sessions that wait to be [resumed](Self::resume) may keep together, in order to send them
    /// again. Beyond it, those that keep most are lost. What one of
    /// them keeps is bounded by [`max_replay_bytes`](crate::Limits::max_replay_bytes). Default: 256 MiB.
    pub fn max_suspended_bytes(mut self, bytes: usize) -> Self {
        self.settings.suspended_bytes(bytes);
        self
    }

    /// After how long the server leaves a connection that nobody uses: over which no call is under way, no
    /// object is held, and nothing but signs of life was sent. The client's next call fails with
    /// [`Closed`](crate::ErrorKind::Closed). Default: never.
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.settings.config.idle = Some(timeout);
        self
    }

    /// How long calls in flight may take to finish when ctrl-c or SIGTERM ends [`Server::run`].
    /// Default: 10 seconds.
    pub fn shutdown_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Whether [`Server::run`] ends at ctrl-c and at SIGTERM. Default: true. Otherwise it does by its
    /// [handle](super::ServerHandle) alone, and signals do what they do by default, or what the program says.
    pub fn signals(mut self, heard: bool) -> Self {
        self.hears_signals = heard;
        self
    }

    /// Listens by TCP. Port 0 takes a free port, which [`Server::local_addr`] tells.
    ///
    /// Clients can connect from now on, and wait until [`Server::run`] accepts them.
    ///
    /// # Errors
    /// [`Connect`](crate::ErrorKind::Connect) when the address can't be had: the port is taken, or the
    /// machine has no such address.
    pub async fn bind(self, address: impl Into<Address>) -> Result<Server> {
        self.bind_to(address.into()).await
    }

    /// Boxed: what an `async fn` does is compiled in each crate that awaits it, and this here.
    fn bind_to(self, address: Address) -> BoxFuture<'static, Result<Server>> {
        Box::pin(async move { Ok(self.listen(tcp::listen(&address).await?)) })
    }

    /// Listens by anything else than TCP; see [`Listener`].
    pub fn listen(mut self, listener: impl Listener) -> Server {
        self.settings.begin_apart();
        let local_addr = listener.local_addr();
        let services = Arc::new(self.settings.services.clone());
        let shared = Arc::new(Shared {
            settings: self.settings,
            services,
            sessions: Mutex::default(),
            seats: Seats::new(self.places),
            stage: watch::Sender::new(Stage::Serving),
        });
        Server {
            accepting: Box::pin(accept(listener, Arc::clone(&shared))),
            local_addr,
            signals: self.hears_signals.then_some(self.grace),
            ends: EndsTheServer(Arc::clone(&shared)),
            shared,
        }
    }

    /// Serves one peer over any stream of bytes, such as one of another listener, of TLS, or
    /// [in memory](crate::transport::memory::pair).
    ///
    /// Keep the session: it lives as long as the peer stays *and* a handle, stub or received proxy of
    /// it is held here.
    ///
    /// If the peer [resumes](Self::resume) a session that this builder has served before, it gives that
    /// one.
    ///
    /// # Errors
    /// As [`ClientBuilder::connect`](crate::ClientBuilder::connect), but for `Connect`.
    pub async fn serve_io<T: Transport>(&self, transport: T) -> Result<Session> {
        let services = Arc::new(self.settings.services.clone());
        let opening = self.settings.opening(Side::Accepting, services, None);
        let (Opened::New(session) | Opened::Resumed(session)) = open(opening, transport).await?;
        Ok(session)
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder").finish_non_exhaustive()
    }
}
