//! A pair on which anything can be done at any time, and what has to hold all the while.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::attached::{Listener, Outcome, Passed, Proxy};
use super::end::{Callee, Incoming, Ticket};
use super::outgoing::{Outgoing, back, own};
use super::pair::{Pair, other};
use super::steps::{Pass, Seen, Step};
use crate::error::{Error, ErrorKind};
use crate::id::ObjectId;
use crate::proto::connection::Counts;
use crate::proto::tables::Window;
use crate::proto::{Config, NewReference, Side};

/// What the user of one end has in hand.
#[derive(Default)]
struct Hand {
    listeners: Vec<Rc<Listener>>,
    proxies: Vec<Rc<Proxy>>,
    tickets: Vec<Ticket>,
}

/// A call that was made, by the number that it carries.
struct Made {
    callee: Option<ObjectId>,
    /// The handler that made it.
    inside: Option<u64>,
}

/// Calls that keep their order among themselves: those to one object (or to services) out of one
/// handler, or out of none.
type Line = (Option<ObjectId>, Option<u64>);

pub(super) struct World {
    pair: Pair,
    hands: [Hand; 2],
    made: Vec<Made>,
    /// The last call that came to an object from outside of handlers, or out of one handler.
    last: [HashMap<Line, u32>; 2],
    /// The objects that came to an end and that it no longer has.
    gone: [HashSet<ObjectId>; 2],
    looked_at: [usize; 2],
    pub(super) seen: Seen,
}

const SIDES: [Side; 2] = [Side::Connecting, Side::Accepting];

impl World {
    pub(super) fn new(client: Config, server: Config) -> Self {
        Self {
            pair: Pair::open(client, server),
            hands: Default::default(),
            made: Vec::new(),
            last: Default::default(),
            gone: Default::default(),
            looked_at: [0; 2],
            seen: Seen::default(),
        }
    }

    /// With ends that can resume.
    pub(super) fn resumable(client: Config, server: Config) -> Self {
        Self {
            pair: Pair::resumable(client, server),
            ..Self::new(client, server)
        }
    }

    pub(super) fn take(&mut self, step: &Step) {
        match step {
            Step::Call { from, .. } => self.call(*from, step),
            Step::Cancel(at, which) => self.cancel(*at, *which),
            Step::Answer { at, which, .. } => {
                if let Some(at_place) = pick(*which, self.pair.end(*at).arrived.len()) {
                    let incoming = self.remove_arrived(*at, at_place);
                    self.answer(*at, incoming, step);
                }
            }
            Step::LetGo(at, which) => {
                let hand = &mut self.hands[*at as usize];
                if let Some(which) = pick(*which, hand.proxies.len()) {
                    let proxy = hand.proxies.swap_remove(which);
                    let id = proxy.id;
                    self.pair.end(*at).let_go(proxy);
                    if self.pair.end(*at).core.imports.get(id).is_none() {
                        self.gone[*at as usize].insert(id);
                    }
                }
            }
            Step::Revoke(at, which) => {
                let hand = &self.hands[*at as usize];
                if let Some(which) = pick(*which, hand.listeners.len()) {
                    let listener = Rc::clone(&hand.listeners[which]);
                    self.pair.end(*at).revoke(&listener, "taken away");
                    self.seen.revoked += 1;
                }
            }
            Step::Send(from) => self.pair.send_from(*from),
            Step::SendAtOnce(from, most) => {
                self.pair.send_at_once_from(*from, *most);
                let is_left = self.pair.end(*from).core.unwritten.is_some();
                self.seen.broken_off += u32::from(is_left);
            }
            Step::Deliver(from, count) => {
                self.pair
                    .deliver_from(*from, *count)
                    .expect("neither end is at fault");
            }
            Step::Rest => self.rest(),
            Step::Cut => self.cut(),
            Step::Notice(at) => {
                if self.pair.is_cut {
                    self.pair.end(*at).suspend();
                }
            }
            Step::Mend { lasts } => {
                if self.pair.is_cut {
                    self.pair.meet_again().expect("neither end is at fault");
                    if !lasts {
                        self.cut();
                    }
                }
            }
        }
        self.look();
    }

    fn cut(&mut self) {
        let lost = SIDES.into_iter().any(|side| {
            let wire = self.pair.wire_from(side);
            !wire.transit.is_empty() || !wire.input.is_empty()
        });
        self.seen.cut += u32::from(lost);
        self.pair.cut();
    }

    /// All that was sent arrives, and neither end has more to say. Then who waits has a reason to.
    fn rest(&mut self) {
        if self.pair.is_cut {
            return;
        }
        self.pair.exchange_with_acks();
        for side in SIDES {
            let waiting: Vec<_> = {
                let credit = &self.pair.end(side).core.credit;
                let lines = credit.lines();
                lines
                    .filter(|line| credit.line(*line).next().is_some())
                    .collect()
            };
            let granted = u64::from(self.pair.end(side).core.peer().max_calls);
            let peer = &mut self.pair.end(other(side)).core;
            if peer.served.by_credit() >= granted {
                continue;
            }
            for line in waiting {
                self.seen.rested += 1;
                let window = line.and_then(|object| peer.exports.window(object));
                let is_busy = |object: &Window| object.handled() > 0 && object.untold() == 0;
                let is_busy = window.is_some_and(|object| is_busy(&object.window));
                assert!(is_busy, "{line:?} waits for nobody");
            }
        }
    }

    fn call(&mut self, from: Side, step: &Step) {
        let Step::Call {
            callee,
            one_way,
            inside,
            overflow,
            passing,
            ..
        } = step
        else {
            return;
        };
        let hand = &self.hands[from as usize];
        let callee = callee.and_then(|which| Some(&hand.proxies[pick(which, hand.proxies.len())?]));
        let mut call = match callee {
            Some(proxy) => Outgoing::to_object(proxy).overflow(*overflow),
            None => Outgoing::to_service("S"),
        };
        let callee = callee.map(|proxy| proxy.id);
        for reference in self.references(from, passing) {
            call = call.passing(reference);
        }
        if *one_way {
            call = call.one_way();
        }
        let arrived = &self.pair.end(from).arrived;
        let inside = inside.and_then(|which| arrived.get(pick(which, arrived.len())?));
        let parent = inside.and_then(|incoming| incoming.id);
        if let Some(incoming) = inside {
            call = call.inside(incoming);
        }
        let number = self.made.len() as u32;
        self.made.push(Made {
            callee,
            inside: parent.map(|id| id.0),
        });
        match self.pair.end(from).submit(call.number(number)) {
            Err(_) => self.seen.rejected += 1,
            Ok(ticket) => {
                self.seen.waited += u32::from(!ticket.sent);
                self.seen.nested += u32::from(parent.is_some());
                if ticket.caller.is_some() {
                    self.hands[from as usize].tickets.push(ticket);
                } else {
                    self.pair.end(from).let_go(ticket);
                }
            }
        }
    }

    fn references(
        &mut self,
        from: Side,
        passing: &[Pass],
    ) -> Vec<NewReference<super::attached::Tester>> {
        let mut references = Vec::new();
        for pass in passing {
            let hand = &mut self.hands[from as usize];
            match *pass {
                Pass::New => {
                    let listener = self.pair.ledger.listener();
                    references.push(own(&listener));
                    hand.listeners.push(listener);
                }
                Pass::Own(which) => {
                    let which = pick(which, hand.listeners.len());
                    references.extend(which.map(|which| own(&hand.listeners[which])));
                }
                Pass::Back(which) => {
                    let which = pick(which, hand.proxies.len());
                    references.extend(which.map(|which| back(&hand.proxies[which])));
                }
            }
        }
        references
    }

    fn cancel(&mut self, at: Side, which: usize) {
        let hand = &mut self.hands[at as usize];
        if let Some(which) = pick(which, hand.tickets.len()) {
            let ticket = hand.tickets.swap_remove(which);
            self.pair.end(at).cancel(ticket);
            self.seen.cancelled += 1;
        }
    }

    fn remove_arrived(&mut self, at: Side, which: usize) -> Incoming {
        self.looked_at[at as usize] -= 1;
        self.pair.end(at).arrived.remove(which)
    }

    fn answer(&mut self, at: Side, mut incoming: Incoming, step: &Step) {
        let Step::Answer {
            fails,
            keeps,
            passing,
            ..
        } = step
        else {
            return;
        };
        if *keeps {
            self.keep(at, &mut incoming.passed);
        }
        if *fails {
            self.pair
                .end(at)
                .fail(incoming, ErrorKind::Application, "no");
            return;
        }
        let passing = self.references(at, passing);
        let end = self.pair.end(at);
        let Some(id) = incoming.id else {
            end.answer(incoming, 0);
            end.let_go(passing);
            return;
        };
        match end.answer_passing(incoming, 0, passing) {
            Ok(()) => {}
            Err(_) => end.fail_request(id, ErrorKind::TooManyCallbacks),
        }
    }

    fn keep(&mut self, at: Side, passed: &mut Vec<Passed>) {
        for passed in passed.drain(..) {
            match passed {
                Passed::Theirs(proxy) => self.hands[at as usize].proxies.push(proxy),
                Passed::Ours(_) => self.seen.came_back += 1,
                Passed::Unknown(id) => panic!("object {id} was lost"),
            }
        }
    }

    /// Takes in what callers were told and what calls have come, and checks what must always hold.
    fn look(&mut self) {
        for side in SIDES {
            self.take_outcomes(side);
            self.look_at_calls(side);
            self.check_limits(side);
        }
    }

    fn take_outcomes(&mut self, side: Side) {
        let hand = &mut self.hands[side as usize];
        let end = self.pair.end(side);
        let (told, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut hand.tickets)
            .into_iter()
            .partition(|ticket| {
                ticket
                    .caller
                    .is_some_and(|caller| end.ledger.was_told(caller))
            });
        hand.tickets = waiting;
        for ticket in told {
            if let Some(Outcome::Answered { mut passed, .. }) = self.pair.end(side).outcome(&ticket)
            {
                self.keep(side, &mut passed);
            }
            self.pair.end(side).let_go(ticket);
        }
    }

    /// Calls to one object come in the order in which they were made: those from outside of handlers
    /// among themselves, and those out of one handler.
    fn look_at_calls(&mut self, side: Side) {
        let arrived = &self.pair.end(side).arrived;
        for incoming in &arrived[self.looked_at[side as usize]..] {
            let made = &self.made[incoming.number as usize];
            match incoming.target {
                Callee::Object(id, _) => assert_eq!(made.callee, Some(id)),
                Callee::Service(_) => assert_eq!(made.callee, None),
                Callee::Unknown(id) => panic!("object {id} was lost"),
            }
            let last = &mut self.last[side as usize];
            let last = last.insert((made.callee, made.inside), incoming.number);
            assert!(
                last.is_none_or(|last| last < incoming.number),
                "call {} overtook call {last:?}",
                incoming.number
            );
            for passed in &incoming.passed {
                if let Passed::Theirs(proxy) = passed {
                    let came_again = self.gone[side as usize].remove(&proxy.id);
                    self.seen.crossed += u32::from(came_again);
                }
            }
        }
        self.looked_at[side as usize] = arrived.len();
    }

    fn check_limits(&mut self, side: Side) {
        let hand = &self.hands[side as usize];
        let proxies: Vec<_> = hand.proxies.iter().map(|proxy| proxy.id).collect();
        let end = self.pair.end(side);
        let (counts, peer) = (end.counts(), end.core.peer());
        assert!(counts.outstanding <= peer.max_calls);
        assert!(counts.exports <= peer.max_callbacks as usize);
        for id in proxies {
            let import = end.core.imports.get(id).expect("the object is held");
            assert!(import.used <= peer.max_object_calls);
        }
        let sender = self.pair.end(other(side)).counts();
        assert!(counts.imports <= sender.exports, "what is held is counted");
    }

    /// Answers everything and lets go of everything. Nothing may be left then.
    pub(super) fn settle(mut self) -> Seen {
        let answer = |at| Step::Answer {
            at,
            which: 0,
            fails: false,
            keeps: false,
            passing: Vec::new(),
        };
        if self.pair.is_cut {
            self.pair.meet_again().expect("neither end is at fault");
        }
        loop {
            self.pair.exchange();
            self.look();
            let mut idle = true;
            for side in SIDES {
                let proxies = std::mem::take(&mut self.hands[side as usize].proxies);
                self.pair.end(side).let_go(proxies);
                while !self.pair.end(side).arrived.is_empty() {
                    self.take(&answer(side));
                    idle = false;
                }
            }
            if idle && !self.pair.client.core.has_output() && !self.pair.server.core.has_output() {
                break;
            }
        }
        for hand in &self.hands {
            assert!(hand.tickets.is_empty(), "somebody still waits");
        }
        self.hands = Default::default();
        self.pair.assert_tables_are_empty();
        self.pair.ledger.assert_all_is_settled();
        self.into_seen()
    }

    /// Breaks the connection. Nothing may be left then, either.
    pub(super) fn break_off(mut self) -> Seen {
        for side in SIDES {
            let end = self.pair.end(side);
            end.end(Error::new(ErrorKind::Closed, "the line is cut"));
            while !end.take_output().is_empty() {}
            assert_eq!(
                end.counts(),
                Counts {
                    dropped: end.counts().dropped,
                    ..Counts::default()
                }
            );
            let arrived = std::mem::take(&mut end.arrived);
            end.let_go(arrived);
        }
        self.looked_at = [0; 2];
        for side in SIDES {
            self.take_outcomes(side);
            assert!(self.hands[side as usize].tickets.is_empty());
        }
        self.hands = Default::default();
        self.pair.client.settle();
        self.pair.server.settle();
        self.pair.ledger.assert_all_is_settled();
        self.into_seen()
    }

    fn into_seen(self) -> Seen {
        let dropped = self.pair.client.counts().dropped + self.pair.server.counts().dropped;
        Seen {
            dropped: dropped as u32,
            ..self.seen
        }
    }
}

fn pick(which: usize, among: usize) -> Option<usize> {
    which.checked_rem(among)
}
