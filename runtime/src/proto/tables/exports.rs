//! This end's objects that the peer knows.

use super::numbered::Numbered;
use super::window::ObjectWindow;
use crate::id::ObjectId;
use crate::proto::{Fault, Host, Map, Rejected};

struct Export<H: Host> {
    object: H::Object,
    identity: H::Identity,
    /// Introductions sent and not yet released. The entry ends when it reaches zero.
    introductions: u64,
    /// The credit that the peer uses for it. By itself, as most objects are only held.
    window: Option<Box<ObjectWindow>>,
}

/// An introduction that was counted.
pub(crate) struct Introduced<O> {
    pub(crate) id: ObjectId,
    /// The object as it was passed, where the table has it already.
    pub(crate) spare: Option<O>,
}

pub(crate) struct ExportTable<H: Host> {
    exports: Numbered<ObjectId, Export<H>>,
    /// An identity leads to its object for as long as the peer knows it.
    ids: Map<H::Identity, ObjectId>,
    next: ObjectId,
    limit: u32,
    /// How many calls to each the peer may have outstanding.
    max_calls: u32,
}

impl<H: Host> ExportTable<H> {
    pub(crate) fn new(max_calls: u32) -> Self {
        Self {
            exports: Numbered::new(),
            ids: Map::default(),
            next: ObjectId::FIRST,
            limit: 0,
            max_calls,
        }
    }

    /// How many objects the peer takes.
    pub(crate) fn set_limit(&mut self, limit: u32) {
        self.limit = limit;
    }

    /// Counts one introduction of an object, which is entered if the peer does not know it.
    pub(crate) fn introduce(
        &mut self,
        identity: H::Identity,
        object: H::Object,
    ) -> Result<Introduced<H::Object>, (Rejected, H::Object)> {
        if let Some(&id) = self.ids.get(&identity)
            && let Some(export) = self.exports.get_mut(id)
        {
            export.introductions += 1;
            return Ok(Introduced {
                id,
                spare: Some(object),
            });
        }
        if self.exports.len() >= self.limit as usize {
            return Err((Rejected::TooManyCallbacks { limit: self.limit }, object));
        }
        let id = self.next;
        self.next = id.next();
        self.ids.insert(identity.clone(), id);
        let export = Export {
            object,
            identity,
            introductions: 1,
            window: None,
        };
        let entered = self.exports.insert(id, export);
        debug_assert!(entered.is_ok(), "a number is given once");
        Ok(Introduced { id, spare: None })
    }

    /// Takes back `count` introductions: the peer released them, or they never entered the stream.
    /// Gives the object when it was the last.
    pub(crate) fn release(&mut self, id: ObjectId, count: u64) -> Result<Option<H::Object>, Fault> {
        let Some(export) = self.exports.get_mut(id) else {
            return Err(Fault::protocol(format!(
                "release of object {id}, which the peer does not hold"
            )));
        };
        match export.introductions.checked_sub(count) {
            None => Err(Fault::protocol(format!(
                "release of {count} introductions of object {id}, of which there were {}",
                export.introductions
            ))),
            Some(0) => {
                let export = self.exports.remove(id);
                Ok(export.map(|export| {
                    // Once withdrawn, the identity may be that of another object.
                    if self.ids.get(&export.identity) == Some(&id) {
                        self.ids.remove(&export.identity);
                    }
                    export.object
                }))
            }
            Some(left) => {
                export.introductions = left;
                Ok(None)
            }
        }
    }

    /// The identity no longer leads to its object, whose id is given.
    pub(crate) fn forget_identity(&mut self, identity: &H::Identity) -> Option<ObjectId> {
        self.ids.remove(identity)
    }

    /// An object that is called, and the credit for that.
    pub(crate) fn called(&mut self, id: ObjectId) -> Option<(&H::Object, &mut ObjectWindow)> {
        let export = self.exports.get_mut(id)?;
        let make = || Box::new(ObjectWindow::new(self.max_calls));
        Some((&export.object, export.window.get_or_insert_with(make)))
    }

    /// The credit for calls to an object that was called before.
    pub(crate) fn window(&mut self, id: ObjectId) -> Option<&mut ObjectWindow> {
        self.exports.get_mut(id)?.window.as_deref_mut()
    }

    /// All of these.
    pub(crate) fn windows(&mut self) -> impl Iterator<Item = (ObjectId, &mut ObjectWindow)> {
        let exports = self.exports.iter_mut();
        exports.filter_map(|(id, export)| Some((id, export.window.as_deref_mut()?)))
    }

    pub(crate) fn get(&self, id: ObjectId) -> Option<&H::Object> {
        self.exports.get(id).map(|export| &export.object)
    }

    pub(crate) fn len(&self) -> usize {
        self.exports.len()
    }

    /// In the order in which they were first passed.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = H::Object> {
        self.ids.clear();
        self.exports.drain().map(|export| export.object)
    }
}
