//! The references of a received frame: each is claimed by decoding, or released.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use crate::codec::ReferenceIndex;
use crate::id::ObjectId;
use crate::proto::Received;
use crate::session::calls::Remote;
use crate::session::handlers::Target;
use crate::session::link::{Attached, Link};

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
    #[inline]
    pub(crate) fn new(link: &Arc<Link>, received: Vec<Received<Attached>>) -> Self {
        match received.is_empty() {
            true => Self(None),
            false => Self::of_some(link, received),
        }
    }

    fn of_some(link: &Arc<Link>, received: Vec<Received<Attached>>) -> Self {
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
    pub(crate) fn scope<R>(&self, work: impl FnOnce() -> R) -> R {
        /// Puts the outer message back, also when a user's `Deserialize` unwinds.
        struct Restore {
            outer: Scope,
            /// The outer message's references, where they made room for others.
            replaced: Option<References>,
        }
        impl Drop for Restore {
            fn drop(&mut self) {
                SCOPE.set(self.outer);
                if let Some(outer) = self.replaced.take() {
                    let inner = REFERENCES.replace(outer);
                    drop(inner); // outside the cell: dropping may release
                }
            }
        }
        let (scope, replaced) = match self.0 {
            None => (Scope::Empty, None),
            Some(_) => (Scope::Passed, Some(REFERENCES.replace(self.clone()))),
        };
        let _restore = Restore {
            outer: SCOPE.replace(scope),
            replaced,
        };
        work()
    }
}

/// What is being decoded on this thread.
#[derive(Clone, Copy, PartialEq)]
enum Scope {
    /// No message.
    None,
    /// One that passes nothing, as most do: then `REFERENCES` need not be looked at.
    Empty,
    /// One whose references are in `REFERENCES`.
    Passed,
}

thread_local! {
    static SCOPE: Cell<Scope> = const { Cell::new(Scope::None) };
    static REFERENCES: RefCell<References> = const { RefCell::new(References(None)) };
}

/// Whom the reference of that index in the frame being decoded means.
pub(super) fn claim<E: serde::de::Error>(index: ReferenceIndex) -> Result<Entry, E> {
    let entry = match SCOPE.get() {
        Scope::None => {
            return Err(E::custom(
                "a proxy can be deserialised only inside a call: it means an object of that session",
            ));
        }
        Scope::Empty => None,
        Scope::Passed => REFERENCES.with_borrow(|references| {
            let entries = references.0.as_ref()?;
            entries.get(index.0 as usize).cloned()
        }),
    };
    match entry {
        Some(Entry::Unknown(id)) => Err(E::custom(format_args!(
            "there is no object {id} of this end in the session"
        ))),
        Some(entry) => Ok(entry),
        None => Err(E::custom(format_args!(
            "reference {} is not in the message's table of references",
            index.0
        ))),
    }
}
