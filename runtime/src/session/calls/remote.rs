//! A target at the far end: a named service, or an object that was passed.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;

use super::encoder::CallEncoder;
use crate::frame::{PlainCall, Target, metadata};
use crate::id::ObjectId;
use crate::proto::Overflow;
use crate::session::handlers::Serving;
use crate::session::lifetime::{Current, Session};
use crate::session::link::Link;
use crate::session::method::Method;
use crate::session::values::Form;

/// A stub of a named service: what [`Session::service`] makes. Each `FooClient` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the client of a service",
    label = "not a client",
    note = "name the client that `#[service]` made: `session.service::<FooClient>()`"
)]
pub trait ServiceClient: Sized {
    /// The name under which the service is called, with its version if it has one.
    const NAME: &'static str;

    /// Makes the stub.
    #[doc(hidden)]
    fn from_remote(remote: Remote) -> Self;
}

/// A service or an object at the far end, and how the user wants it called.
#[derive(Clone)]
pub struct Remote {
    /// As a trait object, since a proxy is a good key of a map: clippy would see the locks of the
    /// session in it, and warn each user that the key might change.
    far: Arc<dyn Distant>,
    options: Option<Arc<Options>>,
}

/// Of [`Far`] alone.
trait Distant: Send + Sync {
    fn far(&self) -> &Far;
}

/// What is called, and over which session.
pub(super) struct Far {
    session: Session,
    whom: Whom,
}

/// Small for an object, since somebody may hold very many.
enum Whom {
    Object(ObjectId),
    Service(Box<Named>),
}

struct Named {
    name: &'static str,
    /// The client whose session of the moment it is called over. That of [`Far`] is then the one at the
    /// beginning, by which the stub is known.
    client: Option<Arc<Current>>,
}

impl Distant for Far {
    fn far(&self) -> &Far {
        self
    }
}

impl Far {
    #[inline]
    fn target(&self) -> Target<'static> {
        match &self.whom {
            Whom::Object(id) => Target::Object(*id),
            Whom::Service(service) => Target::Service(service.name),
        }
    }

    #[inline]
    fn client(&self) -> Option<&Arc<Current>> {
        match &self.whom {
            Whom::Object(_) => None,
            Whom::Service(service) => service.client.as_ref(),
        }
    }

    /// It as `remote` calls it, over its own session or that one.
    #[inline]
    pub(super) fn callee<'a>(
        &'a self,
        remote: &'a Remote,
        session: Option<&'a Session>,
    ) -> Callee<'a> {
        Callee {
            link: session.unwrap_or(&self.session).link(),
            target: self.target(),
            options: remote.options.as_deref(),
        }
    }
}

/// It holds an object of the peer: dropping it lets go.
impl Drop for Far {
    fn drop(&mut self) {
        if let Whom::Object(id) = self.whom {
            self.session.link().with(|core| core.release(id));
        }
    }
}

/// What a call is made to: looked up once for it.
#[derive(Clone, Copy)]
pub(super) struct Callee<'a> {
    pub(super) link: &'a Arc<Link>,
    pub(super) target: Target<'a>,
    options: Option<&'a Options>,
}

/// What `with_timeout` and `with_metadata` have set.
#[derive(Clone, Default)]
struct Options {
    timeout: Option<Duration>,
    overflow: Overflow,
    metadata: Vec<(String, String)>,
    /// The same, encoded.
    encoded: Bytes,
}

impl Remote {
    pub(crate) fn service(session: Session, name: &'static str) -> Self {
        let client = None;
        Self::new(session, Whom::Service(Box::new(Named { name, client })))
    }

    /// A service over whatever session the client has.
    pub(crate) fn following(client: Arc<Current>, name: &'static str) -> Self {
        let first = client.session();
        let client = Some(client);
        Self::new(first, Whom::Service(Box::new(Named { name, client })))
    }

    /// Takes over one holder's part in an object of the peer.
    pub(crate) fn object(session: Session, id: ObjectId) -> Self {
        Self::new(session, Whom::Object(id))
    }

    fn new(session: Session, whom: Whom) -> Self {
        Self {
            far: Arc::new(Far { session, whom }),
            options: None,
        }
    }

    /// The session over which it is called.
    pub fn session(&self) -> Session {
        let far = self.far.far();
        match far.client() {
            Some(client) => client.session(),
            None => far.session.clone(),
        }
    }

    /// How the peer wants values to be written.
    pub(crate) fn form(&self) -> Form {
        self.link().form()
    }

    pub(crate) fn link(&self) -> &Arc<Link> {
        self.far.far().session.link()
    }

    /// The object's number, unless it is a named service.
    pub(crate) fn object_id(&self) -> Option<ObjectId> {
        self.far.far().target().object()
    }

    pub(super) fn callee(&self) -> Callee<'_> {
        self.far.far().callee(self, None)
    }

    /// The same over that session.
    pub(super) fn callee_over<'a>(&'a self, session: &'a Session) -> Callee<'a> {
        self.far.far().callee(self, Some(session))
    }

    /// A clone whose calls fail with [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) when they take longer.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        self.with_options(|options| options.timeout = Some(timeout))
    }

    /// A clone whose calls carry one more text for the handler's context. A text of the same key is
    /// replaced.
    #[must_use]
    pub fn with_metadata(&self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.with_options(|options| {
            let (key, value) = (key.into(), value.into());
            match options.metadata.iter_mut().find(|(name, _)| *name == key) {
                Some((_, old)) => *old = value,
                None => options.metadata.push((key, value)),
            }
            let pairs = options.metadata.iter().map(|(k, v)| (&**k, &**v));
            options.encoded = metadata::encode(pairs).freeze();
        })
    }

    fn with_options(&self, change: impl FnOnce(&mut Options)) -> Self {
        let mut options = self.options.as_deref().cloned().unwrap_or_default();
        change(&mut options);
        Self {
            far: Arc::clone(&self.far),
            options: Some(Arc::new(options)),
        }
    }

    /// A clone whose one-way calls do that when the object does not keep up.
    pub(crate) fn with_overflow(&self, overflow: Overflow) -> Self {
        self.with_options(|options| options.overflow = overflow)
    }

    /// Begins a call.
    pub fn call(&self, method: &'static Method, arguments: u32) -> CallEncoder<'_> {
        let far = self.far.far();
        let session = far.client().map(|client| client.session());
        CallEncoder::new(self, far, session, method, arguments)
    }

    /// Waits until there is another session than that one. False if there will be none. `None` of what is
    /// always called over the same session.
    pub(super) fn session_after(&self, session: u64) -> Option<BoxFuture<'static, bool>> {
        let client = self.far.far().client()?;
        Some(Box::pin(client.next_after(session)))
    }
}

impl<'a> Callee<'a> {
    /// A call of the form that nearly all have, if this is one: made inside of no request, with all the time and
    /// nothing beside the arguments.
    #[inline]
    pub(super) fn plain_call(&self, method: &Method, params: &'a [u8]) -> Option<PlainCall<'a>> {
        let is_plain = self.options.is_none()
            && method.default_timeout().is_none()
            && Serving::current_sets_nothing(self.link);
        is_plain
            .then(|| PlainCall::new(self.target, method.id(), params))
            .flatten()
    }

    pub(super) fn overflow(&self) -> Overflow {
        self.options
            .map_or(Overflow::Wait, |options| options.overflow)
    }

    pub(super) fn timeout(&self) -> Option<Duration> {
        self.options?.timeout
    }

    pub(super) fn metadata(&self) -> &[u8] {
        self.options.map_or(&[], |options| &options.encoded)
    }
}

/// The same object of the same session.
impl PartialEq for Remote {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.far, &other.far)
            || (self.object_id().is_some()
                && self.object_id() == other.object_id()
                && Arc::ptr_eq(self.link(), other.link()))
    }
}

impl Eq for Remote {}

impl Hash for Remote {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.link().id.hash(state);
        self.object_id().hash(state);
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let session = self.link().id;
        match self.far.far().target() {
            Target::Service(name) => write!(f, "service `{name}` of session {session}"),
            Target::Object(id) => write!(f, "object {id} of session {session}"),
        }
    }
}
