//! Opens a session over a transport.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::unconstrained;

use super::driver::{Driver, Kept, drive};
use crate::error::{Error, ErrorKind, Result};
use crate::proto::{Config, Side};
use crate::session::handlers::Services;
use crate::session::lifetime::{Lasting, Readers, Session, drive_lasting};
use crate::session::link::Link;
use crate::transport::Transport;

/// What a session is opened with.
pub(crate) struct Opening {
    pub(crate) side: Side,
    pub(crate) config: Config,
    pub(crate) services: Arc<Services>,
    pub(crate) peer_addr: Option<SocketAddr>,
    /// How long the handshake may take.
    pub(crate) patience: Duration,
    pub(crate) kept: Kept,
    /// How the session gets from one connection to the next, if it can be resumed.
    pub(crate) lasting: Option<Lasting>,
    /// Who hears of all sessions of this end.
    pub(crate) readers: Option<Arc<Readers>>,
}

/// What came of a connection.
pub(crate) enum Opened {
    /// A new session.
    New(Session),
    /// A session that was there already goes on over the connection.
    Resumed(Session),
}

/// Shakes hands with the peer and leaves a task behind that drives the connection.
pub(crate) async fn open<T: Transport>(opening: Opening, transport: T) -> Result<Opened> {
    let link = Link::new(
        opening.side,
        opening.config,
        opening.peer_addr,
        opening.readers,
    );
    let (sender, receiver) = oneshot::channel();
    // Unconstrained: tokio's budget would suspend handlers at their first poll for no reason of
    // theirs. The driver takes its own turns.
    let (services, patience) = (opening.services, opening.patience);
    let driven = Arc::clone(&link);
    match opening.lasting {
        None => {
            let driver = Driver::new(driven, services, transport, sender, opening.kept);
            tokio::spawn(unconstrained(drive(Box::new(driver))));
        }
        Some(lasting) => {
            let transport: Box<dyn Transport> = Box::new(transport);
            let driver = Driver::new(driven, services, transport, sender, opening.kept);
            let driving = drive_lasting(Box::new(driver), lasting, patience);
            tokio::spawn(unconstrained(driving));
        }
    }
    let mut guard = LeaveUnlessOpen(Some(&link));
    let opened = tokio::time::timeout(opening.patience, receiver).await;
    let opened = match opened {
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
    Ok(opened)
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
