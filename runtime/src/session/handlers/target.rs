//! What the peer can call: named services and passed objects.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::sync::{Arc, OnceLock};

use super::future::{self, HandlerFuture};
use super::incoming::Incoming;
use super::reply;
use crate::error::Error;
use crate::session::objects::{Forward, LOST, lease};

/// What can be called from the wire. The macro implements it for each `FooServer` and `FooProxy`.
#[doc(hidden)]
pub trait Dispatch: Send + Sync + 'static {
    /// The handler for a call. It has not begun, but what it borrows nothing of is decoded: so this runs in the
    /// context of the call, which may have its answer already, and in a net for panics.
    fn dispatch(&self, call: Incoming<'_>) -> Handler;

    /// For a proxy that comes back to its owner.
    fn as_any(&self) -> &dyn Any;
}

/// A service under a name: what [`ServerBuilder::service`](crate::ServerBuilder::service) takes. Each
/// `FooServer` is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the server of a service",
    label = "not a service",
    note = "wrap the value in the server that `#[service]` made: `FooServer::new(value)`"
)]
pub trait Service: Dispatch {
    /// The name under which it is served, with its version if it has one.
    const NAME: &'static str;
}

/// A handler and how it is to be run. It has to be an `async` block, which holds nothing any more when it has ended:
/// its memory is kept for others.
#[doc(hidden)]
pub struct Handler {
    pub(super) future: HandlerFuture,
    pub(super) mode: Mode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Polled first where its frame was read; a task only if it has to wait.
    Inline,
    /// The same, once the serial call before it on the same object has ended.
    Serial,
    /// A task of its own from the start.
    Spawned,
}

impl Handler {
    /// A handler as usual.
    pub fn inline(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self::new(future, Mode::Inline)
    }

    /// `#[serial]`.
    pub fn serial(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self::new(future, Mode::Serial)
    }

    /// `#[spawn]`.
    pub fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self {
        Self::new(future, Mode::Spawned)
    }

    /// One that has answered already: that the call failed.
    #[cold]
    pub fn failed(method: impl fmt::Display, error: Error) -> Self {
        reply::fail(method, error);
        Self::inline(async {})
    }

    fn new(future: impl Future<Output = ()> + Send + 'static, mode: Mode) -> Self {
        Self {
            future: future::begin(future),
            mode,
        }
    }
}

/// Something to call, and the line of its serial calls. In one piece of memory, since a peer may hold
/// very many.
pub(crate) struct Target<D: ?Sized = dyn Dispatch> {
    /// Of a leased object.
    lease: Option<Arc<lease::State>>,
    /// Of an object of another session that is passed on.
    forward: Option<Arc<Forward>>,
    serial: OnceLock<Arc<tokio::sync::Mutex<()>>>,
    pub(crate) dispatch: D,
}

impl Target {
    pub(crate) fn new(dispatch: impl Dispatch, lease: Option<Arc<lease::State>>) -> Arc<Self> {
        Arc::new(Target {
            lease,
            forward: None,
            serial: OnceLock::new(),
            dispatch,
        })
    }

    /// The target once more, for a third party.
    pub(crate) fn forwarded(target: Arc<Self>, forward: Arc<Forward>) -> Arc<Self> {
        Arc::new(Target {
            lease: None,
            forward: Some(forward),
            serial: OnceLock::new(),
            dispatch: Forwarded(target),
        })
    }

    /// Why it can't be called any more, if it was withdrawn.
    pub(crate) fn revoked(&self) -> Option<&'static str> {
        let is_revoked = self.lease.as_ref().is_some_and(|lease| lease.is_revoked());
        let is_lost = self
            .forward
            .as_ref()
            .is_some_and(|forward| forward.is_closed());
        match (is_revoked, is_lost) {
            (true, _) => Some(lease::REVOKED),
            (false, true) => Some(LOST),
            (false, false) => None,
        }
    }

    /// Held by the serial call that runs. Tokio's mutex is fair: calls get it in their order.
    pub(super) fn serial(&self) -> Arc<tokio::sync::Mutex<()>> {
        Arc::clone(self.serial.get_or_init(Arc::default))
    }
}

struct Forwarded(Arc<Target>);

impl Dispatch for Forwarded {
    fn dispatch(&self, call: Incoming<'_>) -> Handler {
        self.0.dispatch.dispatch(call)
    }

    fn as_any(&self) -> &dyn Any {
        self.0.dispatch.as_any()
    }
}

/// The services of one end, by name.
#[derive(Clone, Default)]
pub(crate) struct Services {
    /// In the order of the names, as they arrive: an end has few, and they are found faster than by a hash.
    by_name: Vec<(&'static [u8], Arc<Target>)>,
    /// Made once it is asked for: a peer can ask for what is not there as often as it likes.
    names: OnceLock<String>,
}

impl Services {
    pub(crate) fn insert<S: Service>(&mut self, service: S) {
        let (name, target) = (S::NAME.as_bytes(), Target::new(service, None));
        match self.place(name) {
            Ok(place) => self.by_name[place].1 = target,
            Err(place) => self.by_name.insert(place, (name, target)),
        }
        self.names.take();
    }

    #[inline]
    pub(super) fn get(&self, name: &[u8]) -> Option<&Target> {
        self.place(name).ok().map(|place| &*self.by_name[place].1)
    }

    #[inline]
    fn place(&self, name: &[u8]) -> Result<usize, usize> {
        self.by_name
            .binary_search_by(|(found, _)| (*found).cmp(name))
    }

    /// The names there are, for the error that tells that another one is not.
    pub(super) fn names(&self) -> &str {
        self.names.get_or_init(|| {
            let names = self.by_name.iter();
            let names = names.map(|(name, _)| format!("`{}`", name.escape_ascii()));
            let names: Vec<_> = names.collect();
            if names.is_empty() {
                "none".to_owned()
            } else {
                names.join(", ")
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Named<const NUMBER: usize>;

    const NAMES: [&str; 6] = ["Orders", "Keeper", "Zoo", "Order", "", "Orders@2"];

    impl<const NUMBER: usize> Dispatch for Named<NUMBER> {
        fn dispatch(&self, call: Incoming<'_>) -> Handler {
            call.unknown_method(NAMES[NUMBER])
        }

        fn as_any(&self) -> &dyn Any {
            self
        }
    }

    impl<const NUMBER: usize> Service for Named<NUMBER> {
        const NAME: &'static str = NAMES[NUMBER];
    }

    #[test]
    fn each_service_is_found_by_its_name_whenever_it_was_added() {
        let mut services = Services::default();
        assert!(services.get(b"Orders").is_none());
        services.insert(Named::<0>);
        services.insert(Named::<1>);
        services.insert(Named::<2>);
        services.insert(Named::<3>);
        services.insert(Named::<4>);
        services.insert(Named::<5>);
        let is = |name: &str, number: usize| {
            let found = services.get(name.as_bytes()).expect(name).dispatch.as_any();
            match number {
                0 => found.is::<Named<0>>(),
                1 => found.is::<Named<1>>(),
                2 => found.is::<Named<2>>(),
                3 => found.is::<Named<3>>(),
                4 => found.is::<Named<4>>(),
                _ => found.is::<Named<5>>(),
            }
        };
        for (number, name) in NAMES.iter().enumerate() {
            assert!(is(name, number), "{name}");
        }
        assert!(services.get(b"Keepers").is_none() && services.get(b"A").is_none());
        assert_eq!(
            services.names(),
            "``, `Keeper`, `Order`, `Orders`, `Orders@2`, `Zoo`"
        );
    }
}
