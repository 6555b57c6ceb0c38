//! One end: a connection, and what a session does around it.

use std::collections::VecDeque;
use std::rc::Rc;

use bytes::{Bytes, BytesMut};

use super::attached::{
    Caller, Ledger, Listener, Outcome, Passable, Passed, Releases, Tester, Watch,
};
use super::outgoing::{Outgoing, number_in, value};
use super::pair::Clock;
use crate::error::{Error, ErrorKind};
use crate::frame::{Resume, Status, Token, write};
use crate::id::{ObjectId, RequestId};
use crate::proto::connection::Counts;
use crate::proto::{
    Config, Connection, Event, Fault, IncomingCall, IncomingTarget, NewReference, Output, Payload,
    Rejected, Remains, Side, Submitted,
};

pub(super) struct End {
    pub(super) core: Connection<Tester>,
    pub(super) ledger: Rc<Ledger>,
    clock: Clock,
    releases: Releases,
    /// In which the calls that come now lie.
    frames: Bytes,
    /// The object that the last of them was made to, until all events are acted on.
    before: Option<(ObjectId, Passable)>,
    /// How often there were such bytes.
    pub(super) chunks: usize,
    /// Calls that have arrived and are not handled, in the order in which they came.
    pub(super) arrived: Vec<Incoming>,
    /// Requests of the peer that it has cancelled.
    pub(super) cancelled: Vec<RequestId>,
    /// Whether the handshake is over.
    pub(super) opened: bool,
    /// Everything that happened, in words.
    pub(super) trace: Vec<String>,
}

/// A call of the peer.
pub(super) struct Incoming {
    /// `None` for a one-way call.
    pub(super) id: Option<RequestId>,
    pub(super) target: Callee,
    pub(super) method: u32,
    pub(super) left: Option<u64>,
    pub(super) metadata: Vec<u8>,
    pub(super) passed: Vec<Passed>,
    /// The number that it carries.
    pub(super) number: u32,
}

/// Whom the peer calls.
pub(super) enum Callee {
    Service(String),
    Object(ObjectId, Passable),
    Unknown(ObjectId),
}

/// A call that was submitted.
pub(super) struct Ticket {
    pub(super) id: RequestId,
    /// Whether its frame entered the stream at once.
    pub(super) sent: bool,
    /// The caller's number in the ledger, if somebody waits.
    pub(super) caller: Option<usize>,
    /// What was called is kept until the caller is done.
    #[allow(dead_code, reason = "it is there to be kept")]
    callee: Option<Rc<super::attached::Proxy>>,
}

impl Incoming {
    /// The object of this end that is called.
    pub(crate) fn object(&self) -> Option<ObjectId> {
        match self.target {
            Callee::Object(id, _) => Some(id),
            _ => None,
        }
    }
}

impl End {
    pub(super) fn new(side: Side, config: Config, ledger: &Rc<Ledger>, clock: &Clock) -> Self {
        Self {
            core: Connection::new(side, config, clock.now()),
            ledger: Rc::clone(ledger),
            clock: clock.clone(),
            releases: Releases::default(),
            frames: Bytes::new(),
            before: None,
            chunks: 0,
            arrived: Vec::new(),
            cancelled: Vec::new(),
            opened: false,
            trace: Vec::new(),
        }
    }

    /// Works on the connection, as under its lock. Garbage is dropped, events are acted on and proxies
    /// that were let go of are released afterwards.
    fn with<R>(&mut self, work: impl FnOnce(&mut Connection<Tester>) -> R) -> R {
        self.ledger.lock(true);
        let result = work(&mut self.core);
        self.ledger.lock(false);
        self.act();
        self.settle();
        result
    }

    /// Drops what is done with, and tells the connection of proxies that are gone, until there is
    /// neither.
    pub(super) fn settle(&mut self) {
        loop {
            let garbage = self.core.take_garbage();
            let released = std::mem::take(&mut *self.releases.borrow_mut());
            if garbage.is_empty() && released.is_empty() {
                return;
            }
            drop(garbage);
            self.ledger.lock(true);
            for id in released {
                self.core.release(id);
            }
            self.ledger.lock(false);
        }
    }

    fn act(&mut self) {
        let mut events = VecDeque::new();
        self.core.take_events(&mut events);
        for event in events {
            match event {
                Event::Opened => {
                    self.opened = true;
                    self.trace.push("opened".to_owned());
                }
                Event::Resume(_) => self.trace.push("resume".to_owned()),
                Event::Frames(frames) => {
                    self.frames = frames;
                    self.chunks += 1;
                }
                Event::Call(call) => self.called(call),
                Event::Released => self.before = None,
                Event::Cancelled(id) => {
                    self.trace.push(format!("cancelled {id}"));
                    self.cancelled.push(id);
                }
                Event::Reply {
                    caller,
                    status,
                    value,
                    references,
                } => {
                    let passed = self.passed(references);
                    self.trace.push(format!(
                        "reply {status:?} {:?} {}",
                        &value[..],
                        words(&passed)
                    ));
                    if let Some(caller) = caller {
                        caller.tell(Outcome::Answered {
                            status,
                            value: value.to_vec(),
                            passed,
                        });
                    }
                }
                Event::Entered(caller) => {
                    self.trace.push("entered".to_owned());
                    caller.tell(Outcome::Entered);
                }
                Event::Failed(caller, rejected) => {
                    self.trace.push(format!("failed {rejected:?}"));
                    caller.tell(Outcome::Rejected(rejected));
                }
                Event::ObjectClosed(watch) => {
                    self.trace.push("object closed".to_owned());
                    watch.told.set(watch.told.get() + 1);
                }
            }
        }
        self.before = None;
    }

    fn called(&mut self, call: IncomingCall<Tester>) {
        let params = self.frames[call.params.clone()].to_vec();
        let number = number_in(&params);
        let extras = call.extras.map(|extras| *extras);
        let (left, metadata, references) = extras.map_or_else(Default::default, |extras| {
            (extras.left, extras.metadata, extras.references)
        });
        let passed = self.passed(references);
        let target = match call.target {
            IncomingTarget::Service(name) => {
                let name = String::from_utf8(self.frames[name].to_vec());
                Callee::Service(name.expect("names are UTF-8"))
            }
            IncomingTarget::Object(id, object) => {
                let object = object.unwrap_or_else(|| self.object_of_the_call_before(id));
                Callee::Object(id, object)
            }
            IncomingTarget::Unknown(id) => Callee::Unknown(id),
        };
        self.before = match &target {
            Callee::Object(id, object) => Some((*id, object.clone())),
            Callee::Service(_) | Callee::Unknown(_) => None,
        };
        let whom = match &target {
            Callee::Service(name) => name.clone(),
            Callee::Object(id, _) => format!("object {id}"),
            Callee::Unknown(id) => format!("unknown {id}"),
        };
        self.trace.push(format!(
            "call {:?} of {whom}, method {}, {:?} ms, {:?} {:?} {}",
            call.id.map(|id| id.0),
            call.method,
            left,
            &metadata[..],
            params,
            words(&passed),
        ));
        self.arrived.push(Incoming {
            id: call.id,
            target,
            method: call.method,
            left,
            metadata: metadata.to_vec(),
            passed,
            number,
        });
    }

    fn object_of_the_call_before(&self, id: ObjectId) -> Passable {
        match self.before.clone() {
            Some((before, object)) if before == id => object,
            _ => panic!("the call before was not to object {id}"),
        }
    }

    fn passed(&self, references: Vec<crate::proto::Received<Tester>>) -> Vec<Passed> {
        references
            .into_iter()
            .map(|received| Passed::new(received, &self.releases, &self.ledger))
            .collect()
    }

    /// A new object of this end.
    pub(super) fn listener(&self) -> Rc<Listener> {
        self.ledger.listener()
    }

    /// Makes a call, or puts it in line.
    pub(super) fn submit(&mut self, mut call: Outgoing) -> Result<Ticket, Rejected> {
        let now = self.clock.now();
        let ledger = Rc::clone(&self.ledger);
        let caller = ledger.next_caller();
        let submitted = match self.submit_plain(&call) {
            Some(id) => Submitted::Sent(id),
            None => {
                self.with(|core| core.submit(&mut call.as_new_call(), || ledger.caller(), || now))?
            }
        };
        let (id, sent) = match submitted {
            Submitted::Sent(id) => (id, true),
            Submitted::Waiting(id) => (id, false),
        };
        Ok(Ticket {
            id,
            sent,
            caller: (self.ledger.next_caller() > caller).then_some(caller),
            callee: call.callee,
        })
    }

    /// Makes a call, as a session does at first, in the one way that is for calls of its form if nothing is in its way.
    /// Gives its id, or zero if it needs none.
    fn submit_plain(&mut self, call: &Outgoing) -> Option<RequestId> {
        let mut plain = call.as_plain_call()?;
        let ledger = Rc::clone(&self.ledger);
        let caller = (!call.one_way).then_some(|| ledger.caller());
        let is_sent = self.with(|core| core.submit_plain(&mut plain, caller));
        is_sent.then(|| plain.id.unwrap_or(RequestId(0)))
    }

    /// Gives a call up.
    pub(super) fn cancel(&mut self, ticket: Ticket) {
        self.with(|core| core.cancel(ticket.id));
        drop(ticket);
        self.settle();
    }

    /// Lets go of anything that may hold proxies.
    pub(super) fn let_go<T>(&mut self, holder: T) {
        drop(holder);
        self.settle();
    }

    /// The numbers of the calls that have arrived and are not handled.
    pub(super) fn numbers(&self) -> Vec<u32> {
        self.arrived.iter().map(|call| call.number).collect()
    }

    /// The oldest call that has arrived.
    pub(super) fn next_call(&mut self) -> Incoming {
        self.arrived.remove(0)
    }

    /// Answers a request with a number, or ends the handling of a one-way call.
    pub(super) fn answer(&mut self, incoming: Incoming, number: u32) {
        self.answer_passing(incoming, number, Vec::new())
            .expect("the answer can be sent");
    }

    /// Answers a request with objects in the answer.
    pub(super) fn answer_passing(
        &mut self,
        incoming: Incoming,
        number: u32,
        passing: Vec<NewReference<Tester>>,
    ) -> Result<(), Rejected> {
        let passing = some(passing);
        let answered = match incoming.id {
            None => {
                self.with(|core| core.finish_notifications(incoming.object(), 1));
                Ok(())
            }
            Some(id) => {
                self.with(|core| core.reply(id, Status::Ok, passing, Payload::of(&value(number))))
            }
        };
        drop(incoming);
        self.settle();
        answered
    }

    /// Answers with any value.
    pub(super) fn reply_with(
        &mut self,
        id: RequestId,
        passing: Vec<NewReference<Tester>>,
        value: &[u8],
    ) -> Result<(), Rejected> {
        self.with(|core| core.reply(id, Status::Ok, some(passing), Payload::of(value)))
    }

    /// Answers that a call failed.
    pub(super) fn fail(&mut self, incoming: Incoming, kind: ErrorKind, message: &str) {
        self.with(|core| match incoming.id {
            Some(id) => core.fail(id, kind, message),
            None => core.finish_notifications(incoming.object(), 1),
        });
        drop(incoming);
        self.settle();
    }

    /// Fails a request whose answer could not be sent.
    pub(super) fn fail_request(&mut self, id: RequestId, kind: ErrorKind) {
        self.with(|core| core.fail(id, kind, "the answer cannot be sent"));
    }

    /// Withdraws an object of this end.
    pub(super) fn revoke(&mut self, listener: &Listener, reason: &'static str) {
        listener.withdrawn.set(Some(reason));
        self.with(|core| core.revoke(&listener.number, reason));
    }

    /// Watches an object of the peer.
    pub(super) fn watch(&mut self, id: ObjectId) -> Rc<Watch> {
        self.with(|core| core.watch(id, Rc::default))
            .expect("the object is held")
    }

    /// Takes what there is to send, and has it written at once.
    pub(super) fn take_output(&mut self) -> BytesMut {
        let output = self.hand_over();
        self.wrote(output.len());
        output
    }

    /// Takes what there is to send, of which nothing is written yet.
    pub(super) fn hand_over(&mut self) -> BytesMut {
        let now = self.clock.now();
        let mut output = Output::default();
        self.with(|core| core.take_output(&mut output, || now));
        let mut bytes = BytesMut::new();
        output.append_to(&mut bytes);
        bytes
    }

    /// Writes what there is to send there and then, up to that many bytes.
    pub(super) fn write_at_once(&mut self, most: usize) -> BytesMut {
        let now = self.clock.now();
        let mut output = Output::default();
        let mut bytes = BytesMut::new();
        self.with(|core| {
            core.write_at_once(&mut output, now, |(first, second)| {
                bytes.extend_from_slice(first);
                bytes.extend_from_slice(second);
                bytes.truncate(most);
                bytes.len()
            });
        });
        assert_eq!(output.len(), 0, "what is left is the connection's");
        bytes
    }

    /// The transport took so many bytes.
    pub(super) fn wrote(&mut self, bytes: usize) {
        let now = self.clock.now();
        self.with(|core| core.wrote(bytes, now));
    }

    /// Takes bytes of the peer. What is left of them belongs to a frame that is not whole.
    pub(super) fn receive(&mut self, input: &mut BytesMut) -> Result<(), Fault> {
        let now = self.clock.now();
        self.with(|core| core.receive(input, now))
    }

    /// Announces that it leaves.
    pub(super) fn leave_in_good_order(&mut self) {
        self.with(|core| core.go_away("it is late", None));
    }

    /// Says that it leaves for good.
    pub(super) fn say_goodbye(&mut self) {
        self.with(|core| core.say_goodbye());
    }

    /// The connection is gone.
    pub(super) fn suspend(&mut self) {
        self.with(|core| core.suspend());
    }

    /// The peer has come back over another connection.
    pub(super) fn go_on(&mut self, peer: &Resume, fresh: Option<Token>) -> Result<(), Fault> {
        let now = self.clock.now();
        self.with(|core| core.go_on(peer, fresh, now))
    }

    /// Writes a ping.
    pub(super) fn ping(&mut self) {
        write::ping(&mut self.core.output.tail, 0);
    }

    /// Lets the connection look at the clock.
    pub(super) fn look_at_the_clock(&mut self) -> Result<(), Fault> {
        let now = self.clock.now();
        self.with(|core| core.on_timeout(now))
    }

    /// Ends the connection for a fault, with an abort to the peer.
    pub(super) fn give_up(&mut self, fault: Fault) {
        self.with(|core| core.abort(&fault));
        self.end(fault.into_error());
    }

    /// Ends the connection and tells everybody who waits.
    pub(super) fn end(&mut self, error: Error) {
        let Some(remains) = self.with(|core| core.end(error)) else {
            return;
        };
        let Remains {
            error,
            callers,
            unsent,
            watches,
            garbage,
        } = remains;
        for caller in callers.into_iter().chain(unsent) {
            Caller::tell(caller, Outcome::Ended(error.clone()));
        }
        for watch in watches {
            watch.told.set(watch.told.get() + 1);
        }
        drop(garbage);
        self.settle();
    }

    /// What the call's caller was told, if it was.
    pub(super) fn outcome(&self, ticket: &Ticket) -> Option<Outcome> {
        self.ledger
            .take_outcome(ticket.caller.expect("somebody waits for the call"))
    }

    pub(super) fn counts(&self) -> Counts {
        self.core.counts()
    }
}

fn words(passed: &[Passed]) -> String {
    let words: Vec<_> = passed
        .iter()
        .map(|passed| match passed {
            Passed::Theirs(proxy) => format!("theirs {}", proxy.id),
            Passed::Ours(object) => format!("ours {}", object.number()),
            Passed::Unknown(id) => format!("unknown {id}"),
        })
        .collect();
    format!("[{}]", words.join(", "))
}

/// What a message passes, if that is anything.
fn some(passing: Vec<NewReference<Tester>>) -> Option<Vec<NewReference<Tester>>> {
    (!passing.is_empty()).then_some(passing)
}
