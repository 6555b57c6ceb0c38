//! Leases: the owner's end of an object that it has passed out.

use std::any::{Any, TypeId};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::reference::{HasProxy, Identity};
use super::watch::{OnClosed, Watch};
use crate::error::{Error, ErrorKind};
use crate::session::link::Link;
use crate::session::panic::catch_panic;

/// What callers of a revoked object are told.
pub(crate) const REVOKED: &str = "its owner revoked it";

/// The owner's hold on an object that it passes out, made with its proxy by `FooProxy::leased`.
///
/// The lease tells when the last proxy of the object is gone, here and everywhere else, and ends the
/// object's availability: by [`revoke`](Lease::revoke), or by being dropped. From then on calls of it
/// fail with [`ErrorKind::Revoked`], and the object itself is dropped as soon as the calls that have
/// begun are over.
///
/// A leased object is one of its own: also of an `Arc` that was passed before, the peer gets another
/// object than then.
///
/// ```
/// use ringback::{ErrorKind, Result, service};
///
/// #[service]
/// pub trait Listener {
///     async fn changed(&self, text: String) -> Result<()>;
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let (listener, lease) = ListenerProxy::leased(async |_text: String| Ok(()));
/// listener.changed("first".into()).await?;
/// lease.revoke();
/// let error = listener.changed("second".into()).await.unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Revoked);
/// # Ok(())
/// # }
/// ```
#[must_use = "dropping a lease revokes its object; `detach` it to let the object live on"]
pub struct Lease {
    object: Weak<dyn Withdraw>,
    state: Arc<State>,
    detached: bool,
}

/// What a lease and its object share.
#[derive(Default)]
pub(crate) struct State {
    revoked: AtomicBool,
    released: AtomicBool,
    /// Hears of both.
    changed: Watch,
    /// Where the object was passed, so that the peers can be told.
    links: Mutex<Vec<Weak<Link>>>,
}

/// A leased object. Its proxies share it; with the last of them it goes.
struct Leased<D: ?Sized + HasProxy> {
    twin: Mutex<Option<Arc<D::Twin>>>,
    state: Arc<State>,
}

/// A leased object as its proxies see it.
pub(super) trait Lent<Twin: ?Sized>: Send + Sync {
    /// The object, unless it was revoked.
    fn twin(&self) -> Result<Arc<Twin>, Error>;
    fn state(&self) -> &Arc<State>;
}

/// A leased object of whatever service.
trait Withdraw: Send + Sync {
    /// Takes the user's object out, to be dropped.
    fn withdraw(&self) -> Box<dyn Any + Send>;
    fn service(&self) -> TypeId;
}

/// Makes a leased object.
pub(super) fn lease<D: ?Sized + HasProxy>(twin: Arc<D::Twin>) -> (Arc<dyn Lent<D::Twin>>, Lease) {
    let state = Arc::<State>::default();
    let object = Arc::new(Leased::<D> {
        twin: Mutex::new(Some(twin)),
        state: Arc::clone(&state),
    });
    let erased: Arc<dyn Withdraw> = Arc::clone(&object) as _;
    let lease = Lease {
        object: Arc::downgrade(&erased),
        state,
        detached: false,
    };
    (object, lease)
}

impl<D: ?Sized + HasProxy> Leased<D> {
    fn slot(&self) -> MutexGuard<'_, Option<Arc<D::Twin>>> {
        self.twin.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D: ?Sized + HasProxy> Lent<D::Twin> for Leased<D> {
    fn twin(&self) -> Result<Arc<D::Twin>, Error> {
        self.slot().clone().ok_or_else(revoked)
    }

    fn state(&self) -> &Arc<State> {
        &self.state
    }
}

impl<D: ?Sized + HasProxy> Withdraw for Leased<D> {
    fn withdraw(&self) -> Box<dyn Any + Send> {
        Box::new(self.slot().take())
    }

    fn service(&self) -> TypeId {
        TypeId::of::<D>()
    }
}

impl<D: ?Sized + HasProxy> Drop for Leased<D> {
    fn drop(&mut self) {
        self.state.released.store(true, Ordering::SeqCst);
        self.state.changed.close();
    }
}

impl State {
    pub(crate) fn is_revoked(&self) -> bool {
        self.revoked.load(Ordering::SeqCst)
    }

    /// The object is about to be passed over a session.
    pub(super) fn passed(&self, link: &Arc<Link>) {
        let mut links = self.links();
        if !links
            .iter()
            .any(|known| known.as_ptr() == Arc::as_ptr(link))
        {
            links.retain(|link| link.strong_count() > 0);
            links.push(Arc::downgrade(link));
        }
    }

    /// Registers who is to be told when the object is revoked. Whoever comes too late is told at
    /// once.
    pub(super) fn observe(&self, observer: &Weak<dyn OnClosed>) {
        self.changed.observe(Weak::clone(observer));
        if self.is_revoked()
            && let Some(observer) = observer.upgrade()
        {
            observer.closed();
        }
    }

    /// Waits until the object is revoked.
    pub(super) async fn wait_revoked(&self) -> Error {
        self.wait(|state| state.is_revoked()).await;
        revoked()
    }

    async fn wait(&self, over: impl Fn(&Self) -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if over(self) {
                return;
            }
            changed.await;
        }
    }

    fn links(&self) -> MutexGuard<'_, Vec<Weak<Link>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    /// Waits until the last proxy of the object is gone: those of this process, and those of every
    /// peer that it was passed to.
    pub async fn released(&self) {
        self.state
            .wait(|state| state.released.load(Ordering::SeqCst))
            .await;
    }

    /// Whether the last proxy of the object is gone.
    pub fn is_released(&self) -> bool {
        self.state.released.load(Ordering::SeqCst)
    }

    /// Ends the object's availability: calls that have begun go on, later ones fail with
    /// [`ErrorKind::Revoked`]. The holders of its proxies are told.
    pub fn revoke(self) {
        drop(self);
    }

    /// Gives the lease up and lets the object live on, as one that was never leased.
    pub fn detach(mut self) {
        self.detached = true;
    }

    fn end(&self) {
        if self.state.revoked.swap(true, Ordering::SeqCst) {
            return;
        }
        let Some(object) = self.object.upgrade() else {
            return; // nobody is left to be told
        };
        let withdrawn = object.withdraw();
        self.state.changed.close();
        let identity =
            Identity::Local(object.service(), Arc::as_ptr(&object).cast::<()>() as usize);
        let links = std::mem::take(&mut *self.state.links());
        for link in links.iter().filter_map(Weak::upgrade) {
            link.with(|core| core.revoke(&identity, REVOKED));
        }
        // When everybody knows, and without a lock: its destructor is the user's, and may panic.
        if let Err(text) = catch_panic(|| drop(withdrawn)) {
            tracing::error!("the destructor of an object that was passed panicked: {text}");
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if !self.detached {
            self.end();
        }
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("released", &self.is_released())
            .finish_non_exhaustive()
    }
}

fn revoked() -> Error {
    Error::new(
        ErrorKind::Revoked,
        format!("the object is closed: {REVOKED}"),
    )
}
