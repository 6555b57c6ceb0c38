//! The objects that a message passes: each is noted while the message is encoded.
//!
//! What is noted is independent of the session, as the bytes are: in these a reference is an index
//! into the message's table. So one encoded message can go over many sessions.

use std::cell::{Cell, RefCell};
use std::mem::ManuallyDrop;
use std::sync::{Arc, Weak};

use serde::ser::{Error as _, Serializer};

use super::forward::Forward;
use super::lease;
use super::reference::{HasProxy, Identity, ProxyType};
use super::watch::OnClosed;
use crate::codec::{ReferenceIndex, write_reference_index};
use crate::id::ObjectId;
use crate::proto::NewReference;
use crate::session::handlers::Target;
use crate::session::link::{Attached, Link};

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
pub(crate) struct Passing(Vec<Passed>);

const NO_MESSAGE: u32 = u32::MAX;

thread_local! {
    /// How many objects the message has passed that is being encoded on this thread, or `NO_MESSAGE`.
    static COUNT: Cell<u32> = const { Cell::new(NO_MESSAGE) };
    /// The last of these, which its scope will take. Below them are those of the messages around it.
    static NOTED: RefCell<Vec<Passed>> = const { RefCell::new(Vec::new()) };
}

/// For as long as it is there, the proxies that are written are noted.
struct Scope {
    /// The count of the outer message.
    outer: u32,
    /// How many objects the message had passed before.
    before: u32,
}

impl Scope {
    #[inline]
    fn begin(before: u32) -> Self {
        let outer = COUNT.replace(before);
        Self { outer, before }
    }

    /// Puts the outer message back, and takes what was noted. Most messages pass nothing, and have nothing to look for.
    #[inline]
    fn end(&self) -> Option<Passing> {
        let noted = COUNT.replace(self.outer) - self.before;
        (noted != 0).then(|| take_last(noted))
    }
}

/// A user's `Serialize` unwinds.
impl Drop for Scope {
    #[inline]
    fn drop(&mut self) {
        drop(self.end());
    }
}

#[cold]
fn take_last(count: u32) -> Passing {
    Passing(NOTED.with_borrow_mut(|noted| noted.split_off(noted.len() - count as usize)))
}

impl Passing {
    /// Runs `encode` for a message that has passed so many objects before. Gives those that it passes, too,
    /// if there are any.
    #[inline]
    pub(crate) fn noting<R>(before: u32, encode: impl FnOnce() -> R) -> (R, Option<Self>) {
        let scope = Scope::begin(before);
        let result = encode();
        (result, ManuallyDrop::new(scope).end())
    }

    /// More objects of the same message.
    #[cold]
    pub(crate) fn add(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        self.0.len() as u32
    }

    /// The table of references for a session.
    pub(crate) fn over(&self, link: &Arc<Link>) -> Vec<NewReference<Attached>> {
        match self.0.is_empty() {
            true => Vec::new(),
            false => self.0.iter().map(|passed| passed.over(link)).collect(),
        }
    }

    /// Whether one of them came over that session.
    pub(crate) fn has_objects_of(&self, link: &Link) -> bool {
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
    let index = COUNT.get();
    if index == NO_MESSAGE {
        return Err(S::Error::custom(format_args!(
            "a proxy of `{}` can be serialised only as a part of a call: it means an object of a session",
            P::Service::NAME
        )));
    }
    let passed = Passed::new(proxy);
    NOTED.with_borrow_mut(|noted| noted.push(passed));
    COUNT.set(index + 1);
    write_reference_index(ReferenceIndex(index), serializer)
}
