//! The connecting end.

mod builder;
mod dial;
mod renewal;

use std::fmt;
use std::sync::Arc;

use crate::error::Result;
use crate::session::{Current, Readers, ServiceClient, Session, SessionEvents};
use crate::transport::address::Address;
pub use builder::ClientBuilder;

/// A connection to a server, from which stubs of its services are made.
///
/// Clones, stubs and received proxies share the one connection; it is left when the last of them is
/// dropped.
///
/// If its builder was given [`on_session`](ClientBuilder::on_session), a client whose session is lost gets
/// a new one, and stubs that were made by it go on with that.
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
    has: Has,
    readers: Arc<Readers>,
}

#[derive(Clone, Debug)]
enum Has {
    /// One session, and no other.
    One(Session),
    /// A session that is replaced when it is lost.
    Current(Arc<Current>),
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
        match &self.has {
            Has::One(session) => session.service(),
            Has::Current(current) => current.service(),
        }
    }

    /// The session: its end can be awaited, its figures read. If it was lost and there is no new one yet,
    /// it is the one that was lost.
    pub fn session(&self) -> Session {
        match &self.has {
            Has::One(session) => session.clone(),
            Has::Current(current) => current.session(),
        }
    }

    /// What becomes of the client's sessions from now on. If it has none at the moment, as the last one has
    /// ended already, the stream begins with that end.
    pub fn events(&self) -> SessionEvents {
        self.readers.subscribe_from_end()
    }

    /// Ends the connection, whoever else holds it: what was sent before still goes out, calls in
    /// flight fail with [`Closed`](crate::ErrorKind::Closed), and so do later ones.
    ///
    /// It returns at once; [`Session::closed`] waits for the end. There is no need to close a
    /// connection that nobody holds any more. To let what is in flight finish, use
    /// [`shutdown`](Self::shutdown).
    pub fn close(&self) {
        if let Has::Current(current) = &self.has {
            current.close();
        }
        self.session().close();
    }

    /// Ends the connection, whoever else holds it, when what is in flight has finished, and waits for that;
    /// after the grace time at the latest. See [`Session::shutdown`].
    pub async fn shutdown(&self, grace: std::time::Duration) {
        self.session().shutdown(grace).await;
        self.close();
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("session", &self.session())
            .finish()
    }
}

/// Connects with the defaults, for `FooClient::connect`.
pub async fn connect<C: ServiceClient>(address: Address) -> Result<C> {
    Ok(Client::builder().connect(address).await?.service())
}
