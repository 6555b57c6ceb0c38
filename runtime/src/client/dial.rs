//! From a way to connect to a session.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use crate::config::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::proto::Side;
use crate::session::{Connected, Connector, Lasting, Opened, Services, Session, open};
use crate::transport::address::Address;
use crate::transport::{Transport, tcp};

/// Connects, as often as it takes.
pub(super) struct Dial {
    settings: Settings,
    services: Arc<Services>,
    connector: Connector,
}

impl Dial {
    pub(super) fn new(settings: Settings, connector: Connector) -> Self {
        let services = Arc::new(settings.services.clone());
        Self {
            settings,
            services,
            connector,
        }
    }

    /// Connects and opens a new session.
    pub(super) async fn session(&self) -> Result<Session> {
        let (transport, peer_addr) = self.connector.connect().await?;
        let services = Arc::clone(&self.services);
        let mut opening = self.settings.opening(Side::Connecting, services, peer_addr);
        if self.settings.config.resume.is_some() {
            opening.lasting = Some(Lasting::Connects(self.connector.clone()));
        }
        let (Opened::New(session) | Opened::Resumed(session)) = open(opening, transport).await?;
        Ok(session)
    }
}

/// Opens a session over the one connection that there is.
pub(super) async fn open_once<T: Transport>(
    mut settings: Settings,
    transport: T,
    peer_addr: Option<SocketAddr>,
) -> Result<Session> {
    settings.config.resume = None; // there is no way back
    let services = Arc::new(settings.services.clone());
    let opening = settings.opening(Side::Connecting, services, peer_addr);
    let (Opened::New(session) | Opened::Resumed(session)) = open(opening, transport).await?;
    Ok(session)
}

/// Connects to an address by TCP.
pub(super) fn by_tcp(address: Address) -> Connector {
    Connector::new(move |peer| {
        let address = peer.map_or_else(|| address.clone(), Address::from);
        Box::pin(async move {
            let stream = tcp::connect(&address).await?;
            let peer_addr = stream.peer_addr();
            Ok::<Connected, Error>((Box::new(stream), peer_addr))
        })
    })
}

/// Connects by what the user gave.
pub(super) fn by<F, Fut, T>(connect: F) -> Connector
where
    F: FnOnce() -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = io::Result<T>> + Send + 'static,
    T: Transport,
{
    Connector::new(move |_| {
        let connect = connect.clone();
        Box::pin(async move {
            let transport = connect().await.map_err(|why| {
                Error::new(ErrorKind::Connect, format!("cannot connect: {why}")).with_source(why)
            })?;
            Ok::<Connected, Error>((Box::new(transport), None))
        })
    })
}
