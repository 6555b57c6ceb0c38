//! What the tests attach to a connection, and a ledger of what became of it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::error::Error;
use crate::frame::Status;
use crate::id::ObjectId;
use crate::proto::{Host, Received, Rejected};

/// The user of the connections in these tests.
pub(super) struct Tester;

impl Host for Tester {
    type Caller = Caller;
    type Object = Passable;
    type Identity = usize;
    type Watch = Rc<Watch>;

    fn revoked(object: &Passable) -> Option<&'static str> {
        match object {
            Passable::Own(handed) => handed.0.withdrawn.get(),
            Passable::Peers(_) => None,
        }
    }
}

/// What a call can pass: an object of one's own, or one of the peer's, on its way back.
#[derive(Clone)]
pub(super) enum Passable {
    Own(Rc<Handed>),
    #[allow(dead_code, reason = "it is there to be kept")]
    Peers(Rc<Proxy>),
}

impl Passable {
    pub(super) fn number(&self) -> usize {
        match self {
            Self::Own(handed) => handed.0.number,
            Self::Peers(_) => panic!("a proxy stands where an object of this end belongs"),
        }
    }
}

/// An object as it was handed over for one call: each time anew, as a session does.
pub(super) struct Handed(pub(super) Rc<Listener>);

impl Drop for Handed {
    fn drop(&mut self) {
        self.0.ledger.note_destruction();
    }
}

/// An object of one end. The ledger counts its destruction.
pub(super) struct Listener {
    pub(super) number: usize,
    /// Why its owner withdrew it, if it did.
    pub(super) withdrawn: Cell<Option<&'static str>>,
    ledger: Rc<Ledger>,
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.ledger.note_destruction();
        self.ledger.destroyed.borrow_mut()[self.number] += 1;
    }
}

/// An object of the peer, as its holder has it. When the last clone goes, the holder's end releases it
/// once.
pub(super) struct Proxy {
    pub(super) id: ObjectId,
    releases: Releases,
    ledger: Rc<Ledger>,
}

/// The objects that the proxies of one end have let go of, and that the connection was not told of.
pub(super) type Releases = Rc<RefCell<Vec<ObjectId>>>;

impl Drop for Proxy {
    fn drop(&mut self) {
        self.ledger.note_destruction();
        self.releases.borrow_mut().push(self.id);
    }
}

/// One entry of a received table of references.
pub(super) enum Passed {
    Theirs(Rc<Proxy>),
    Ours(Passable),
    Unknown(ObjectId),
}

impl Passed {
    pub(super) fn new(
        received: Received<Tester>,
        releases: &Releases,
        ledger: &Rc<Ledger>,
    ) -> Self {
        match received {
            Received::Theirs(id) => Self::Theirs(Rc::new(Proxy {
                id,
                releases: Rc::clone(releases),
                ledger: Rc::clone(ledger),
            })),
            Received::Ours(object) => Self::Ours(object),
            Received::Unknown(id) => Self::Unknown(id),
        }
    }

    pub(super) fn proxy(&self) -> Rc<Proxy> {
        match self {
            Self::Theirs(proxy) => Rc::clone(proxy),
            Self::Ours(object) => panic!("object {} came back", object.number()),
            Self::Unknown(id) => panic!("there is no object {id}"),
        }
    }
}

/// Who watches an object of the peer.
#[derive(Default)]
pub(super) struct Watch {
    pub(super) told: Cell<u32>,
}

/// Who waits for a call. It can be told once; who goes without having been told is noted, too.
pub(super) struct Caller {
    number: usize,
    ledger: Rc<Ledger>,
    told: bool,
}

/// What a caller was told.
pub(super) enum Outcome {
    Answered {
        status: Status,
        value: Vec<u8>,
        passed: Vec<Passed>,
    },
    Entered,
    Rejected(Rejected),
    Ended(Error),
    /// It was dropped without a word, as it had given up or was never needed.
    Dropped,
}

impl Caller {
    pub(super) fn tell(mut self, outcome: Outcome) {
        self.told = true;
        self.ledger.outcomes.borrow_mut()[self.number].push(outcome);
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        if !self.told {
            self.ledger.note_destruction();
            self.ledger.outcomes.borrow_mut()[self.number].push(Outcome::Dropped);
        }
    }
}

/// What became of all objects and callers of a test.
#[derive(Default)]
pub(super) struct Ledger {
    /// By the object's number: how often it was destroyed.
    destroyed: RefCell<Vec<u32>>,
    /// By the caller's number: everything that it was told.
    outcomes: RefCell<Vec<Vec<Outcome>>>,
    /// A connection is being worked on, so nothing of its user's may be destroyed.
    locked: Cell<bool>,
    destroyed_under_lock: Cell<u32>,
}

impl Ledger {
    pub(super) fn listener(self: &Rc<Self>) -> Rc<Listener> {
        let mut destroyed = self.destroyed.borrow_mut();
        destroyed.push(0);
        Rc::new(Listener {
            number: destroyed.len() - 1,
            withdrawn: Cell::new(None),
            ledger: Rc::clone(self),
        })
    }

    pub(super) fn caller(self: &Rc<Self>) -> Caller {
        let mut outcomes = self.outcomes.borrow_mut();
        outcomes.push(Vec::new());
        Caller {
            number: outcomes.len() - 1,
            ledger: Rc::clone(self),
            told: false,
        }
    }

    /// The number that the next caller will have.
    pub(super) fn next_caller(&self) -> usize {
        self.outcomes.borrow().len()
    }

    /// Marks the time in which a connection is worked on.
    pub(super) fn lock(&self, locked: bool) {
        self.locked.set(locked);
    }

    fn note_destruction(&self) {
        let under_lock = self.destroyed_under_lock.get();
        self.destroyed_under_lock
            .set(under_lock + u32::from(self.locked.get()));
    }

    /// How often an object was destroyed.
    pub(super) fn destroyed(&self, number: usize) -> u32 {
        self.destroyed.borrow()[number]
    }

    /// What a caller was told, if it was.
    pub(super) fn take_outcome(&self, caller: usize) -> Option<Outcome> {
        let mut outcomes = self.outcomes.borrow_mut();
        let told = &mut outcomes[caller];
        assert!(told.len() <= 1, "caller {caller} was told twice");
        Some(std::mem::replace(told.first_mut()?, Outcome::Dropped))
    }

    /// Whether a caller has been told anything.
    pub(super) fn was_told(&self, caller: usize) -> bool {
        !self.outcomes.borrow()[caller].is_empty()
    }

    /// Each caller was told exactly once, each object destroyed exactly once, and nothing under a lock.
    pub(super) fn assert_all_is_settled(&self) {
        for (caller, told) in self.outcomes.borrow().iter().enumerate() {
            assert_eq!(told.len(), 1, "caller {caller} was told so often");
        }
        for (object, &times) in self.destroyed.borrow().iter().enumerate() {
            assert_eq!(times, 1, "object {object} was destroyed so often");
        }
        self.assert_nothing_was_destroyed_under_lock();
    }

    pub(super) fn assert_nothing_was_destroyed_under_lock(&self) {
        assert_eq!(self.destroyed_under_lock.get(), 0, "destroyed under a lock");
    }
}
