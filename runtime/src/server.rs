//! The accepting end.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::sync::Notify;

use crate::config::{Settings, settings};
use crate::error::{ErrorKind, Result};
use crate::proto::Side;
use crate::session::{Services, Session, open};
use crate::transport::address::Address;
use crate::transport::{Listener, Transport, tcp};

/// How long to wait when no connection could be accepted for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves services at an address.
///
/// Each connection gets a task of its own, and each handler that has to wait one more; a connection
/// that fails concerns no other. All connections share the services.
///
/// ```no_run
/// use ringback::{Result, Server, service};
///
/// #[service]
/// pub trait Echo {
///     async fn echo(&self, text: String) -> Result<String>;
/// }
/// struct Plain;
/// impl Echo for Plain {
///     async fn echo(&self, text: String) -> Result<String> {
///         Ok(text)
///     }
/// }
///
/// # async fn example() -> Result<()> {
/// Server::builder()
///     .service(EchoServer::new(Plain))
///     .max_callbacks(1000)
///     .bind("127.0.0.1:20880")
///     .await?
///     .run()
///     .await?;
/// # Ok(())
/// # }
/// ```
pub struct Server {
    /// Accepts for ever.
    accepting: BoxFuture<'static, ()>,
    local_addr: SocketAddr,
    shared: Arc<Shared>,
}

/// What a server, its handles and its connections share.
struct Shared {
    settings: Settings,
    services: Arc<Services>,
    sessions: Mutex<HashMap<u64, Session>>,
    closing: Notify,
    /// The server has ended; a handshake that was under way comes too late.
    over: AtomicBool,
}

impl Server {
    /// Begins with the defaults and without a service.
    pub fn builder() -> ServerBuilder {
        ServerBuilder::default()
    }

    /// Where the server listens: the port, if 0 was asked for.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// A handle on the server, for other tasks: take it before [`run`](Self::run), which consumes the
    /// server.
    pub fn handle(&self) -> ServerHandle {
        ServerHandle {
            local_addr: self.local_addr,
            shared: Arc::clone(&self.shared),
        }
    }

    /// Accepts and serves connections until ctrl-c is pressed or a [handle](ServerHandle::close)
    /// closes the server, then closes them all. Dropping the future closes them as well.
    ///
    /// # Errors
    /// None at present: a connection that fails, or that cannot be accepted, is logged.
    pub async fn run(self) -> Result<()> {
        let _closed_at_the_end = CloseAll(&self.shared);
        tokio::select! {
            () = self.accepting => {}
            () = ctrl_c() => tracing::info!("ctrl-c: the server ends"),
            () = self.shared.closing.notified() => {}
        }
        Ok(())
    }
}

async fn accept(mut listener: impl Listener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move { shared.serve(stream, peer).await });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn ctrl_c() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!(%error, "ctrl-c cannot be heard");
        std::future::pending::<()>().await;
    }
}

impl Shared {
    async fn serve(&self, stream: impl Transport, peer: SocketAddr) {
        let services = Arc::clone(&self.services);
        let opening = self.settings.opening(Side::Accepting, services, Some(peer));
        let session = match open(opening, stream).await {
            Ok(session) => session,
            Err(error) => {
                if error.kind() == ErrorKind::Timeout {
                    tracing::warn!(%peer, "connection ended: {error}");
                } else {
                    // What the peer did wrong has been logged where it was found.
                    tracing::debug!(%peer, %error, "no session");
                }
                return;
            }
        };
        tracing::debug!(%peer, session = session.id(), "session opened");
        self.sessions().insert(session.id(), session.clone());
        if self.over.load(Ordering::SeqCst) {
            session.close();
        }
        session.closed().await;
        self.sessions().remove(&session.id());
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<u64, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves every session when the server ends, however it does.
struct CloseAll<'a>(&'a Shared);

impl Drop for CloseAll<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::SeqCst);
        for session in self.0.sessions().values() {
            session.close();
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("local_addr", &self.local_addr)
            .finish_non_exhaustive()
    }
}

/// A handle on a running [`Server`]; clones are the same server. Holding one does not keep the server
/// running.
///
/// ```
/// use ringback::{Result, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let server = Server::builder().bind("127.0.0.1:0").await?;
/// let handle = server.handle();
/// let running = tokio::spawn(server.run());
///
/// println!("{} clients at {}", handle.sessions().len(), handle.local_addr());
/// handle.close();
/// running.await.expect("it does not panic")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ServerHandle {
    local_addr: SocketAddr,
    shared: Arc<Shared>,
}

impl ServerHandle {
    /// Where the server listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The sessions that are open now, one for each connection, in no order.
    pub fn sessions(&self) -> Vec<Session> {
        self.shared.sessions().values().cloned().collect()
    }

    /// Ends the server: [`Server::run`] returns, and every session is closed. What was sent before
    /// still goes out; calls in flight, in both directions, fail with
    /// [`Closed`](ErrorKind::Closed).
    pub fn close(&self) {
        self.shared.closing.notify_one();
    }
}

impl fmt::Debug for ServerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerHandle")
            .field("local_addr", &self.local_addr)
            .finish_non_exhaustive()
    }
}

/// Chooses what a [`Server`] serves, and how. A clone of it begins with the same choices.
#[derive(Clone, Default)]
#[must_use = "a builder does nothing before `bind` or `serve_io`"]
pub struct ServerBuilder {
    settings: Settings,
}

impl ServerBuilder {
    settings!();

    /// Listens by TCP. Port 0 takes a free port, which [`Server::local_addr`] tells.
    ///
    /// Clients can connect from now on, and wait until [`Server::run`] accepts them.
    ///
    /// # Errors
    /// [`Connect`](ErrorKind::Connect) when the address can't be had: the port is taken, or the
    /// machine has no such address.
    pub async fn bind(self, address: impl Into<Address>) -> Result<Server> {
        Ok(self.listen(tcp::listen(&address.into()).await?))
    }

    /// Listens by anything else than TCP; see [`Listener`].
    pub fn listen(self, listener: impl Listener) -> Server {
        let local_addr = listener.local_addr();
        let services = Arc::new(self.settings.services.clone());
        let shared = Arc::new(Shared {
            settings: self.settings,
            services,
            sessions: Mutex::default(),
            closing: Notify::new(),
            over: AtomicBool::new(false),
        });
        Server {
            accepting: Box::pin(accept(listener, Arc::clone(&shared))),
            local_addr,
            shared,
        }
    }

    /// Serves one peer over any stream of bytes, such as one of another listener, of TLS, or
    /// [in memory](crate::transport::memory::pair).
    ///
    /// Keep the session: it lives as long as the peer stays *and* a handle, stub or received proxy of
    /// it is held here.
    ///
    /// # Errors
    /// As [`ClientBuilder::connect`](crate::ClientBuilder::connect), but for `Connect`.
    pub async fn serve_io<T: Transport>(&self, transport: T) -> Result<Session> {
        let services = Arc::new(self.settings.services.clone());
        open(
            self.settings.opening(Side::Accepting, services, None),
            transport,
        )
        .await
    }
}

impl fmt::Debug for ServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerBuilder").finish_non_exhaustive()
    }
}
