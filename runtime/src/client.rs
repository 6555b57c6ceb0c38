//! The connecting end.

use std::fmt;
use std::sync::Arc;

use crate::config::{Settings, settings};
use crate::error::Result;
use crate::proto::Side;
use crate::session::{ServiceClient, Session, open};
use crate::transport::address::Address;
use crate::transport::{Transport, tcp};

/// A connection to a server, from which stubs of its services are made.
///
/// Clones, stubs and received proxies share the one connection; it is left when the last of them is
/// dropped.
///
/// ```no_run
/// use ringback::{Client, Result, service};
///
/// #[service]
/// pub trait Clock {
///     async fn now(&self) -> Result<u64>;
/// }
/// #[service]
/// pub trait Calendar {
///     async fn add(&self, day: u64, text: &str) -> Result<()>;
/// }
///
/// # async fn example() -> Result<()> {
/// let client = Client::builder().connect("127.0.0.1:20880").await?;
/// let (clock, calendar) = (client.service::<ClockClient>(), client.service::<CalendarClient>());
/// calendar.add(clock.now().await?, "today").await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    session: Session,
}

impl Client {
    /// Begins with the defaults, and without a service of this end's own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::default()
    }

    /// A stub of a service that the server serves.
    ///
    /// Nothing is sent for it: whether the server does serve it shows at the first call, which fails
    /// with [`UnknownService`](crate::ErrorKind::UnknownService) if not.
    pub fn service<C: ServiceClient>(&self) -> C {
        self.session.service()
    }

    /// The session: its end can be awaited, its figures read.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Ends the connection, whoever else holds it: what was sent before still goes out, calls in
    /// flight fail with [`Closed`](crate::ErrorKind::Closed), and so do later ones.
    ///
    /// It returns at once; [`Session::closed`] waits for the end. There is no need to close a
    /// connection that nobody holds any more. To let what is in flight finish, use
    /// [`shutdown`](Self::shutdown).
    pub fn close(&self) {
        self.session.close();
    }

    /// Ends the connection, whoever else holds it, when what is in flight has finished, and waits for that;
    /// after the grace time at the latest. See [`Session::shutdown`].
    pub async fn shutdown(&self, grace: std::time::Duration) {
        self.session.shutdown(grace).await;
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("session", &self.session)
            .finish()
    }
}

/// Chooses how a [`Client`] connects, and what this end serves on its connection.
///
/// ```no_run
/// use std::time::Duration;
///
/// use ringback::{Client, Limits, Result};
///
/// # async fn example() -> Result<()> {
/// let mut limits = Limits::default();
/// limits.max_frame = 1 << 20;
/// let client = Client::builder()
///     .limits(limits)
///     .heartbeat(Duration::from_secs(1))
///     .connect("127.0.0.1:20880")
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use = "a builder does nothing before `connect`"]
pub struct ClientBuilder {
    settings: Settings,
}

impl ClientBuilder {
    settings!();

    /// Connects by TCP. A name that stands for several addresses is tried at each of them.
    ///
    /// Dropping the future gives the connection up. How long an address may take to answer at all is
    /// up to the system; wrap the call into `tokio::time::timeout` to be sooner.
    ///
    /// # Errors
    /// [`Connect`](crate::ErrorKind::Connect) when the name is not known or nobody answers there,
    /// [`Timeout`](crate::ErrorKind::Timeout) when the peer does not
    /// [greet](Self::handshake_timeout) in time, [`Closed`](crate::ErrorKind::Closed) when it closes
    /// the connection instead, [`Refused`](crate::ErrorKind::Refused) when it speaks another version
    /// of the protocol, and [`Protocol`](crate::ErrorKind::Protocol) when it speaks something else
    /// altogether.
    pub async fn connect(self, address: impl Into<Address>) -> Result<Client> {
        let stream = tcp::connect(&address.into()).await?;
        let peer_addr = stream.peer_addr().ok();
        self.open(stream, peer_addr).await
    }

    /// Connects over any stream of bytes that is there already; see [`transport`](crate::transport).
    ///
    /// # Errors
    /// As [`connect`](Self::connect), but for `Connect`.
    pub async fn connect_io<T: Transport>(self, transport: T) -> Result<Client> {
        self.open(transport, None).await
    }

    async fn open<T: Transport>(
        self,
        transport: T,
        peer_addr: Option<std::net::SocketAddr>,
    ) -> Result<Client> {
        let services = Arc::new(self.settings.services.clone());
        let opening = self.settings.opening(Side::Connecting, services, peer_addr);
        let session = open(opening, transport).await?;
        Ok(Client { session })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}

/// Connects with the defaults, for `FooClient::connect`.
pub async fn connect<C: ServiceClient>(address: Address) -> Result<C> {
    Ok(Client::builder().connect(address).await?.service())
}
