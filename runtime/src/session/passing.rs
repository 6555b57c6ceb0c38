//! The objects that a message passes: each is noted while the message is encoded.
//!
//! What is noted is independent of the session, as the bytes are: in these a reference is an index
//! into the message's table. So one encoded message can go over many sessions.

use std::cell::{Cell, RefCell};
use std::sync::{Arc, Weak};

use serde::ser::{Error as _, Serializer};

use super::forward::Forward;
use super::lease;
use super::link::{Attached, Link};
use super::reference::{HasProxy, Identity, ProxyType};
use super::target::Target;
use super::watch::OnClosed;
use crate::codec::{ReferenceIndex, write_reference_index};
use crate::id::ObjectId;
use crate::proto::NewReference;

/// An object that a message passes.
struct Passed {
    identity: Identity,
    target: Arc<Target>,
    lease: Option<Arc<lease::State>>,
    /// Of an object that came over a session: that session, and its id there.
    home: Option<(Arc<Link>, ObjectId)>,
}

/// The objects that a message passes, in the order of its table of references.
#[derive(Default)]
pub(super) struct Passing(Vec<Passed>);

/// What is being encoded on this thread.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    /// No message.
    None,
    /// One that has passed nothing yet, as most never do: then `PASSED` need not be looked at.
    Empty,
    /// One whose objects are in `PASSED`.
    Passed,
}

thread_local! {
    static SCOPE: Cell<Scope> = const { Cell::new(Scope::None) };
    static PASSED: RefCell<Vec<Passed>> = const { RefCell::new(Vec::new()) };
}

impl Passing {
    /// Runs `encode`, and notes the proxies that it writes.
    pub(super) fn scope<R>(&mut self, encode: impl FnOnce() -> R) -> R {
        /// Puts the outer message back, also when a user's `Serialize` unwinds.
        struct Restore<'a> {
            outer: Scope,
            /// The objects of the outer message, unless both were empty.
            swapped: Option<Vec<Passed>>,
            inner: &'a mut Passing,
        }
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                let inner = SCOPE.replace(self.outer);
                if inner == Scope::Passed || self.swapped.is_some() {
                    let outer = self.swapped.take().unwrap_or_default();
                    self.inner.0 = PASSED.replace(outer);
                }
            }
        }
        let inner = match self.0.is_empty() {
            true => Scope::Empty,
            false => Scope::Passed,
        };
        let outer = SCOPE.replace(inner);
        let swaps = inner == Scope::Passed || outer == Scope::Passed;
        let swapped = swaps.then(|| PASSED.replace(std::mem::take(&mut self.0)));
        let _restore = Restore {
            outer,
            swapped,
            inner: self,
        };
        encode()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The table of references for a session.
    pub(super) fn over(&self, link: &Arc<Link>) -> Vec<NewReference<Attached>> {
        match self.0.is_empty() {
            true => Vec::new(),
            false => self.0.iter().map(|passed| passed.over(link)).collect(),
        }
    }

    /// Whether one of them came over that session.
    pub(super) fn has_objects_of(&self, link: &Link) -> bool {
        let mut homes = self.0.iter().filter_map(|passed| passed.home.as_ref());
        homes.any(|(home, _)| home.id == link.id)
    }
}

impl Passed {
    fn new<P: ProxyType>(proxy: &P) -> Self {
        let reference = proxy.reference();
        let lease = reference.lease().cloned();
        Self {
            identity: reference.identity(),
            target: Target::new(proxy.clone(), lease.clone()),
            lease,
            home: reference
                .far_object()
                .map(|(link, id)| (Arc::clone(link), id)),
        }
    }

    fn over(&self, link: &Arc<Link>) -> NewReference<Attached> {
        if let Some(lease) = &self.lease {
            lease.passed(link);
        }
        let target = Arc::clone(&self.target);
        match &self.home {
            None => NewReference::Own(self.identity, target),
            Some((home, id)) if Arc::ptr_eq(home, link) => NewReference::Peers(*id, target),
            Some((home, id)) => {
                let forward = Forward::new(self.identity, link);
                let observer: Weak<dyn OnClosed> = Arc::downgrade(&forward) as _;
                home.observe_object(*id, &observer);
                NewReference::Own(self.identity, Target::forwarded(target, forward))
            }
        }
    }
}

/// Writes a proxy into the message that is being encoded.
pub fn serialize_proxy<P: ProxyType, S: Serializer>(
    proxy: &P,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    if SCOPE.get() == Scope::None {
        return Err(S::Error::custom(format_args!(
            "a proxy of `{}` can be serialised only as a part of a call: it means an object of a session",
            P::Service::NAME
        )));
    }
    let passed = Passed::new(proxy);
    let index = PASSED.with_borrow_mut(|all| {
        all.push(passed);
        all.len() - 1
    });
    SCOPE.set(Scope::Passed);
    let index = ReferenceIndex(u32::try_from(index).map_err(S::Error::custom)?);
    write_reference_index(index, serializer)
}
