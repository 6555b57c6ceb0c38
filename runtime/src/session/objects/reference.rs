//! References to objects: what is inside of every proxy, and how it crosses.

use std::any::TypeId;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Weak};
use std::time::Duration;

use serde::Serialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _};

use super::lease::{self, Lease, Lent, lease};
use super::received::{Entry, claim};
use super::watch::OnClosed;
use crate::codec::read_reference_index;
use crate::error::Error;
use crate::id::ObjectId;
use crate::proto::Overflow;
use crate::session::calls::Remote;
use crate::session::handlers::Dispatch;
use crate::session::link::Link;
use crate::session::values::Arg;

/// From a service trait to what was made beside it: implemented for `dyn Foo`, so that the trait's
/// name alone leads to its proxy, however the trait was imported.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a service trait",
    label = "cannot be called back",
    note = "mark the trait with `#[ringback::service]`"
)]
pub trait HasProxy: 'static {
    /// `FooProxy`.
    type Proxy: ProxyType<Service = Self>;
    /// The trait's erased twin, behind a local proxy.
    type Twin: ?Sized + Send + Sync + 'static;
    /// The name of the service, with its version if it has one.
    const NAME: &'static str;
}

/// The proxy of a service. `IS_SERVICE` is `true`, but generated code puts a constant there whose
/// evaluation fails where a trait is no service: then rustc says so once, and is silent about all
/// that would follow from it.
pub trait ProxyOf<const IS_SERVICE: bool> {
    /// `dyn Foo`.
    type Service: ?Sized;
    /// `FooProxy`.
    type Proxy;
}

/// A service trait has this one as a supertrait, and no other trait has it.
#[diagnostic::on_unimplemented(
    message = "a callback is an `impl` of a service, and this trait is none",
    label = "not a service",
    note = "mark the trait with `#[ringback::service]`"
)]
pub trait IsService {}

// Every implementation has it. Of a `T: ?Sized + Foo` it is known by `Foo` alone.
#[diagnostic::do_not_recommend]
impl<T> IsService for T {}

/// Tells that the one trait that `T` is known to implement is a service. If it is not, this does not
/// compile.
pub const fn is_service<T: ?Sized + IsService>() -> bool {
    true
}

/// What every `FooProxy` is.
pub trait ProxyType: Dispatch + Clone + Serialize + DeserializeOwned {
    /// `dyn Foo`.
    type Service: ?Sized + HasProxy<Proxy = Self>;

    /// Makes the proxy.
    fn from_reference(reference: Reference<Self::Service>) -> Self;

    /// What is in it.
    fn reference(&self) -> &Reference<Self::Service>;
}

/// What a parameter marked `#[callback]` is: a proxy, or none, or many.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a callback",
    label = "not the proxy of a service",
    note = "`#[callback]` goes on `impl Foo`, `Option<impl Foo>`, `Vec<impl Foo>` or a `FooProxy`, where `Foo` is a service"
)]
pub trait Callbacks: Arg {
    /// The same, whose one-way calls do that when the object does not keep up.
    #[must_use]
    fn with_overflow(self, overflow: Overflow) -> Self;
}

#[diagnostic::do_not_recommend]
impl<P: ProxyType> Callbacks for P {
    fn with_overflow(self, overflow: Overflow) -> Self {
        P::from_reference(self.reference().with_overflow(overflow))
    }
}

impl<P: ProxyType> Callbacks for Option<P> {
    fn with_overflow(self, overflow: Overflow) -> Self {
        self.map(|proxy| proxy.with_overflow(overflow))
    }
}

impl<P: ProxyType> Callbacks for Vec<P> {
    fn with_overflow(self, overflow: Overflow) -> Self {
        let proxies = self.into_iter();
        proxies.map(|proxy| proxy.with_overflow(overflow)).collect()
    }
}

/// A reference to one object, here or at the far end.
pub struct Reference<D: ?Sized + HasProxy>(Whose<D>);

enum Whose<D: ?Sized + HasProxy> {
    Local(Arc<D::Twin>),
    /// As a trait object for the same reason for which a [`Remote`] has one.
    Leased(Arc<dyn Lent<D::Twin>>),
    Remote(Remote),
}

/// Where the object of a reference is.
pub enum Place<'a, Twin: ?Sized> {
    /// In this process: calls are ordinary calls.
    Local(Arc<Twin>),
    /// It was in this process, and can't be called any more.
    Closed(Error),
    /// At the far end of a session.
    Remote(&'a Remote),
}

/// What makes two references the same object to the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    /// An object of this process: the trait it is passed as, and its allocation. As long as the peer
    /// holds it the allocation lives, so the address is not used again.
    Local(TypeId, usize),
    /// An object that came over another session.
    Forwarded { session: u64, object: u64 },
}

impl<D: ?Sized + HasProxy> Reference<D> {
    /// A reference to a local object.
    pub fn local(twin: Arc<D::Twin>) -> Self {
        Self(Whose::Local(twin))
    }

    /// A reference to a local object, and the owner's lease on it.
    pub fn leased(twin: Arc<D::Twin>) -> (Self, Lease) {
        let (object, lease) = lease::<D>(twin);
        (Self(Whose::Leased(object)), lease)
    }

    fn remote(remote: Remote) -> Self {
        Self(Whose::Remote(remote))
    }

    /// Where the object is.
    pub fn place(&self) -> Place<'_, D::Twin> {
        match &self.0 {
            Whose::Local(twin) => Place::Local(Arc::clone(twin)),
            Whose::Leased(object) => object.twin().map_or_else(Place::Closed, Place::Local),
            Whose::Remote(remote) => Place::Remote(remote),
        }
    }

    /// How it is called over its session, if it is another end's.
    pub(crate) fn far(&self) -> Option<&Remote> {
        match &self.0 {
            Whose::Local(_) | Whose::Leased(_) => None,
            Whose::Remote(remote) => Some(remote),
        }
    }

    /// Whether calls can only fail.
    pub fn is_closed(&self) -> bool {
        self.closed_error().is_some()
    }

    /// Waits until calls can only fail, and tells why. A local object without a lease is never closed.
    pub async fn closed(&self) -> Error {
        if let Whose::Leased(object) = &self.0 {
            return object.state().wait_revoked().await;
        }
        match self.far_object() {
            Some((link, id)) => link.wait_object_closed(id).await,
            None => std::future::pending().await,
        }
    }

    /// Why calls can only fail, if so.
    pub(crate) fn closed_error(&self) -> Option<Error> {
        match &self.0 {
            Whose::Local(_) => None,
            Whose::Leased(object) => object.twin().err(),
            Whose::Remote(_) => self
                .far_object()
                .and_then(|(link, id)| link.object_closed(id)),
        }
    }

    /// Registers who is to be told, while it lives, when calls can only fail.
    pub(crate) fn observe(&self, observer: &Weak<dyn OnClosed>) {
        match &self.0 {
            Whose::Local(_) => {}
            Whose::Leased(object) => object.state().observe(observer),
            Whose::Remote(_) => {
                if let Some((link, id)) = self.far_object() {
                    link.observe_object(id, observer);
                }
            }
        }
    }

    /// How many one-way calls to the object its overflow policy has dropped here.
    pub fn dropped(&self) -> u64 {
        self.far_object()
            .map_or(0, |(link, id)| link.with(|core| core.dropped_calls(id)))
    }

    /// A clone whose one-way calls do that when the object does not keep up. On a local object it has
    /// no effect.
    #[must_use]
    pub fn with_overflow(&self, overflow: Overflow) -> Self {
        self.configured(|remote| remote.with_overflow(overflow))
    }

    /// Of a leased object, what it shares with its lease.
    pub(super) fn lease(&self) -> Option<&Arc<lease::State>> {
        match &self.0 {
            Whose::Leased(object) => Some(object.state()),
            Whose::Local(_) | Whose::Remote(_) => None,
        }
    }

    /// Of an object at the far end, its session and its id there.
    pub(super) fn far_object(&self) -> Option<(&Arc<Link>, ObjectId)> {
        match &self.0 {
            Whose::Remote(remote) => Some((remote.link(), remote.object_id()?)),
            Whose::Local(_) | Whose::Leased(_) => None,
        }
    }

    /// A clone whose calls have a timeout. On a local object it has no effect: calls of it are
    /// ordinary calls.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        self.configured(|remote| remote.with_timeout(timeout))
    }

    /// A clone whose calls carry one more text for the handler's context. On a local object it has no
    /// effect.
    #[must_use]
    pub fn with_metadata(&self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.configured(|remote| remote.with_metadata(key, value))
    }

    fn configured(&self, configure: impl FnOnce(&Remote) -> Remote) -> Self {
        match &self.0 {
            Whose::Local(_) | Whose::Leased(_) => self.clone(),
            Whose::Remote(remote) => Self::remote(configure(remote)),
        }
    }

    pub(super) fn identity(&self) -> Identity {
        match &self.0 {
            Whose::Local(twin) => Identity::Local(TypeId::of::<D>(), address(twin)),
            Whose::Leased(object) => Identity::Local(TypeId::of::<D>(), address(object)),
            Whose::Remote(remote) => Identity::Forwarded {
                session: remote.link().id,
                object: remote.object_id().map_or(0, |id| id.number()),
            },
        }
    }
}

fn address<T: ?Sized>(object: &Arc<T>) -> usize {
    Arc::as_ptr(object).cast::<()>() as usize
}

impl<D: ?Sized + HasProxy> Clone for Reference<D> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Whose::Local(twin) => Whose::Local(Arc::clone(twin)),
            Whose::Leased(object) => Whose::Leased(Arc::clone(object)),
            Whose::Remote(remote) => Whose::Remote(remote.clone()),
        })
    }
}

/// Equal are references to the same object, whatever timeouts or metadata they call it with.
impl<D: ?Sized + HasProxy> PartialEq for Reference<D> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Whose::Local(one), Whose::Local(other)) => address(one) == address(other),
            (Whose::Leased(one), Whose::Leased(other)) => Arc::ptr_eq(one, other),
            (Whose::Remote(one), Whose::Remote(other)) => one == other,
            _ => false,
        }
    }
}

impl<D: ?Sized + HasProxy> Eq for Reference<D> {}

impl<D: ?Sized + HasProxy> Hash for Reference<D> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Whose::Local(twin) => address(twin).hash(state),
            Whose::Leased(object) => address(object).hash(state),
            Whose::Remote(remote) => remote.hash(state),
        }
    }
}

impl<D: ?Sized + HasProxy> fmt::Debug for Reference<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Whose::Local(twin) => write!(f, "local object at {:#x}", address(twin)),
            Whose::Leased(object) => write!(f, "leased local object at {:#x}", address(object)),
            Whose::Remote(remote) => remote.fmt(f),
        }
    }
}

/// Shows a proxy as `FooProxy(object 3 of session 1)`.
pub fn debug_proxy<P: ProxyType>(proxy: &P, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_tuple(name).field(proxy.reference()).finish()
}

/// Reads a proxy from the message that is being decoded.
pub fn deserialize_proxy<'de, P: ProxyType, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<P, D::Error> {
    let index = read_reference_index(deserializer)?;
    match claim::<D::Error>(index)? {
        Entry::Theirs(remote) => Ok(P::from_reference(Reference::remote(remote))),
        Entry::Ours(target) => {
            let own = target.dispatch.as_any().downcast_ref::<P>();
            own.cloned().ok_or_else(|| {
                D::Error::custom(format_args!(
                    "the object that came back is not one of `{}`",
                    P::Service::NAME
                ))
            })
        }
        Entry::Unknown(id) => Err(D::Error::custom(format_args!("there is no object {id}"))),
    }
}
