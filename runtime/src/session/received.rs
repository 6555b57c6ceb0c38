//! The references of a received frame: each is claimed by decoding, or released.

use std::cell::RefCell;
use std::sync::Arc;

use super::link::{Attached, Link};
use super::remote::Remote;
use super::target::Target;
use crate::codec::ReferenceIndex;
use crate::id::ObjectId;
use crate::proto::Received;

/// A frame's table of references. Entries that nobody has claimed when the last clone goes are
/// released by that.
#[derive(Clone, Default)]
pub(crate) struct References(Option<Arc<[Entry]>>);

/// Whom a reference means.
#[derive(Clone)]
pub(super) enum Entry {
    /// An object of the peer.
    Theirs(Remote),
    /// An object of this end that comes back.
    Ours(Arc<Target>),
    /// Nobody.
    Unknown(ObjectId),
}

impl References {
    pub(super) fn new(link: &Arc<Link>, received: Vec<Received<Attached>>) -> Self {
        if received.is_empty() {
            return Self(None);
        }
        let session = link.session();
        let entries = received.into_iter().map(|received| match received {
            Received::Ours(target) => Entry::Ours(target),
            Received::Unknown(id) => Entry::Unknown(id),
            Received::Theirs(id) => match &session {
                Some(session) => Entry::Theirs(Remote::object(session.clone(), id)),
                None => {
                    link.with(|core| core.release(id)); // the session is being left
                    Entry::Unknown(id)
                }
            },
        });
        Self(Some(entries.collect()))
    }

    /// Runs `work`, in which decoding a proxy finds these references.
    pub(super) fn scope<R>(&self, work: impl FnOnce() -> R) -> R {
        /// Puts the outer table back, also when a user's `Deserialize` unwinds.
        struct Restore(Option<References>);
        impl Drop for Restore {
            fn drop(&mut self) {
                let inner = CURRENT.replace(self.0.take());
                drop(inner); // outside the cell: dropping may release
            }
        }
        let _restore = Restore(CURRENT.replace(Some(self.clone())));
        work()
    }
}

thread_local! {
    static CURRENT: RefCell<Option<References>> = const { RefCell::new(None) };
}

/// Whom the reference of that index in the frame being decoded means.
pub(super) fn claim<E: serde::de::Error>(index: ReferenceIndex) -> Result<Entry, E> {
    let entry = CURRENT.with_borrow(|current| {
        let Some(references) = current else {
            return Err(E::custom(
                "a proxy can be deserialised only inside a call: it means an object of that session",
            ));
        };
        let entry = references
            .0
            .as_ref()
            .and_then(|entries| entries.get(index.0 as usize));
        entry.cloned().ok_or_else(|| {
            E::custom(format_args!(
                "reference {} is not in the message's table of references",
                index.0
            ))
        })
    })?;
    match entry {
        Entry::Unknown(id) => Err(E::custom(format_args!(
            "there is no object {id} of this end in the session"
        ))),
        entry => Ok(entry),
    }
}
