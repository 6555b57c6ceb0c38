//! The connection as a whole: its tables, its time, its end.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::goaway::Leaving;
use super::inbound::Row;
use super::liveness::{Beat, Heartbeat, Idle, Pace, Pings, TooSlow};
use super::output::{Output, Queue};
use super::resume::Resumable;
use super::tables::{CallTable, Credit, ExportTable, ImportTable, ServedTable, State};
use super::{Event, Fault, Garbage, Host, Remains};
use crate::error::{Error, ErrorKind};
use crate::frame::{Greeting, Ticket, write};
use crate::id::ObjectId;
use crate::limits::Limits;

/// Which end this is. It matters only for the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Connecting,
    Accepting,
}

/// What an end decides for itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config {
    pub(crate) limits: Limits,
    /// How long the peer may be silent before it is pinged; `None` or zero for never.
    pub(crate) heartbeat: Option<Duration>,
    /// How many pings in a row may stay unanswered.
    pub(crate) heartbeat_misses: u32,
    /// Whether the peer is to send structs as arrays.
    pub(crate) compact: bool,
    /// After how long this end leaves a connection that nobody uses; `None` for never.
    pub(crate) idle: Option<Duration>,
    /// How long a session waits for a new connection when one broke; `None` or zero if it does not.
    pub(crate) resume: Option<Duration>,
    /// There is no room for another session, only for a new connection of one that is there.
    pub(crate) only_resumes: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            limits: Limits::default(),
            heartbeat: Some(Duration::from_secs(5)),
            heartbeat_misses: 3,
            compact: false,
            idle: None,
            resume: None,
            only_resumes: false,
        }
    }
}

pub(super) enum Phase {
    /// The peer's preface is to come.
    Preface,
    /// The peer's greeting is to come.
    Greeting,
    Open,
    /// What came is meant for another session; the connection is to be handed to it.
    HandedOver,
    Ended(Error),
}

/// How many entries each table has; all zero once everything that was begun has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) calls: usize,
    pub(crate) served: usize,
    pub(crate) exports: usize,
    pub(crate) imports: usize,
    /// Credit of the peer's that is in use.
    pub(crate) outstanding: u32,
    /// Credit of this end's that the peer has in use, as far as this end can tell.
    pub(crate) admitted: u32,
    pub(crate) queued_bytes: usize,
    /// Bytes sent that the peer has not acknowledged, where the session can be resumed.
    pub(crate) unacknowledged_bytes: usize,
    /// One-way calls dropped by overflow policies since the session began.
    pub(crate) dropped: u64,
}

pub(crate) struct Connection<H: Host> {
    pub(super) side: Side,
    pub(super) config: Config,
    pub(super) phase: Phase,
    /// Why no new calls can be made, if the peer announced that it leaves.
    pub(super) peer_leaves: Option<Error>,
    /// How this end leaves, if it has announced that.
    pub(super) leaves: Option<Leaving>,
    /// What the peer granted; our own defaults until it greets.
    pub(super) peer: Greeting,
    pub(super) calls: CallTable<H>,
    pub(super) served: ServedTable,
    pub(super) exports: ExportTable<H>,
    pub(super) imports: ImportTable<H>,
    pub(super) credit: Credit,
    pub(super) output: Queue,
    /// Bytes that were taken and could not be written at once: they go before all others.
    pub(super) unwritten: Option<Box<Output>>,
    /// How many calls were under way when bytes were last taken to be written.
    pub(super) busy_before: usize,
    /// Calls wait though there may be credit for them, until bytes are taken the next time.
    pub(super) holds: bool,
    /// Bytes that were taken to be written and are not, and how fast they go.
    pub(super) leaving: usize,
    pub(super) leaving_pace: Pace,
    /// Bytes of a frame that is not whole, and how fast the others come.
    pub(super) arrived: usize,
    pub(super) arriving_pace: Pace,
    /// A ping is to be sent.
    pub(super) ping_due: bool,
    pub(super) pings: Pings,
    pub(super) idle: Idle,
    /// The last ping that is to be answered.
    pub(super) pong_due: Option<u64>,
    pub(super) events: VecDeque<Event<H>>,
    /// Among these are the frames that are being acted on, since one of them is a call.
    pub(super) frames_are_told: bool,
    /// Calls of the peer that are being read.
    pub(super) row: Row,
    pub(super) garbage: Vec<Garbage<H>>,
    /// One-way calls dropped by overflow policies.
    pub(super) dropped: u64,
    pub(super) heartbeat: Heartbeat,
    /// By what the session could be resumed, if the peer wants that.
    pub(super) offered: Option<Ticket>,
    /// There if both ends agreed to resume. By itself, as most sessions do without.
    pub(super) resume: Option<Box<Resumable>>,
}

impl<H: Host> Connection<H> {
    /// Begins a session. The connecting end has its first bytes to send at once.
    pub(crate) fn new(side: Side, config: Config, now: Instant) -> Self {
        let limits = &config.limits;
        let mut connection = Self {
            side,
            config,
            phase: Phase::Preface,
            peer_leaves: None,
            leaves: None,
            peer: Greeting::new(limits, 0, false),
            calls: CallTable::new(),
            served: ServedTable::new(limits.max_calls),
            exports: ExportTable::new(limits.max_object_calls),
            imports: ImportTable::new(limits.max_callbacks),
            credit: Credit::new(),
            output: Queue::default(),
            unwritten: None,
            busy_before: 0,
            holds: false,
            leaving: 0,
            leaving_pace: Pace::new(config.heartbeat, config.heartbeat_misses),
            arrived: 0,
            arriving_pace: Pace::new(config.heartbeat, config.heartbeat_misses),
            ping_due: false,
            pings: Pings::new(config.heartbeat, now),
            idle: Idle::new(config.idle, now),
            pong_due: None,
            events: VecDeque::new(),
            frames_are_told: false,
            row: Row::default(),
            garbage: Vec::new(),
            dropped: 0,
            heartbeat: Heartbeat::new(config.heartbeat, config.heartbeat_misses, now),
            offered: None,
            resume: None,
        };
        if side == Side::Connecting {
            connection.say_hello();
        }
        connection
    }

    pub(crate) fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Takes back events that nobody acted on, for [`end`](Self::end) to see to what is in them.
    pub(crate) fn put_back(&mut self, events: Vec<Event<H>>) {
        self.events.extend(events);
    }

    /// Moves what happened to the end of `events`.
    pub(crate) fn take_events(&mut self, events: &mut VecDeque<Event<H>>) {
        if events.is_empty() {
            std::mem::swap(events, &mut self.events);
        } else {
            events.append(&mut self.events);
        }
    }

    pub(crate) fn has_garbage(&self) -> bool {
        !self.garbage.is_empty()
    }

    /// What is to be dropped, without a lock.
    pub(crate) fn take_garbage(&mut self) -> Vec<Garbage<H>> {
        std::mem::take(&mut self.garbage)
    }

    /// How many calls are under way, of both ends.
    pub(super) fn busy(&self) -> usize {
        self.calls.len() + self.served.len()
    }

    /// About how many calls of the peer, one-way calls too, have handlers that have not ended.
    pub(crate) fn calls_being_handled(&self) -> usize {
        self.served.being_handled()
    }

    /// Whether several calls are under way, or were when bytes were last taken: the driver waits a moment for
    /// more of them before it writes. Of calls that are made in step, the first is alone for a moment.
    pub(crate) fn is_busy(&self) -> bool {
        self.busy().max(self.busy_before) > 1
    }

    /// When [`on_timeout`](Self::on_timeout) is to be called.
    pub(crate) fn timeout(&self) -> Option<Instant> {
        if !self.is_open() {
            return None;
        }
        if self.is_suspended() {
            return self.leaves_at(); // there is nobody to be asked or told
        }
        let times = [
            self.heartbeat.timeout(),
            self.heartbeat.sign_at(self.peer.heartbeat),
            self.leaves_at(),
            self.ack_at(),
            self.idle.timeout(),
            self.leaving_pace.timeout(),
            self.arriving_pace.timeout(),
        ];
        times.into_iter().flatten().min()
    }

    pub(crate) fn on_timeout(&mut self, now: Instant) -> Result<(), Fault> {
        if !self.is_open() {
            return Ok(());
        }
        self.leave_in_time(now);
        if self.is_suspended() {
            return Ok(());
        }
        self.acknowledge_if_due(now);
        self.leave_if_idle(now);
        self.ping_due |= self.heartbeat.gives_sign(self.peer.heartbeat, now);
        self.ping_due |= self.heartbeat.on_timeout(now)? == Beat::Ping;
        self.leaving_pace.on_timeout(now).map_err(reads_slowly)?;
        self.arriving_pace.on_timeout(now).map_err(writes_slowly)
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.heartbeat.heard(now);
    }

    /// The peer goes on, and is to hear something now and then.
    pub(super) fn owes_a_sign(&mut self) {
        self.heartbeat.owes_a_sign();
    }

    /// Whether there is room for it only if it belongs to another session.
    pub(crate) fn is_a_guest(&self) -> bool {
        self.config.only_resumes
    }

    pub(crate) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Why the connection ended, if it has.
    pub(crate) fn ended(&self) -> Option<&Error> {
        match &self.phase {
            Phase::Ended(error) => Some(error),
            _ => None,
        }
    }

    /// What the peer granted.
    pub(crate) fn peer(&self) -> &Greeting {
        &self.peer
    }

    /// Why an object of the peer can't be called any more, if so.
    pub(crate) fn closed_object(&self, id: ObjectId) -> Option<(ErrorKind, &str)> {
        let closed = self.imports.get(id)?.closed.as_ref()?;
        Some((closed.kind, &closed.reason))
    }

    /// Who watches that object; made by `make` at first.
    pub(crate) fn watch(
        &mut self,
        id: ObjectId,
        make: impl FnOnce() -> H::Watch,
    ) -> Option<H::Watch> {
        let import = self.imports.get_mut(id)?;
        Some(import.watch.get_or_insert_with(make).clone())
    }

    /// One holder of a peer's object let go; after the last the peer is told.
    pub(crate) fn release(&mut self, id: ObjectId) {
        if self.ended().is_some() {
            return;
        }
        if let Some((introductions, _)) = self.imports.drop_holder(id) {
            write::release(&mut self.output.tail, id, introductions);
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts {
            calls: self.calls.len(),
            served: self.served.len(),
            exports: self.exports.len(),
            imports: self.imports.len(),
            outstanding: self.credit.used(),
            admitted: self.served.used(),
            queued_bytes: self.queued_bytes(),
            unacknowledged_bytes: self.unacknowledged_bytes(),
            dropped: self.dropped,
        }
    }

    /// Tells the peer why the connection is about to end, unless that was the peer's own word.
    pub(crate) fn abort(&mut self, fault: &Fault) {
        if !fault.from_peer && self.ended().is_none() {
            self.say_why(fault);
        }
    }

    /// Ends the connection: empties every table and gives what was in them. Output that was there
    /// stays to be sent.
    pub(crate) fn end(&mut self, error: Error) -> Option<Remains<H>> {
        if self.ended().is_some() {
            return None;
        }
        let mut remains = Remains {
            error: error.clone(),
            callers: Vec::new(),
            unsent: Vec::new(),
            watches: Vec::new(),
            garbage: self.take_garbage(),
        };
        self.phase = Phase::Ended(error);
        for event in self.events.drain(..) {
            event.leave(&mut remains);
        }
        for made in self.calls.drain() {
            match made.state {
                State::Sent => remains.callers.extend(made.caller),
                State::Waiting(waiting) => {
                    remains.unsent.extend(made.caller);
                    remains.garbage.extend(waiting.leave());
                }
            }
        }
        let objects = self.exports.drain().map(Garbage::Object);
        remains.garbage.extend(objects);
        let watches = self.imports.drain().filter_map(|import| import.watch);
        remains.watches.extend(watches);
        self.served.clear();
        self.credit.clear();
        self.forget_replay();
        Some(remains)
    }
}

fn reads_slowly(TooSlow { moved, patience }: TooSlow) -> Fault {
    let message = match moved {
        0 => format!("the peer has not read anything for {patience:?}"),
        _ => format!("the peer has read only {moved} bytes within {patience:?}"),
    };
    Fault::new(ErrorKind::Overloaded, message)
}

fn writes_slowly(TooSlow { moved, patience }: TooSlow) -> Fault {
    let message = format!("a frame began, and only {moved} more bytes came within {patience:?}");
    Fault::new(ErrorKind::Overloaded, message)
}
