//! Objects that came over one session and are passed on over another.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use super::reference::Identity;
use super::watch::OnClosed;
use crate::session::link::Link;

/// What a third party is told of an object whose owner this end has lost.
pub(crate) const LOST: &str = "who passed it on can no longer call it";

/// Watches an object that is passed on, and withdraws it from the third party when it is closed: so
/// that the end of an object reaches everybody who holds it.
pub(crate) struct Forward {
    identity: Identity,
    third_party: Weak<Link>,
    closed: AtomicBool,
}

impl Forward {
    pub(super) fn new(identity: Identity, third_party: &Arc<Link>) -> Arc<Self> {
        Arc::new(Self {
            identity,
            third_party: Arc::downgrade(third_party),
            closed: AtomicBool::new(false),
        })
    }

    /// Whether the object is closed. Asked when it is passed, under the lock of the third party's
    /// session, so it looks at nothing else.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }
}

impl OnClosed for Forward {
    fn closed(&self) {
        // First, so that an object which is not passed yet is withdrawn when it is.
        self.closed.store(true, Ordering::SeqCst);
        if let Some(link) = self.third_party.upgrade() {
            link.with(|core| core.revoke(&self.identity, LOST));
        }
    }
}
