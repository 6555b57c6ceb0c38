//! One end: a connection, and what a session does around it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};

use crate::attached::{Handed, Listener, Object, Proxy, Tester, Told, Watch, locked};
use crate::error::Error;
use crate::frame::{Resume, Ticket, Token};
use crate::id::{ObjectId, RequestId};
use crate::proto::{
    Config, Connection, Event, Fault, Garbage, IncomingTarget, Output, Received, Side,
};
use crate::reader::Reader;

/// Releases, acks and the like of one step.
const SMALL_FRAMES: usize = 1024;

pub(crate) struct End {
    core: Connection<Tester>,
    pub(crate) config: Config,
    pub(crate) now: Instant,
    pub(crate) reader: Reader,
    /// What happened and was not acted on yet.
    events: VecDeque<Event<Tester>>,
    /// In which the calls that come now lie.
    frames: Bytes,
    /// The object that the last of them was made to, until all events are acted on.
    before: Option<(ObjectId, Object)>,
    pub(crate) held: Vec<Rc<Proxy>>,
    let_go: Rc<RefCell<Vec<ObjectId>>>,
    pub(crate) own: Vec<Rc<Listener>>,
    pub(crate) calls: Vec<Made>,
    pub(crate) arrived: Vec<Arrived>,
    pub(crate) watches: Vec<Rc<Watch>>,
    /// How many calls this end has made.
    pub(crate) submitted: usize,
    /// How many of them the peer has answered.
    answered: usize,
    pub(crate) is_open: bool,
    pub(crate) is_over: bool,
}

/// A call of this end for which somebody waits.
pub(crate) struct Made {
    pub(crate) id: RequestId,
    pub(crate) told: Rc<Cell<Told>>,
    /// What is called is kept until the caller knows.
    #[allow(dead_code, reason = "it is there to be kept")]
    pub(crate) callee: Option<Rc<Proxy>>,
}

/// A call of the peer that is being handled.
pub(crate) struct Arrived {
    pub(crate) id: Option<RequestId>,
    pub(crate) object: Option<ObjectId>,
    #[allow(dead_code, reason = "it is there to be kept")]
    target: Option<Rc<Handed>>,
    pub(crate) passed: Vec<Rc<Proxy>>,
}

impl End {
    pub(crate) fn new(side: Side, config: Config, now: Instant) -> Self {
        Self {
            core: Connection::new(side, config, now),
            config,
            now,
            reader: Reader::default(),
            events: VecDeque::new(),
            frames: Bytes::new(),
            before: None,
            held: Vec::new(),
            let_go: Rc::default(),
            own: Vec::new(),
            calls: Vec::new(),
            arrived: Vec::new(),
            watches: Vec::new(),
            submitted: 0,
            answered: 0,
            is_open: false,
            is_over: false,
        }
    }

    /// Works on the connection, and sees to what comes of it.
    pub(crate) fn with<R>(&mut self, work: impl FnOnce(&mut Connection<Tester>) -> R) -> R {
        let result = locked(|| work(&mut self.core));
        self.act();
        self.settle();
        self.calls.retain(|made| made.told.get() == Told::Nothing);
        self.check();
        result
    }

    pub(crate) fn settle(&mut self) {
        loop {
            let garbage = locked(|| self.core.take_garbage());
            for piece in garbage {
                throw_away(piece);
            }
            let released = std::mem::take(&mut *self.let_go.borrow_mut());
            for id in &released {
                locked(|| self.core.release(*id));
            }
            if released.is_empty() && !self.core.has_garbage() {
                return;
            }
        }
    }

    /// As the driver does: nobody is given more to answer while what was answered does not leave.
    fn act(&mut self) {
        let known = self.events.len();
        let (core, events) = (&mut self.core, &mut self.events);
        locked(|| core.take_events(events));
        let fresh = events.iter().skip(known);
        self.answered += fresh
            .filter(|event| matches!(event, Event::Reply { .. }))
            .count();
        while !self.core.is_congested()
            && let Some(event) = self.events.pop_front()
        {
            match event {
                Event::Opened => {
                    assert!(!self.is_open, "it opens once");
                    self.is_open = true;
                }
                Event::Frames(frames) => self.frames = frames,
                Event::Call(call) => {
                    if let IncomingTarget::Service(name) = &call.target {
                        assert!(std::str::from_utf8(&self.frames[name.clone()]).is_ok());
                    }
                    self.before = match call.target {
                        IncomingTarget::Object(id, Some(object)) => Some((id, object)),
                        IncomingTarget::Object(id, None) => {
                            let before = self.before.take();
                            assert!(before.as_ref().is_some_and(|(before, _)| *before == id));
                            before
                        }
                        IncomingTarget::Service(_) | IncomingTarget::Unknown(_) => None,
                    };
                    let (object, target) = match &self.before {
                        Some((id, Object::Own(handed))) => (Some(*id), Some(Rc::clone(handed))),
                        Some((_, Object::Peers(_))) => {
                            panic!("an object of the peer stands among those of this end")
                        }
                        None => (None, None),
                    };
                    let references = call.extras.map_or_else(Vec::new, |it| it.references);
                    let passed = self.passed(references);
                    self.arrived.push(Arrived {
                        id: call.id,
                        object,
                        target,
                        passed,
                    });
                }
                Event::Released => self.before = None,
                // The handler goes on: a cancel is a wish. And the session that is meant is another one.
                Event::Cancelled(_) | Event::Resume(_) => {}
                Event::Reply {
                    caller, references, ..
                } => {
                    let mut passed = self.passed(references);
                    if let Some(caller) = caller {
                        caller.tell();
                        self.held.append(&mut passed);
                    }
                }
                Event::Entered(caller) | Event::Failed(caller, _) => caller.tell(),
                Event::ObjectClosed(watch) => watch.told.set(watch.told.get() + 1),
            }
        }
        if self.events.is_empty() {
            self.before = None;
        }
    }

    fn passed(&self, references: Vec<Received<Tester>>) -> Vec<Rc<Proxy>> {
        let theirs = references
            .into_iter()
            .filter_map(|received| match received {
                Received::Theirs(id) => Some(Rc::new(Proxy {
                    id,
                    let_go: Rc::clone(&self.let_go),
                })),
                Received::Ours(_) | Received::Unknown(_) => None,
            });
        theirs.collect()
    }

    /// Takes bytes of the peer.
    pub(crate) fn receive(&mut self, input: &mut BytesMut) -> Result<(), Fault> {
        let (now, before) = (self.now, self.core.counts().queued_bytes);
        let answered = self.answered;
        let received = self.with(|core| core.receive(input, now));
        let queued = self.core.counts().queued_bytes;
        // One call more than there is room for may go, and small frames that need none. And the next call of the same
        // handler takes the place of each that was answered, for which it needs neither credit nor room.
        let calls = 1 + self.answered - answered;
        let most =
            self.config.limits.max_queued_bytes + calls * self.core.peer().max_frame as usize;
        assert!(
            queued <= before.max(most) + SMALL_FRAMES,
            "{queued} bytes wait, of {most}"
        );
        received
    }

    /// Takes what is to be written, and looks at it as the peer does.
    pub(crate) fn output(&mut self) -> BytesMut {
        let (now, mut output) = (self.now, Output::default());
        self.with(|core| core.take_output(&mut output, || now));
        let mut bytes = BytesMut::new();
        output.append_to(&mut bytes);
        self.with(|core| core.wrote(bytes.len(), now));
        let granted = *self.core.peer();
        self.reader.take(&bytes, &granted);
        bytes
    }

    /// All that is to be written.
    pub(crate) fn all_output(&mut self) -> BytesMut {
        let mut all = BytesMut::new();
        loop {
            let some = self.output();
            if some.is_empty() {
                return all;
            }
            all.unsplit(some);
        }
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, time: Duration) -> Result<(), Fault> {
        self.now += time;
        let now = self.now;
        while self.core.timeout().is_some_and(|at| at <= now) {
            let before = self.core.timeout();
            self.with(|core| core.on_timeout(now))?;
            assert_ne!(self.core.timeout(), before, "the timer would fire for ever");
        }
        Ok(())
    }

    /// By what the peer may resume the session.
    pub(crate) fn offer(&mut self, ticket: Ticket) {
        self.core.offer(ticket);
    }

    pub(crate) fn can_resume(&self) -> bool {
        self.core.grace().is_some()
    }

    /// The connection broke.
    pub(crate) fn suspend(&mut self) {
        self.with(Connection::suspend);
    }

    /// Whether there is more to be sent than may be kept without a connection.
    pub(crate) fn has_overflowed(&self) -> bool {
        self.core.has_overflowed()
    }

    /// What the connecting end asks for on a new connection.
    pub(crate) fn asks(&mut self) -> BytesMut {
        let asked = self.core.ask_to_resume();
        self.reader.begin_again();
        let granted = *self.core.peer();
        self.reader.take(&asked, &granted);
        asked
    }

    pub(crate) fn admits(&self, token: &Token) -> bool {
        self.core.admits(token)
    }

    /// There is a new connection. The accepting end gets a fresh token.
    pub(crate) fn go_on(&mut self, peer: &Resume, fresh: Option<Token>) -> Result<(), Fault> {
        if fresh.is_some() {
            self.reader.begin_again();
        }
        let now = self.now;
        self.with(|core| core.go_on(peer, fresh, now))
    }

    /// The connection has ended, for a fault.
    pub(crate) fn give_up(&mut self, fault: Fault) {
        self.end_with(Some(&fault), fault.clone().into_error());
    }

    /// Ends the connection: everybody is told, and nothing is left.
    pub(crate) fn end(&mut self, error: Error) {
        self.end_with(None, error);
    }

    fn end_with(&mut self, fault: Option<&Fault>, error: Error) {
        self.is_over = true;
        let events: Vec<_> = self.events.drain(..).collect();
        let remains = self.with(|core| {
            core.put_back(events);
            if let Some(fault) = fault {
                core.abort(fault);
            }
            core.end(error)
        });
        if let Some(remains) = remains {
            for caller in remains.callers.into_iter().chain(remains.unsent) {
                caller.tell();
            }
            for watch in remains.watches {
                watch.told.set(watch.told.get() + 1);
            }
            remains.garbage.into_iter().for_each(throw_away);
        }
        self.settle();
        let _ = self.all_output();
        assert!(self.reader.is_whole());
        let counts = self.core.counts();
        let left = [
            counts.calls,
            counts.served,
            counts.exports,
            counts.imports,
            counts.queued_bytes,
        ];
        assert_eq!(left, [0; 5], "calls, served, exports, imports, bytes");
        for made in &self.calls {
            assert_eq!(
                made.told.get(),
                Told::Outcome,
                "everybody who waits is told"
            );
        }
        let tables = |own: &Rc<Listener>| Rc::strong_count(own) - 1;
        self.arrived.clear();
        assert_eq!(
            self.own.iter().map(tables).sum::<usize>(),
            0,
            "no table has an object"
        );
    }

    /// Every table keeps to what the two ends granted.
    fn check(&self) {
        if self.is_over {
            return;
        }
        let (counts, own, peer) = (self.core.counts(), &self.config.limits, self.core.peer());
        assert!(
            counts.imports <= own.max_callbacks as usize,
            "{counts:?} of {own:?}"
        );
        assert!(
            counts.exports <= peer.max_callbacks as usize,
            "{counts:?} of {peer:?}"
        );
        assert!(counts.admitted <= own.max_calls, "{counts:?} of {own:?}");
        // A call of this end may have had one inside of it that needs no credit, and that may still be
        // handled when the call itself was answered.
        let most = own.max_calls as usize + self.submitted;
        assert!(counts.served <= most, "{counts:?} of {own:?}");
        if self.is_open {
            assert!(
                counts.outstanding <= peer.max_calls,
                "{counts:?} of {peer:?}"
            );
        }
    }

    /// How many entries there are in the tables, of calls of either end and of objects.
    pub(crate) fn left(&self) -> [usize; 4] {
        let counts = self.core.counts();
        [counts.calls, counts.served, counts.exports, counts.imports]
    }

    /// Credit that is in use: of this end's calls, and of the peer's.
    pub(crate) fn credit(&self) -> [u32; 2] {
        let counts = self.core.counts();
        [counts.outstanding, counts.admitted]
    }
}

fn throw_away(garbage: Garbage<Tester>) {
    if let Garbage::Caller(caller) = garbage {
        caller.excuse();
    }
}
