//! The requests that this end made.

use super::Host;
use super::numbered::Numbered;
use super::waiting::Waiting;
use crate::id::{ObjectId, RequestId};

/// A call of this end, from `submit` to its response (a one-way call: to its frame).
pub(super) struct Made<H: Host> {
    /// Who waits for the answer; `None` once given up.
    pub(super) caller: Option<H::Caller>,
    pub(super) state: State<H>,
    /// The object called, for its window.
    pub(super) object: Option<ObjectId>,
    /// The object's stay in which the call was sent: after a release, its window is a new one.
    pub(super) stay: u64,
    /// The request of the peer inside which the call was made and whose place it holds: such a call
    /// needed no credit.
    pub(super) in_place_of: Option<RequestId>,
    /// How many calls it is inside of.
    pub(super) depth: u32,
    /// The peer's call, made inside this one, that needed no credit.
    pub(super) inner: Option<RequestId>,
}

pub(super) enum State<H: Host> {
    /// In a line, waiting for credit.
    Waiting(Box<Waiting<H>>),
    /// The frame has entered the stream.
    Sent,
}

pub(super) struct CallTable<H: Host> {
    made: Numbered<RequestId, Made<H>>,
    last: u64,
}

impl<H: Host> CallTable<H> {
    pub(super) fn new() -> Self {
        Self {
            made: Numbered::new(),
            last: 0,
        }
    }

    pub(super) fn next_id(&mut self) -> RequestId {
        self.last += 1;
        RequestId(self.last)
    }

    pub(super) fn insert(&mut self, id: RequestId, made: Made<H>) {
        let entered = self.made.insert(id, made);
        debug_assert!(entered.is_ok(), "an id is given once");
    }

    pub(super) fn get(&self, id: RequestId) -> Option<&Made<H>> {
        self.made.get(id)
    }

    pub(super) fn get_mut(&mut self, id: RequestId) -> Option<&mut Made<H>> {
        self.made.get_mut(id)
    }

    pub(super) fn remove(&mut self, id: RequestId) -> Option<Made<H>> {
        self.made.remove(id)
    }

    pub(super) fn len(&self) -> usize {
        self.made.len()
    }

    /// In the order in which they were made.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = Made<H>> {
        self.made.drain()
    }
}
