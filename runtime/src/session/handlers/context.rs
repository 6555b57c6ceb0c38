//! What a handler can ask about the call that it serves.

use std::cell::Cell;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use scoped_tls::scoped_thread_local;

use crate::frame::Metadata;
use crate::id::RequestId;
use crate::session::clock::now;
use crate::session::lifetime::Session;
use crate::session::link::Link;
use crate::session::values::Form;

/// The call that is being served, as [`context`] gives it. Outside a handler it is empty.
///
/// It is a snapshot that can be kept; keeping it does not keep the session open.
#[derive(Clone, Default)]
pub struct Context(Option<Known>);

/// What is known of a call for as long as anybody asks.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) link: Arc<Link>,
    pub(super) deadline: Option<Instant>,
    /// Encoded, if there is any.
    pub(super) metadata: Option<Box<Bytes>>,
}

/// A call while it is served.
pub(crate) struct Serving {
    pub(super) call: Known,
    /// `None` for a one-way call.
    pub(super) request: Option<RequestId>,
    /// Whether the request has its answer. What is left of its handler must not answer again: the peer
    /// may have given the id to another request by then.
    pub(super) answered: Cell<bool>,
}

scoped_thread_local!(static CURRENT: Serving);

/// The call that this task is serving at this moment.
///
/// It holds inside the handler's own future. A task that the handler spawns has none, since it may
/// outlive the call; take from the context what it needs and move that in.
///
/// ```
/// use ringback::{Error, Result, Server, context, service};
///
/// #[service]
/// pub trait Orders {
///     async fn count(&self) -> Result<u32>;
/// }
///
/// struct Shop;
///
/// impl Orders for Shop {
///     async fn count(&self) -> Result<u32> {
///         match context().metadata("tenant") {
///             Some("acme") => Ok(7),
///             other => Err(Error::application(format!("no tenant {other:?}"))),
///         }
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// # let server = Server::builder().service(OrdersServer::new(Shop)).bind("127.0.0.1:0").await?;
/// # let address = server.local_addr();
/// # tokio::spawn(server.run());
/// let orders = OrdersClient::connect(address).await?.with_metadata("tenant", "acme");
/// assert_eq!(orders.count().await?, 7);
///
/// let context = context(); // not inside a handler
/// assert!(context.peer_addr().is_none() && context.session().is_none());
/// # Ok(())
/// # }
/// ```
pub fn context() -> Context {
    Context(Serving::with_current(|serving| serving.call.clone()))
}

impl Context {
    /// The session over which the call came. Services of the caller are reached by it:
    /// `session.service::<FooClient>()`. `None` outside of a handler, and when this end has left the
    /// session.
    pub fn session(&self) -> Option<Session> {
        self.0.as_ref()?.link.session()
    }

    /// The caller's address, for transports that have addresses.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.0.as_ref()?.link.peer_addr()
    }

    /// When the caller stops waiting, if it ever does. Calls made inside the handler end then as well.
    pub fn deadline(&self) -> Option<Instant> {
        self.0.as_ref()?.deadline
    }

    /// What is left of the time until the deadline; zero when it has passed.
    pub fn time_left(&self) -> Option<Duration> {
        Some(self.deadline()?.saturating_duration_since(now()))
    }

    /// The value that the caller gave under `key` by `with_metadata` of its stub or proxy. It is what
    /// the caller says, not to be taken for true without a proof.
    pub fn metadata(&self, key: &str) -> Option<&str> {
        self.metadata_entries()
            .find_map(|(name, value)| (name == key).then_some(value))
    }

    /// Everything that the caller gave by `with_metadata`.
    pub fn metadata_entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .filter_map(|call| call.metadata.as_deref())
            .filter_map(|metadata| Metadata::new(metadata).ok())
            .flat_map(Metadata::pairs)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("peer_addr", &self.peer_addr())
            .field("deadline", &self.deadline())
            .finish_non_exhaustive()
    }
}

impl Serving {
    /// Runs `work` with this as the current call.
    #[inline]
    pub(super) fn scope<R>(&self, work: impl FnOnce() -> R) -> R {
        CURRENT.set(self, work)
    }

    #[inline]
    fn with_current<R>(ask: impl FnOnce(&Self) -> R) -> Option<R> {
        CURRENT.is_set().then(|| CURRENT.with(ask))
    }

    /// How the answer of the current call is to be written; `None` of a one-way call, which has none.
    pub(super) fn form_of_answer() -> Option<Form> {
        Self::with_current(|serving| serving.request.map(|_| serving.call.link.form()))?
    }

    /// Whether nobody waits for an answer of the current call.
    pub(super) fn has_no_answer() -> bool {
        Self::with_current(|serving| serving.request.is_some()) != Some(true)
    }

    /// Has the call answered, if it is a request and has no answer: over that session, under that id.
    #[inline]
    pub(super) fn answer(&self, answer: impl FnOnce(&Arc<Link>, RequestId)) {
        if let Some(id) = self.request
            && !self.answered.replace(true)
        {
            answer(&self.call.link, id);
        }
    }

    /// The same for the current call.
    #[inline]
    pub(super) fn answer_current(answer: impl FnOnce(&Arc<Link>, RequestId)) {
        Self::with_current(|serving| serving.answer(answer));
    }

    /// The session over which the current call came.
    pub(super) fn link() -> Option<Arc<Link>> {
        Self::with_current(|serving| Arc::clone(&serving.call.link))
    }

    /// Whether [`current`](Self::current) has nothing for a call that is made now over `link`.
    #[inline]
    pub(crate) fn current_sets_nothing(link: &Arc<Link>) -> bool {
        let sets_nothing = Self::with_current(|serving| {
            serving.call.deadline.is_none()
                && (serving.request.is_none() || !Arc::ptr_eq(&serving.call.link, link))
        });
        sets_nothing.unwrap_or(true)
    }

    /// For a call that is made now over `link`: the request it is made inside of, if that came over
    /// the same session, and the deadline it inherits.
    pub(crate) fn current(link: &Arc<Link>) -> (Option<RequestId>, Option<Instant>) {
        let current = Self::with_current(|serving| {
            (
                serving
                    .request
                    .filter(|_| Arc::ptr_eq(&serving.call.link, link)),
                serving.call.deadline,
            )
        });
        current.unwrap_or_default()
    }
}
