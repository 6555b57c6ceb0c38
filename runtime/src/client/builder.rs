//! What a client is to be, and how it connects.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::dial::{self, Dial, open_once};
use super::renewal::{self, OnSession};
use super::{Client, Has};
use crate::config::{Settings, settings};
use crate::error::Result;
use crate::session::{Connector, Current, Session};
use crate::transport::address::Address;
use crate::transport::{Transport, tcp};

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
    on_session: Option<OnSession>,
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
        self.connect_to(address.into()).await
    }

    /// Boxed: what an `async fn` does is compiled in each crate that awaits it, and this here.
    fn connect_to(self, address: Address) -> BoxFuture<'static, Result<Client>> {
        if self.settings.config.resume.is_some() || self.on_session.is_some() {
            return self.dial(dial::by_tcp(address));
        }
        Box::pin(async move {
            let stream = tcp::connect(&address).await?;
            let peer_addr = stream.peer_addr();
            self.open(stream, peer_addr).await
        })
    }

    /// Connects by an async closure that gives a stream of bytes: for every other transport than TCP, if
    /// the client is to come back after its connection broke. The closure is called for each
    /// connection; see [`resume`](Self::resume) and [`on_session`](Self::on_session).
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// use ringback::{Client, Result};
    /// # #[cfg(unix)]
    /// use tokio::net::UnixStream;
    ///
    /// # #[cfg(unix)]
    /// # async fn example() -> Result<()> {
    /// let client = Client::builder()
    ///     .resume(Duration::from_secs(30))
    ///     .connect_with(async || UnixStream::connect("/run/prices.sock").await)
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`connect`](Self::connect), and `Connect` when the closure fails the first time.
    pub async fn connect_with<F, Fut, T>(self, connect: F) -> Result<Client>
    where
        F: AsyncFn() -> io::Result<T> + FnOnce() -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = io::Result<T>> + Send + 'static,
        T: Transport,
    {
        self.dial(dial::by(connect)).await
    }

    /// Connects over any stream of bytes that is there already; see [`transport`](crate::transport).
    ///
    /// There is no way to get another one, so a session over it ends with it, whatever
    /// [`resume`](Self::resume) and [`on_session`](Self::on_session) say; with
    /// [`connect_with`](Self::connect_with) it need not.
    ///
    /// # Errors
    /// As [`connect`](Self::connect), but for `Connect`.
    pub async fn connect_io<T: Transport>(self, transport: T) -> Result<Client> {
        self.open(transport, None).await
    }

    /// Runs `prepare` for every new session of the client: for the first one, and for each that takes the
    /// place of one that was lost. So what the peer is to know of this client, callbacks above all, is
    /// told again.
    ///
    /// ```no_run
    /// use ringback::{Client, Result, service};
    ///
    /// #[service]
    /// pub trait Listener {
    ///     async fn changed(&self, what: String) -> Result<()>;
    /// }
    /// #[service]
    /// pub trait Station {
    ///     async fn add_listener(&self, #[callback] listener: impl Listener) -> Result<()>;
    /// }
    ///
    /// # async fn example() -> Result<()> {
    /// let client = Client::builder()
    ///     .on_session(async |session| {
    ///         let station = session.service::<StationClient>();
    ///         station.add_listener(async |what: String| { println!("{what}"); Ok(()) }).await
    ///     })
    ///     .connect("127.0.0.1:20880")
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// When a session is lost, the client connects again until it succeeds, or is closed or dropped;
    /// its [events](Client::events) tell. Stubs that it made go over to the new session when `prepare` has
    /// succeeded; if it fails, the session is closed and another one begun. (`prepare` itself uses the
    /// session that it is given.) Calls that were in flight fail with
    /// [`SessionLost`](crate::ErrorKind::SessionLost) (with [`Closed`](crate::ErrorKind::Closed) where
    /// sessions do not [resume](Self::resume)), and so do calls that are made before there is a new one. Those
    /// of `#[idempotent]` methods are made again on the new session instead.
    ///
    /// The guide has a [chapter](crate::guide::broken) about it.
    pub fn on_session<F, Fut>(mut self, prepare: F) -> Self
    where
        F: AsyncFn(Session) -> Result<()> + FnOnce(Session) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Result<()>> + Send + 'static,
    {
        self.on_session = Some(Arc::new(move |session| {
            let prepare = prepare.clone();
            Box::pin(prepare(session))
        }));
        self
    }

    /// Boxed, as [`connect_to`](Self::connect_to).
    fn dial(mut self, connector: Connector) -> BoxFuture<'static, Result<Client>> {
        Box::pin(async move {
            self.settings.begin_apart();
            let readers = Arc::clone(&self.settings.readers);
            let dial = Dial::new(self.settings, connector);
            let Some(on_session) = self.on_session else {
                let has = Has::One(dial.session().await?);
                return Ok(Client { has, readers });
            };
            let first = renewal::begin(&dial, &on_session).await?;
            let (current, sessions, closed) = Current::new(first);
            tokio::spawn(renewal::renew(dial, on_session, sessions, closed));
            let has = Has::Current(Arc::new(current));
            Ok(Client { has, readers })
        })
    }

    async fn open<T: Transport>(
        mut self,
        transport: T,
        peer_addr: Option<SocketAddr>,
    ) -> Result<Client> {
        self.settings.begin_apart();
        let readers = Arc::clone(&self.settings.readers);
        let session = open_once(self.settings, transport, peer_addr).await?;
        if let Some(on_session) = self.on_session
            && let Err(error) = on_session(session.clone()).await
        {
            session.close();
            return Err(error);
        }
        let has = Has::One(session);
        Ok(Client { has, readers })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").finish_non_exhaustive()
    }
}
