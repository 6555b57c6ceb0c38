//! Who may send, and who waits in which line.
//!
//! Each end grants the other a number of outstanding calls, in all and per object. A call that finds
//! no room waits in the line of its target: one line per object, one for the named services. The lines
//! that could move take turns, so a stalled object holds up nobody but its own callers.

use std::collections::VecDeque;

use super::{Fault, Map};
use crate::id::{ObjectId, RequestId};

/// The line in which a call waits: that of its object, or that of the named services.
pub(super) type Line = Option<ObjectId>;

/// A line is there for as long as somebody stands in it, or its turn is yet to come.
#[derive(Default)]
struct Queue {
    /// Ascending, since ids are given in the order of submission.
    calls: VecDeque<RequestId>,
    /// Whether the line is among those whose turn comes; it is there once at most.
    ready: bool,
}

pub(super) struct Credit {
    limit: u32,
    used: u32,
    /// One-way calls sent, and how many of them the peer said to have finished.
    notified: u64,
    finished: u64,
    lines: Map<Line, Queue>,
    turns: VecDeque<Line>,
}

impl Credit {
    /// Nothing may be sent before the peer has granted something.
    pub(super) fn new() -> Self {
        Self {
            limit: 0,
            used: 0,
            notified: 0,
            finished: 0,
            lines: Map::default(),
            turns: VecDeque::new(),
        }
    }

    pub(super) fn grant(&mut self, limit: u32) {
        self.limit = limit;
    }

    pub(super) fn is_left(&self) -> bool {
        self.used < self.limit
    }

    pub(super) fn spend(&mut self, one_way: bool) {
        self.used += 1;
        self.notified += u64::from(one_way);
    }

    /// A request was answered.
    pub(super) fn give_back(&mut self) {
        self.used -= 1;
    }

    /// The peer has finished that many one-way calls since the session began.
    pub(super) fn finished(&mut self, finished: u64) -> Result<(), Fault> {
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

    pub(super) fn is_waiting(&self, line: Line) -> bool {
        self.line(line).next().is_some()
    }

    /// Puts a call at the end of its line.
    pub(super) fn wait(&mut self, line: Line, id: RequestId) {
        let queue = self.lines.entry(line).or_default();
        queue.calls.push_back(id);
        if !queue.ready {
            queue.ready = true;
            self.turns.push_back(line);
        }
    }

    /// A call leaves its line: given up, or sent by another way.
    pub(super) fn leave(&mut self, line: Line, id: RequestId) {
        if let Some(queue) = self.lines.get_mut(&line) {
            if let Ok(at) = queue.calls.binary_search(&id) {
                queue.calls.remove(at);
            }
            self.tidy(line);
        }
    }

    /// Forgets a line in which nobody stands, unless its turn will come: then it is forgotten by that.
    fn tidy(&mut self, line: Line) {
        let queue = self.lines.get(&line);
        if queue.is_some_and(|queue| queue.calls.is_empty() && !queue.ready) {
            self.lines.remove(&line);
        }
    }

    /// The lines in which somebody may stand.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        self.lines.keys().copied()
    }

    /// The calls in a line, in their order.
    pub(super) fn line(&self, line: Line) -> impl Iterator<Item = RequestId> + '_ {
        let queue = self.lines.get(&line);
        queue
            .into_iter()
            .flat_map(|queue| queue.calls.iter().copied())
    }

    /// The object's own window is open again.
    pub(super) fn reopen(&mut self, object: ObjectId) {
        if let Some(queue) = self.lines.get_mut(&Some(object))
            && !queue.ready
        {
            queue.ready = true;
            self.turns.push_back(Some(object));
        }
    }

    /// The next call whose turn it is. `is_open` tells whether an object's own window has room; a line
    /// without room is set aside until [`reopen`](Self::reopen).
    pub(super) fn next(&mut self, is_open: impl Fn(ObjectId) -> bool) -> Option<RequestId> {
        while let Some(line) = self.turns.pop_front() {
            let Some(queue) = self.lines.get_mut(&line) else {
                continue;
            };
            if queue.calls.is_empty() {
                self.lines.remove(&line); // everybody left
                continue;
            }
            if line.is_some_and(|object| !is_open(object)) {
                queue.ready = false;
                continue;
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
        None
    }

    pub(super) fn used(&self) -> u32 {
        self.used
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(credit: &mut Credit, open: impl Fn(ObjectId) -> bool) -> Vec<u64> {
        std::iter::from_fn(|| credit.next(&open))
            .map(|id| id.0)
            .collect()
    }

    #[test]
    fn lines_take_turns_and_keep_their_order() {
        let mut credit = Credit::new();
        for (line, id) in [
            (None, 1),
            (None, 2),
            (Some(ObjectId(7)), 3),
            (None, 4),
            (Some(ObjectId(7)), 5),
        ] {
            credit.wait(line, RequestId(id));
        }
        assert_eq!(drain(&mut credit, |_| true), [1, 3, 2, 5, 4]);
        assert!(!credit.is_waiting(None));
    }

    #[test]
    fn a_full_object_holds_up_only_its_own_line() {
        let mut credit = Credit::new();
        credit.wait(Some(ObjectId(1)), RequestId(1));
        credit.wait(Some(ObjectId(2)), RequestId(2));
        assert_eq!(drain(&mut credit, |object| object.0 == 2), [2]);
        credit.reopen(ObjectId(1));
        assert_eq!(drain(&mut credit, |_| true), [1]);
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
        credit.wait(Some(ObjectId(1)), RequestId(0));
        for id in 1..100 {
            let line = Some(ObjectId(1 + id % 2));
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
        credit.spend(true);
        credit.spend(true);
        credit.finished(2).unwrap();
        credit.finished(1).unwrap();
        assert_eq!(credit.used(), 0);
        assert!(credit.finished(3).is_err());
    }
}
