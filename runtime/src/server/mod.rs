//! The accepting end.

mod accept;
mod builder;
mod drain;
mod handle;
mod seats;
mod signal;

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::config::Settings;
use crate::error::Result;
use crate::session::{Services, Session};
pub use builder::ServerBuilder;
use drain::Stage;
pub use handle::ServerHandle;
use seats::Seats;

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
    /// How long what is in flight may take after a signal; `None` if signals are not heard.
    signals: Option<Duration>,
    shared: Arc<Shared>,
    /// Behind the rest: what accepts is gone by then.
    ends: EndsTheServer,
}

/// What a server, its handles and its connections share.
struct Shared {
    settings: Settings,
    services: Arc<Services>,
    sessions: Mutex<HashMap<u64, Session>>,
    seats: Arc<Seats>,
    stage: watch::Sender<Stage>,
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

    /// Accepts and serves connections until ctrl-c is pressed, the process is told to end (SIGTERM), or
    /// a handle [shuts the server down](ServerHandle::shutdown) or [closes](ServerHandle::close) it.
    ///
    /// At a signal the server drains, as by `shutdown`: it takes no new connections and no new calls,
    /// and what is in flight has [10 seconds](ServerBuilder::shutdown_grace) to finish. A second signal
    /// ends it at once. (From the first `run` on, signals no longer kill the process, also when it has
    /// returned. To see to them yourself, say [`signals(false)`](ServerBuilder::signals).)
    ///
    /// It returns when every connection is gone, with all that was to be sent over it; a peer that takes
    /// its last bytes slowly is waited for 10 seconds at most. Dropping the future closes all
    /// connections as well.
    ///
    /// # Errors
    /// None at present: a connection that fails, or that cannot be accepted, is logged.
    pub async fn run(self) -> Result<()> {
        self.serve_until_its_end().await
    }

    /// Boxed: what an `async fn` does is compiled in each crate that awaits it, and this here.
    fn serve_until_its_end(self) -> BoxFuture<'static, Result<()>> {
        Box::pin(async move {
            let Self {
                ends, // first, and so dropped last
                mut accepting,
                signals,
                shared,
                ..
            } = self;
            let mut signals = signal::Signals::heard(signals);
            let mut stage = shared.stage.subscribe();
            tokio::select! {
                () = &mut accepting => {}
                grace = signals.next() => shared.begin_to_leave(grace),
                _ = stage.wait_for(|stage| *stage != Stage::Serving) => {}
            }
            if shared.settings.config.resume.is_none() {
                accepting = Box::pin(std::future::pending()); // it listens no more
            }
            tokio::select! {
                () = shared.drain() => {}
                () = accepting => {} // only sessions that are resumed
                _ = signals.next() => tracing::info!("a second signal: the server ends at once"),
            }
            drop(ends);
            Ok(())
        })
    }
}

impl Shared {
    fn sessions(&self) -> MutexGuard<'_, HashMap<u64, Session>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leaves every session when the server ends, however it does, and tells who waits for that.
struct EndsTheServer(Arc<Shared>);

impl Drop for EndsTheServer {
    fn drop(&mut self) {
        self.0.close();
        self.0.stage.send_replace(Stage::Over);
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("local_addr", &self.local_addr)
            .finish_non_exhaustive()
    }
}
