//! A running server, as other tasks see it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::Shared;
use super::drain::Stage;
use crate::session::{Session, SessionEvents};

/// A handle on a running [`Server`](super::Server); clones are the same server. Holding one does not keep
/// the server running.
///
/// ```
/// use std::time::Duration;
///
/// use ringback::{Result, Server};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let server = Server::builder().bind("127.0.0.1:0").await?;
/// let handle = server.handle();
/// let running = tokio::spawn(server.run());
///
/// println!("{} clients at {}", handle.sessions().len(), handle.local_addr());
/// handle.shutdown(Duration::from_secs(5)).await;
/// running.await.expect("it does not panic")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ServerHandle {
    pub(super) local_addr: SocketAddr,
    pub(super) shared: Arc<Shared>,
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

    /// What becomes of the server's sessions from now on.
    pub fn events(&self) -> SessionEvents {
        self.shared.settings.readers.subscribe()
    }

    /// Lets the server end when what is in flight has finished, and waits until
    /// [`Server::run`](super::Server::run) returns.
    ///
    /// The server stops listening, but for sessions that [resume](super::ServerBuilder::resume). Its peers are told that it leaves: their new calls fail with
    /// [`Closed`](crate::ErrorKind::Closed), and an error that says so. Calls in flight, and all calls that
    /// handlers make meanwhile, to their callers and to the callbacks of others, may take until the
    /// grace time is over; what is left then fails with `Closed`, too. Each session is closed when
    /// nothing is in flight on it and no handler runs that could call it.
    ///
    /// Dropping the future changes nothing: the server ends all the same. A second `shutdown` can make the
    /// grace time shorter, and [`close`](Self::close) ends it. A handler must not await it: it would wait for
    /// itself. A server that does not run yet ends when it is to run, or when it is dropped.
    pub async fn shutdown(&self, grace: Duration) {
        let mut stage = self.shared.stage.subscribe();
        self.shared.begin_to_leave(grace);
        // The server holds the other end for as long as this handle does.
        let _ = stage.wait_for(|stage| *stage == Stage::Over).await;
    }

    /// Ends the server at once: every session is closed, and [`Server::run`](super::Server::run) returns.
    /// What was sent before still goes out; calls in flight, in both directions, fail with
    /// [`Closed`](crate::ErrorKind::Closed). It returns without waiting.
    pub fn close(&self) {
        self.shared.close();
    }
}

impl fmt::Debug for ServerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerHandle")
            .field("local_addr", &self.local_addr)
            .finish_non_exhaustive()
    }
}
