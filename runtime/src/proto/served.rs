//! The requests of the peer that are being handled, and how many calls it has outstanding.

use std::collections::VecDeque;

use super::{Fault, Map};
use crate::frame::Credit;
use crate::id::{ObjectId, RequestId};

/// A request of the peer, from its frame to our response.
pub(super) struct Serving {
    /// The call of this end inside which the peer made it, if it came without credit.
    pub(super) in_place_of: Option<RequestId>,
    /// How many calls it is inside of.
    pub(super) depth: u32,
    /// Our own call, made by its handler, that needed no credit.
    pub(super) inner: Option<RequestId>,
    /// Calls of its handler that wait for that place (or for credit).
    pub(super) waiting: VecDeque<RequestId>,
}

pub(super) struct ServedTable {
    serving: Map<RequestId, Serving>,
    /// Requests and unreported notifications that used credit.
    used: u32,
    limit: u32,
    object_limit: u32,
    /// Notifications finished since the session began, and how many of them the peer was told.
    finished: u64,
    reported: u64,
    /// Per object, notifications finished and reported.
    objects: Map<ObjectId, Finished>,
    changed: Vec<ObjectId>,
    due: bool,
}

#[derive(Default)]
struct Finished {
    count: u64,
    reported: u64,
    listed: bool,
}

impl ServedTable {
    pub(super) fn new(limit: u32, object_limit: u32) -> Self {
        Self {
            serving: Map::default(),
            used: 0,
            limit,
            object_limit,
            finished: 0,
            reported: 0,
            objects: Map::default(),
            changed: Vec::new(),
            due: false,
        }
    }

    /// Takes a place for a call that used credit.
    pub(super) fn admit(&mut self) -> Result<(), Fault> {
        if self.used >= self.limit {
            return Err(Fault::protocol(format!(
                "more than {} calls outstanding (max_calls)",
                self.limit
            )));
        }
        self.used += 1;
        Ok(())
    }

    pub(super) fn insert(&mut self, id: RequestId, serving: Serving) -> Result<(), Fault> {
        if self.serving.insert(id, serving).is_some() {
            return Err(Fault::protocol(format!(
                "request {id} is being served already"
            )));
        }
        Ok(())
    }

    pub(super) fn get_mut(&mut self, id: RequestId) -> Option<&mut Serving> {
        self.serving.get_mut(&id)
    }

    pub(super) fn contains(&self, id: RequestId) -> bool {
        self.serving.contains_key(&id)
    }

    /// A request was answered.
    pub(super) fn remove(&mut self, id: RequestId) -> Option<Serving> {
        let serving = self.serving.remove(&id)?;
        if serving.in_place_of.is_none() {
            self.used -= 1;
        }
        Some(serving)
    }

    /// The handler of a notification has ended.
    pub(super) fn finish_notification(&mut self, object: Option<ObjectId>) {
        self.finished += 1;
        self.due |= self.finished - self.reported >= quarter(self.limit);
        if let Some(id) = object {
            let finished = self.objects.entry(id).or_default();
            finished.count += 1;
            if !finished.listed {
                finished.listed = true;
                self.changed.push(id);
            }
            self.due |= finished.count - finished.reported >= quarter(self.object_limit);
        }
    }

    /// The peer let go of an object: its count begins anew should the peer meet it again.
    pub(super) fn forget_object(&mut self, object: ObjectId) {
        self.objects.remove(&object);
    }

    /// Whether the peer has to be told now, or it could run out of credit.
    pub(super) fn credit_is_due(&self) -> bool {
        self.due
    }

    /// What the peer was not told yet.
    pub(super) fn take_credit(&mut self) -> Option<Credit> {
        if self.finished == self.reported {
            return None;
        }
        let told = (self.finished - self.reported) as u32;
        self.reported = self.finished;
        self.used = self.used.saturating_sub(told);
        self.due = false;
        let objects = self
            .changed
            .drain(..)
            .filter_map(|id| {
                let finished = self.objects.get_mut(&id)?;
                finished.listed = false;
                finished.reported = finished.count;
                Some((id, finished.count))
            })
            .collect();
        Some(Credit {
            finished: self.finished,
            objects,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.serving.len()
    }

    /// Objects that the peer has called one-way, and that it still holds.
    #[cfg(test)]
    pub(super) fn objects(&self) -> usize {
        self.objects.len()
    }

    /// Credit in use: requests being served and notifications not yet reported as finished.
    pub(super) fn used(&self) -> u32 {
        self.used
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new(self.limit, self.object_limit);
    }
}

/// The peer hears of finished notifications at the latest when a quarter of its window is open again.
fn quarter(limit: u32) -> u64 {
    u64::from(limit / 4).max(1)
}
