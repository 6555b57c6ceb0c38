//! Who may send, and who waits in which line.
//!
//! Each end grants the other a number of outstanding calls, in all and per object. A call that finds
//! no room waits in the line of its target: one line per object, one for the named services. The lines
//! that could move take turns.
//!
//! The less is free, the fewer calls may one object have outstanding: the free part of the free
//! credit. Of 4,096 the first object that stalls takes 1,024 (its own limit), the tenth 54, and each
//! after the fiftieth one, so that even a hundred of them leave something to all others. (Switches
//! share a buffer among their ports by such dynamic thresholds.)

use std::collections::{BTreeSet, VecDeque};

use super::imports::Import;
use crate::id::{ObjectId, RequestId};
use crate::proto::{Fault, Host, Map};

/// The line in which a call waits: that of its object, or that of the named services.
pub(crate) type Line = Option<ObjectId>;

/// By what right a call is sent.
#[derive(Clone, Copy)]
pub(crate) enum Right {
    /// It uses credit, taken already: of this stay of the object called. Even a one-way call may have to be
    /// answered.
    Credit { is_request: bool, stay: u64 },
    /// It is the one call at a time that the handler of this request of the peer may make without
    /// credit: otherwise two ends with no credit left would wait for each other for ever.
    Place(RequestId),
}

/// Whether one object, to which so many calls are outstanding, may have one more where so many of all are left. Asked for
/// every call, hence without a division.
#[inline]
pub(super) fn has_share(used: u32, left: u32, all: u32) -> bool {
    let (left, all) = (u64::from(left), u64::from(all.max(1)));
    used == 0 || (u64::from(used) + 1) * all <= left * left
}

/// A line is there for as long as somebody stands in it, or its turn is yet to come.
struct Queue {
    /// Ascending, since ids are given in the order of submission.
    calls: VecDeque<RequestId>,
    standing: Standing,
}

enum Standing {
    /// It is among those whose turn comes, once.
    Ready,
    /// The object's own window is full.
    Shut,
    /// The object has its share, which is as many calls.
    Sated(u32),
}

pub(crate) struct Credit {
    limit: u32,
    used: u32,
    /// One-way calls sent, and how many of them the peer said to have finished.
    notified: u64,
    finished: u64,
    lines: Map<Line, Queue>,
    turns: VecDeque<Line>,
    /// Lines set aside because their objects have their share, by the calls outstanding to these:
    /// their turn comes when enough is free.
    sated: BTreeSet<(u32, ObjectId)>,
}

impl Credit {
    /// Nothing may be sent before the peer has granted something.
    pub(crate) fn new() -> Self {
        Self {
            limit: 0,
            used: 0,
            notified: 0,
            finished: 0,
            lines: Map::default(),
            turns: VecDeque::new(),
            sated: BTreeSet::new(),
        }
    }

    /// How many calls to one object may be outstanding now, where the peer grants it `limit` at most.
    fn share(&self, limit: u32) -> u32 {
        let all = u64::from(self.limit.max(1));
        let free = u64::from(self.limit.saturating_sub(self.used));
        let share = u32::try_from(free * free / all).unwrap_or(u32::MAX);
        limit.min(share.max(1))
    }

    /// Whether that is more than `used`.
    pub(crate) fn has_share(&self, used: u32, limit: u32) -> bool {
        used < limit && has_share(used, self.limit.saturating_sub(self.used), self.limit)
    }

    pub(crate) fn grant(&mut self, limit: u32) {
        self.limit = limit;
    }

    pub(crate) fn is_left(&self) -> bool {
        self.used < self.limit
    }

    /// Whether there is only one left, if that.
    pub(crate) fn is_the_last(&self) -> bool {
        self.used + 1 >= self.limit
    }

    /// Uses it for a call to that object, or to a named service.
    ///
    /// With the last of it even a one-way call is a request, whose response tells that it has ended. The
    /// handler of a request can call back whatever happens, and if all were notifications, those of both
    /// ends could wait for each other for ever.
    #[inline]
    pub(crate) fn take<H: Host>(&mut self, import: Option<&mut Import<H>>, one_way: bool) -> Right {
        let is_request = !one_way || self.is_the_last();
        self.used += 1;
        self.notified += u64::from(!is_request);
        let stay = import.map_or(0, |import| {
            import.used += 1;
            import.notified += u64::from(!is_request);
            import.stay
        });
        Right::Credit { is_request, stay }
    }

    /// The call has not entered the stream.
    pub(crate) fn take_back<H: Host>(&mut self, import: Option<&mut Import<H>>, is_request: bool) {
        self.used -= 1;
        self.notified -= u64::from(!is_request);
        if let Some(import) = import {
            import.used -= 1;
            import.notified -= u64::from(!is_request);
        }
    }

    /// A request was answered.
    pub(crate) fn give_back(&mut self) {
        self.used -= 1;
    }

    /// The peer has finished that many one-way calls since the session began.
    pub(crate) fn finished(&mut self, finished: u64) -> Result<(), Fault> {
        if finished > self.notified {
            return Err(Fault::protocol(format!(
                "credit for {finished} finished notifications, and {} were sent",
                self.notified
            )));
        }
        // A lower figure is one that was overtaken.
        if finished > self.finished {
            self.used -= (finished - self.finished) as u32;
            self.finished = finished;
        }
        Ok(())
    }

    /// Whether somebody stands in a line that may move.
    pub(crate) fn is_somebody_next(&self) -> bool {
        !self.turns.is_empty() || !self.sated.is_empty()
    }

    #[inline]
    pub(crate) fn is_waiting(&self, line: Line) -> bool {
        let queue = self.lines.get(&line);
        queue.is_some_and(|queue| !queue.calls.is_empty())
    }

    /// Puts a call at the end of its line.
    pub(crate) fn wait(&mut self, line: Line, id: RequestId) {
        let turns = &mut self.turns;
        let queue = self.lines.entry(line).or_insert_with(|| {
            turns.push_back(line);
            Queue {
                calls: VecDeque::new(),
                standing: Standing::Ready,
            }
        });
        queue.calls.push_back(id);
    }

    /// A call leaves its line: given up, or sent by another way.
    pub(crate) fn leave(&mut self, line: Line, id: RequestId) {
        if let Some(queue) = self.lines.get_mut(&line) {
            if let Ok(at) = queue.calls.binary_search(&id) {
                queue.calls.remove(at);
            }
            self.tidy(line);
        }
    }

    /// Forgets a line in which nobody stands, unless its turn will come: then it is forgotten by that.
    fn tidy(&mut self, line: Line) {
        let Some(queue) = self.lines.get(&line).filter(|queue| queue.calls.is_empty()) else {
            return;
        };
        match (line, &queue.standing) {
            (_, Standing::Ready) => return,
            (Some(object), &Standing::Sated(calls)) => {
                self.sated.remove(&(calls, object));
            }
            _ => {}
        }
        self.lines.remove(&line);
    }

    /// The lines in which somebody may stand.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        self.lines.keys().copied()
    }

    /// The calls in a line, in their order.
    pub(crate) fn line(&self, line: Line) -> impl Iterator<Item = RequestId> + '_ {
        let queue = self.lines.get(&line);
        queue
            .into_iter()
            .flat_map(|queue| queue.calls.iter().copied())
    }

    /// Fewer calls to the object are outstanding, or more is free: its line may move again.
    pub(crate) fn reopen(&mut self, object: ObjectId) {
        let line = Some(object);
        let Some(queue) = self.lines.get_mut(&line) else {
            return;
        };
        match std::mem::replace(&mut queue.standing, Standing::Ready) {
            Standing::Ready => return,
            Standing::Shut => {}
            Standing::Sated(calls) => {
                self.sated.remove(&(calls, object));
            }
        }
        self.turns.push_back(line);
    }

    /// The next call whose turn it is. `outstanding` tells how many calls to an object are, of which
    /// the peer grants `limit`. A line whose object has as many as it may is set aside until
    /// [`reopen`](Self::reopen), or until enough is free.
    pub(crate) fn next(
        &mut self,
        limit: u32,
        outstanding: impl Fn(ObjectId) -> u32,
    ) -> Option<RequestId> {
        let share = self.share(limit);
        loop {
            // One at a time: as soon as it has moved, the others may have their share again.
            if let Some(&(calls, object)) = self.sated.first()
                && calls < share
            {
                self.reopen(object);
            }
            let line = self.turns.pop_front()?;
            let Some(queue) = self.lines.get_mut(&line) else {
                continue;
            };
            if queue.calls.is_empty() {
                self.lines.remove(&line); // everybody left
                continue;
            }
            if let Some(object) = line {
                let calls = outstanding(object);
                if calls >= limit {
                    queue.standing = Standing::Shut;
                    continue;
                }
                if calls >= share {
                    queue.standing = Standing::Sated(calls);
                    self.sated.insert((calls, object));
                    continue;
                }
            }
            let id = queue.calls.pop_front();
            if queue.calls.is_empty() {
                self.lines.remove(&line);
            } else {
                self.turns.push_back(line);
            }
            if id.is_some() {
                return id;
            }
        }
    }

    pub(crate) fn used(&self) -> u32 {
        self.used
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spend(credit: &mut Credit) {
        credit.used += 1;
    }

    fn notify(credit: &mut Credit) {
        spend(credit);
        credit.notified += 1;
    }

    fn drain(credit: &mut Credit, open: impl Fn(ObjectId) -> bool) -> Vec<u64> {
        credit.grant(100);
        let outstanding = |object| if open(object) { 0 } else { 10 };
        std::iter::from_fn(|| credit.next(10, outstanding))
            .map(|id| id.0)
            .collect()
    }

    #[test]
    fn lines_take_turns_and_keep_their_order() {
        let mut credit = Credit::new();
        for (line, id) in [
            (None, 1),
            (None, 2),
            (Some(ObjectId::of(7)), 3),
            (None, 4),
            (Some(ObjectId::of(7)), 5),
        ] {
            credit.wait(line, RequestId(id));
        }
        assert_eq!(drain(&mut credit, |_| true), [1, 3, 2, 5, 4]);
        assert!(!credit.is_waiting(None));
    }

    #[test]
    fn a_full_object_holds_up_only_its_own_line() {
        let mut credit = Credit::new();
        credit.wait(Some(ObjectId::of(1)), RequestId(1));
        credit.wait(Some(ObjectId::of(2)), RequestId(2));
        assert_eq!(drain(&mut credit, |object| object.number() == 2), [2]);
        credit.reopen(ObjectId::of(1));
        assert_eq!(drain(&mut credit, |_| true), [1]);
    }

    #[test]
    fn an_object_takes_no_more_than_is_left_to_others() {
        let (slow, other) = (ObjectId::of(1), ObjectId::of(2));
        let mut credit = Credit::new();
        credit.grant(8);
        (0..10).for_each(|id| credit.wait(Some(slow), RequestId(id)));
        let mut sent = 0;
        while credit.next(100, |_| sent).is_some() {
            spend(&mut credit);
            sent += 1;
        }
        assert_eq!(sent, 3, "of the 8 are 5 free, and 25 / 8 is 3");
        credit.wait(Some(other), RequestId(10));
        let outstanding = |object| if object == slow { sent } else { 0 };
        assert_eq!(credit.next(100, outstanding), Some(RequestId(10)));
        spend(&mut credit);
        assert_eq!(credit.next(100, outstanding), None);
        // Somebody else's calls have ended, which leaves more to the slow one.
        credit.give_back();
        credit.grant(10);
        assert_eq!(credit.next(100, outstanding), Some(RequestId(3)));
    }

    proptest! {
        #[test]
        fn whoever_has_used_less_than_the_share_has_a_share(
            granted in prop_oneof![0..100u32, any::<u32>()],
            spent in prop_oneof![0..100u32, any::<u32>()],
            limit in prop_oneof![0..100u32, any::<u32>()],
            used in prop_oneof![0..100u32, any::<u32>()],
        ) {
            let mut credit = Credit::new();
            credit.grant(granted);
            credit.used = spent;
            let share = credit.share(limit);
            for used in [used, share.saturating_sub(1), share, share.saturating_add(1)] {
                let has_share = credit.has_share(used, limit);
                prop_assert_eq!(has_share, used < share, "{} of {}", used, share);
            }
        }
    }

    #[test]
    fn a_line_that_had_its_share_leaves_nothing_behind() {
        let mut credit = Credit::new();
        credit.grant(2);
        credit.wait(Some(ObjectId::of(1)), RequestId(1));
        assert_eq!(credit.next(100, |_| 2), None);
        assert_eq!(credit.sated.len(), 1);
        credit.leave(Some(ObjectId::of(1)), RequestId(1));
        assert!(credit.sated.is_empty() && credit.lines.is_empty());
    }

    #[test]
    fn who_left_is_not_called_up() {
        let mut credit = Credit::new();
        for id in 1..=3 {
            credit.wait(None, RequestId(id));
        }
        credit.leave(None, RequestId(2));
        assert_eq!(drain(&mut credit, |_| true), [1, 3]);
        credit.wait(None, RequestId(4));
        credit.leave(None, RequestId(4));
        credit.wait(None, RequestId(5));
        assert_eq!(drain(&mut credit, |_| true), [5]);
    }

    #[test]
    fn a_line_that_is_left_and_joined_for_ever_takes_no_more_room() {
        let mut credit = Credit::new();
        credit.wait(Some(ObjectId::of(1)), RequestId(0));
        for id in 1..100 {
            let line = Some(ObjectId::of(1 + id % 2));
            credit.wait(line, RequestId(id));
            credit.leave(line, RequestId(id));
        }
        assert_eq!(credit.turns.len(), 2);
        assert_eq!(drain(&mut credit, |_| true), [0]);
        assert!(credit.lines.is_empty());
    }

    #[test]
    fn credit_for_what_was_never_sent_is_a_fault() {
        let mut credit = Credit::new();
        credit.grant(4);
        notify(&mut credit);
        notify(&mut credit);
        credit.finished(2).unwrap();
        credit.finished(1).unwrap();
        assert_eq!(credit.used(), 0);
        assert!(credit.finished(3).is_err());
    }
}
