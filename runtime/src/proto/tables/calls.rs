//! The requests that this end made.

use std::time::Instant;

use bytes::Bytes;

use super::numbered::Numbered;
use crate::id::{ObjectId, RequestId};
use crate::proto::{Host, NewReference};

/// A call of this end, from `submit` to its response (a one-way call: to its frame).
pub(crate) struct Made<H: Host> {
    /// Who waits for the answer; `None` once given up.
    pub(crate) caller: Option<H::Caller>,
    pub(crate) state: State<H>,
    /// The object called, for its window.
    pub(crate) object: Option<ObjectId>,
    /// The object's stay in which the call was sent: after a release, its window is a new one.
    pub(crate) stay: u64,
    /// The request of the peer inside which the call was made and whose place it holds: such a call
    /// needed no credit.
    pub(crate) in_place_of: Option<RequestId>,
    /// How many calls it is inside of.
    pub(crate) depth: u32,
    /// The peer's call, made inside this one, that needed no credit.
    pub(crate) inner: Option<RequestId>,
}

pub(crate) enum State<H: Host> {
    /// In a line, waiting for credit.
    Waiting(Box<Waiting<H>>),
    /// The frame has entered the stream.
    Sent,
}

/// A call in a line, with everything that its frame will need.
pub(crate) struct Waiting<H: Host> {
    pub(crate) service: String,
    pub(crate) object: Option<ObjectId>,
    pub(crate) method: u32,
    pub(crate) one_way: bool,
    pub(crate) inside: Option<RequestId>,
    /// Nobody waits until it is sent.
    pub(crate) unattended: bool,
    pub(crate) deadline: Option<Instant>,
    pub(crate) metadata: Vec<u8>,
    pub(crate) references: Vec<NewReference<H>>,
    pub(crate) params: Bytes,
    pub(crate) rest: Option<Bytes>,
}

pub(crate) struct CallTable<H: Host> {
    made: Numbered<RequestId, Made<H>>,
    last: u64,
}

impl<H: Host> CallTable<H> {
    pub(crate) fn new() -> Self {
        Self {
            made: Numbered::new(),
            last: 0,
        }
    }

    pub(crate) fn next_id(&mut self) -> RequestId {
        self.last += 1;
        RequestId(self.last)
    }

    pub(crate) fn insert(&mut self, id: RequestId, made: Made<H>) {
        let entered = self.made.insert(id, made);
        debug_assert!(entered.is_ok(), "an id is given once");
    }

    pub(crate) fn get(&self, id: RequestId) -> Option<&Made<H>> {
        self.made.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: RequestId) -> Option<&mut Made<H>> {
        self.made.get_mut(id)
    }

    pub(crate) fn remove(&mut self, id: RequestId) -> Option<Made<H>> {
        self.made.remove(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.made.len()
    }

    /// In the order in which they were made.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = Made<H>> {
        self.made.drain()
    }
}
