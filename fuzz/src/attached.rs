//! What is attached to the entries of a connection, and notices when it is dropped where it must not be.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::id::ObjectId;
use crate::proto::Host;

thread_local! {
    /// A connection is being worked on: a session holds its lock then.
    static LOCKED: Cell<bool> = const { Cell::new(false) };
}

/// Works on a connection. Nothing of its user's may be dropped meanwhile.
pub(crate) fn locked<R>(work: impl FnOnce() -> R) -> R {
    LOCKED.set(true);
    let result = work();
    LOCKED.set(false);
    result
}

fn note_drop() {
    if !std::thread::panicking() {
        assert!(
            !LOCKED.get(),
            "something of the user's was dropped under the lock"
        );
    }
}

pub(crate) struct Tester;

impl Host for Tester {
    type Caller = Caller;
    type Object = Object;
    type Identity = usize;
    type Watch = Rc<Watch>;

    fn revoked(object: &Object) -> Option<&'static str> {
        match object {
            Object::Own(handed) => handed.0.withdrawn.get().then_some("taken away"),
            Object::Peers(_) => None,
        }
    }
}

/// What stands for an object in the tables.
#[derive(Clone)]
pub(crate) enum Object {
    /// One of this end.
    Own(Rc<Handed>),
    /// One of the peer, kept alive while it is passed back.
    Peers(#[allow(dead_code, reason = "it is there to be kept")] Rc<Proxy>),
}

/// An object of this end as it is handed over for one message, each time anew.
pub(crate) struct Handed(pub(crate) Rc<Listener>);

impl Drop for Handed {
    fn drop(&mut self) {
        note_drop();
    }
}

/// An object of this end.
pub(crate) struct Listener {
    pub(crate) identity: usize,
    pub(crate) withdrawn: Cell<bool>,
}

/// An object of the peer, as its holder has it. The last clone that is dropped releases it.
pub(crate) struct Proxy {
    pub(crate) id: ObjectId,
    pub(crate) let_go: Rc<RefCell<Vec<ObjectId>>>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        note_drop();
        self.let_go.borrow_mut().push(self.id);
    }
}

/// Who waits for a call: told once, or dropped by who gave up.
pub(crate) struct Caller {
    state: Rc<Cell<Told>>,
}

/// What became of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Told {
    Nothing,
    Outcome,
    /// The caller gave up, or the call was refused at once.
    Dropped,
}

impl Caller {
    pub(crate) fn new() -> (Self, Rc<Cell<Told>>) {
        let state = Rc::new(Cell::new(Told::Nothing));
        let caller = Self {
            state: Rc::clone(&state),
        };
        (caller, state)
    }

    pub(crate) fn tell(self) {
        assert_eq!(self.state.replace(Told::Outcome), Told::Nothing);
    }

    /// It is not needed any more.
    pub(crate) fn excuse(self) {
        assert_eq!(self.state.replace(Told::Dropped), Told::Nothing);
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        note_drop();
        if !std::thread::panicking() {
            assert_ne!(
                self.state.get(),
                Told::Nothing,
                "a caller was dropped without a word"
            );
        }
    }
}

/// Who waits for an object of the peer to be closed.
#[derive(Default)]
pub(crate) struct Watch {
    pub(crate) told: Cell<u32>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        note_drop();
        assert!(self.told.get() <= 1, "told twice");
    }
}
