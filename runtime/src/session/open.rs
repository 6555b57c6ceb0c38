//! Opens a session over a transport.

use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::unconstrained;

use super::driver::drive;
use super::handle::Session;
use super::link::Link;
use super::target::Services;
use crate::error::{Error, ErrorKind, Result};
use crate::proto::{Config, Side};
use crate::transport::Transport;

/// What a session is opened with.
pub(crate) struct Opening {
    pub(crate) side: Side,
    pub(crate) config: Config,
    pub(crate) services: Arc<Services>,
    pub(crate) peer_addr: Option<SocketAddr>,
    /// How long the handshake may take.
    pub(crate) patience: Duration,
    /// Dropped when the connection is gone, its goodbye included.
    pub(crate) kept: Option<Arc<dyn Any + Send + Sync>>,
}

/// Shakes hands with the peer and leaves a task behind that drives the connection.
pub(crate) async fn open<T: Transport>(opening: Opening, transport: T) -> Result<Session> {
    let link = Link::new(opening.side, opening.config, opening.peer_addr);
    let (sender, receiver) = oneshot::channel();
    // Unconstrained: tokio's budget would suspend handlers at their first poll for no reason of
    // theirs. The driver takes its own turns.
    let driving = drive(Arc::clone(&link), opening.services, transport, sender);
    let kept = opening.kept;
    tokio::spawn(unconstrained(async move {
        driving.await;
        drop(kept);
    }));
    let mut guard = LeaveUnlessOpen(Some(&link));
    let opened = tokio::time::timeout(opening.patience, receiver).await;
    let session = match opened {
        Ok(Ok(opened)) => opened?,
        Ok(Err(_)) => {
            return Err(Error::new(
                ErrorKind::Closed,
                "the runtime is shutting down",
            ));
        }
        Err(_) => {
            return Err(Error::new(
                ErrorKind::Timeout,
                format!("the peer did not greet within {:?}", opening.patience),
            ));
        }
    };
    guard.0 = None;
    Ok(session)
}

/// Ends the connection if opening it is given up.
struct LeaveUnlessOpen<'a>(Option<&'a Link>);

impl Drop for LeaveUnlessOpen<'_> {
    fn drop(&mut self) {
        if let Some(link) = self.0 {
            link.leave();
        }
    }
}
