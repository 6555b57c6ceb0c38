//! The requests of the peer that are being handled, and how many calls it has outstanding.

use std::collections::BTreeSet;

use super::exports::ExportTable;
use super::numbered::Numbered;
use super::window::{ObjectWindow, Window};
use crate::frame::Credit;
use crate::id::{ObjectId, RequestId};
use crate::proto::{Fault, Host};

/// A request of the peer, from its frame to our response.
pub(crate) struct Serving {
    /// The call of this end inside which the peer made it, if it came without credit.
    pub(crate) in_place_of: Option<RequestId>,
    /// The object of this end that is called.
    pub(crate) object: Option<ObjectId>,
    /// How many calls it is inside of.
    pub(crate) depth: u32,
    /// The peer no longer wants its answer.
    pub(crate) cancelled: bool,
    /// Our own call, made by its handler, that needed no credit.
    pub(crate) inner: Option<RequestId>,
    /// Calls of its handler that wait for that place (or for credit), the oldest first. Most make none.
    pub(crate) waiting: Option<BTreeSet<RequestId>>,
    /// How many calls of its handler wait that nobody waits for.
    pub(crate) unattended: u32,
}

/// When the peer is told, it is told of objects if so many calls to one of them have ended, or if it matters to one.
/// Else all together are enough: of a thousand objects that are called in turn, to name each costs more than the rest.
const FEW: u64 = 16;

pub(crate) struct ServedTable {
    serving: Numbered<RequestId, Serving>,
    /// The credit that the peer uses, in all. That for calls to an object is with the object.
    all: Window,
    /// Objects of which there is something to tell.
    changed: Vec<ObjectId>,
    /// Of none of these it was not told of more.
    most: u64,
    /// None of these has more outstanding, as the peer counts.
    fullest: u32,
    /// The peer has to be told: how many have ended in all, or of an object, too.
    all_are_due: bool,
    object_is_due: bool,
    /// The peer waits for every end of a one-way call.
    tells_at_once: bool,
}

impl ServedTable {
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            serving: Numbered::new(),
            all: Window::new(limit),
            changed: Vec::new(),
            most: 0,
            fullest: 0,
            all_are_due: false,
            object_is_due: false,
            tells_at_once: false,
        }
    }

    /// Takes a place for a call that used credit.
    #[inline]
    pub(crate) fn admit(&mut self) -> Result<(), Fault> {
        if self.all.is_full() {
            return Err(Fault::protocol(format!(
                "more than {} calls outstanding (max_calls)",
                self.all.limit()
            )));
        }
        self.all.take(1);
        Ok(())
    }

    /// So many of them were to that object of this end. What is beyond its own limit may be of before a release,
    /// hence no fault.
    #[inline]
    pub(crate) fn admit_to(&mut self, object: &mut ObjectWindow, calls: u32) {
        object.window.take(calls);
        self.object_is_due |= object.window.is_due();
        if object.changed {
            self.fullest = self.fullest.max(object.window.used());
        }
    }

    /// Calls have come, all that were read together, or have ended: the peer may be short of credit by that.
    #[inline]
    pub(crate) fn look_at_credit(&mut self) {
        self.object_is_due |= self.all.is_much(self.most) || !self.all.has_share(self.fullest);
        self.all_are_due |= self.all.is_much(self.all.untold());
    }

    pub(crate) fn insert(&mut self, id: RequestId, serving: Serving) -> Result<(), Fault> {
        self.serving
            .insert(id, serving)
            .map_err(|_| Fault::protocol(format!("request {id} is being served already")))
    }

    pub(crate) fn get(&self, id: RequestId) -> Option<&Serving> {
        self.serving.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: RequestId) -> Option<&mut Serving> {
        self.serving.get_mut(id)
    }

    /// Takes a request out, for its answer.
    pub(crate) fn take(&mut self, id: RequestId) -> Option<Serving> {
        self.serving.remove(id)
    }

    /// It has no answer yet.
    #[cold]
    pub(crate) fn put_back(&mut self, id: RequestId, serving: Serving) {
        let entered = self.serving.insert(id, serving);
        debug_assert!(entered.is_ok(), "it was taken out");
    }

    /// A request that was taken out was answered.
    pub(crate) fn has_answered<H: Host>(
        &mut self,
        serving: &Serving,
        exports: &mut ExportTable<H>,
    ) {
        if serving.in_place_of.is_none() {
            self.all.give_back();
            if let Some(object) = serving.object.and_then(|id| exports.window(id)) {
                object.window.give_back();
            }
        }
    }

    /// The handlers of so many notifications have ended, all of them for that object or for none.
    pub(crate) fn finish_notifications<H: Host>(
        &mut self,
        object: Option<ObjectId>,
        calls: u32,
        exports: &mut ExportTable<H>,
    ) {
        self.all.finish(calls);
        // Of an object that the peer has let go of, it is not told any more.
        if let Some(id) = object
            && let Some(object) = exports.window(id)
        {
            object.window.finish(calls);
            self.most = self.most.max(object.window.untold());
            self.fullest = self.fullest.max(object.window.used());
            self.object_is_due |= object.window.is_due();
            if !object.changed {
                object.changed = true;
                self.changed.push(id);
            }
        }
        self.look_at_credit();
        self.all_are_due |= self.tells_at_once;
    }

    /// Whether the peer has to be told now, or it could run out of credit.
    pub(crate) fn credit_is_due(&self) -> bool {
        self.all_are_due || self.object_is_due
    }

    /// The peer is to be told of each end of a one-way call from now on.
    pub(crate) fn tell_at_once(&mut self) {
        self.tells_at_once = true;
        self.all_are_due |= self.all.untold() > 0;
    }

    /// About how many calls are being handled: those by credit, or all requests if they are more, since some are in
    /// the place of one of ours. Zero only if nothing is.
    pub(crate) fn being_handled(&self) -> usize {
        self.serving.len().max(self.by_credit() as usize)
    }

    /// How many calls are being handled that used credit.
    pub(crate) fn by_credit(&self) -> u64 {
        self.all.handled()
    }

    /// Whether nothing is being handled.
    pub(crate) fn is_idle(&self) -> bool {
        self.being_handled() == 0
    }

    /// The peer is about to be told. Gives whether objects are named as well.
    pub(crate) fn begin_to_tell<H: Host>(&mut self, exports: &ExportTable<H>) -> bool {
        let all_are_due = std::mem::take(&mut self.all_are_due);
        let names_objects = !all_are_due // then it rides along
            || self.object_is_due
            || self.most >= FEW
            || self.changed.len() > exports.len(); // some are gone, and more would go
        if names_objects {
            (self.most, self.fullest, self.object_is_due) = (0, 0, false);
        }
        names_objects
    }

    /// What the peer was not told yet, with at most that many objects. To be called until there is
    /// nothing more.
    pub(crate) fn take_credit<H: Host>(
        &mut self,
        most: usize,
        exports: &mut ExportTable<H>,
    ) -> Option<Credit> {
        let is_news = self.all.has_news();
        let mut objects = Vec::new();
        while objects.len() < most
            && let Some(id) = self.changed.pop()
        {
            if let Some(object) = exports.window(id) {
                object.changed = false;
                if object.window.has_news() {
                    objects.push((id, object.window.tell()));
                }
            }
        }
        (is_news || !objects.is_empty()).then(|| Credit {
            finished: self.all.tell(),
            objects,
        })
    }

    /// What the peer was told may be lost: it is told everything once more.
    pub(crate) fn tell_again<H: Host>(&mut self, exports: &mut ExportTable<H>) {
        self.all.doubt();
        self.all_are_due |= self.all.has_news();
        for (id, object) in exports.windows() {
            object.window.doubt();
            if object.window.has_news() {
                self.object_is_due = true;
                if !object.changed {
                    object.changed = true;
                    self.changed.push(id);
                }
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.serving.len()
    }

    /// Objects of which something is to be told.
    #[cfg(test)]
    pub(crate) fn changed(&self) -> usize {
        self.changed.len()
    }

    /// Credit in use: requests being served and notifications not yet told as finished.
    pub(crate) fn used(&self) -> u32 {
        self.all.used()
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.all.limit());
    }
}
