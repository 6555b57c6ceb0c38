//! What is to happen to the connections of one client, and when.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::follower::Follower;
use crate::ledger::Ledger;
use crate::tally::Tally;

/// The last cut comes this far before the end, so that something is under way at it.
const LAST: f64 = 0.92;
/// A cut that is due comes within so many bytes.
const WITHIN: u64 = 2048;
/// Within how many bytes a handshake is cut.
const GREETING: u64 = 400;
/// How many connections in a row may come to nothing.
const PATIENCE: u32 = 2;
/// One chunk in so many is held up.
const STALLS: u32 = 300;

/// A direction, by who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Up = 0,
    Down = 1,
}

/// How a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Both ends get a reset.
    Reset,
    /// Both ends read an end.
    End,
    /// The direction of the bytes ends, and the other one goes on for a while.
    HalfClose(Duration),
    /// The writer of that direction gets a reset; the other end hears nothing.
    OneSided(Direction),
    /// Both ends hear nothing any more.
    Silence,
}

/// What becomes of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Pass,
    /// They pass after a while.
    Stall(Duration),
    /// So many of them pass, then the connection is cut.
    Cut(usize, Cut),
}

/// The plan of one client's connections.
pub struct Course {
    pub ledger: Arc<Ledger>,
    tally: Arc<Tally>,
    state: Mutex<State>,
}

struct State {
    random: fastrand::Rng,
    /// At which progress cuts are still to come.
    marks: VecDeque<f64>,
    connections: u64,
    /// How many connections came to nothing since the last that did not.
    troubles: u32,
    /// The last cut that nothing came after yet.
    broken_since: Option<Instant>,
}

/// One connection.
pub struct Passage {
    course: Arc<Course>,
    state: Mutex<Passing>,
}

#[derive(Default)]
struct Passing {
    followers: [Follower; 2],
    /// So many bytes later it is cut.
    due: Option<(u64, Cut)>,
    /// The cut is meant for the handshake. If it comes later it is one like others.
    is_early: bool,
    is_first: bool,
    /// It was cut, in that direction.
    cut: Option<(Direction, Cut)>,
    /// Frames of the session have passed both ways.
    is_used: bool,
}

impl Course {
    pub fn new(seed: u64, cuts: u64, ledger: &Arc<Ledger>, tally: &Arc<Tally>) -> Arc<Self> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mark = |index| (index as f64 + random.f64()) / cuts as f64 * LAST;
        let marks = (0..cuts).map(mark).collect();
        Arc::new(Self {
            ledger: Arc::clone(ledger),
            tally: Arc::clone(tally),
            state: Mutex::new(State {
                random,
                marks,
                connections: 0,
                troubles: 0,
                broken_since: None,
            }),
        })
    }

    /// A new connection. `None` if it is to be reset at once.
    pub fn open(self: &Arc<Self>) -> Option<Passage> {
        let mut state = self.state.lock().unwrap();
        self.tally.connections.add();
        state.connections += 1;
        let is_first = state.connections == 1;
        let mut passing = Passing {
            is_first,
            ..Passing::default()
        };
        if !is_first && state.troubles < PATIENCE {
            match state.random.u8(..20) {
                0 => {
                    state.troubles += 1;
                    self.tally.refused.add();
                    return None;
                }
                1..=3 => {
                    state.troubles += 1;
                    let bytes = state.random.u64(..GREETING);
                    passing.due = Some((bytes, any_cut(&mut state.random)));
                    passing.is_early = true;
                }
                _ => state.troubles = 0,
            }
        } else {
            state.troubles = 0;
        }
        Some(Passage {
            course: Arc::clone(self),
            state: Mutex::new(passing),
        })
    }

    /// How many cuts have not come.
    pub fn left(&self) -> usize {
        self.state.lock().unwrap().marks.len()
    }

    fn count(&self, cut: Cut, is_inside: bool, is_idle: bool) {
        let tally = &self.tally;
        tally.cuts.add();
        match cut {
            Cut::Reset => tally.resets.add(),
            Cut::End => tally.ends.add(),
            Cut::HalfClose(_) => tally.half_closes.add(),
            Cut::OneSided(_) => tally.one_sided.add(),
            Cut::Silence => tally.silences.add(),
        }
        if is_inside {
            tally.inside.add();
        }
        if is_idle {
            tally.idle.add();
        }
    }
}

fn any_cut(random: &mut fastrand::Rng) -> Cut {
    let direction = match random.bool() {
        true => Direction::Up,
        false => Direction::Down,
    };
    match random.u8(..100) {
        0..=29 => Cut::Reset,
        30..=54 => Cut::End,
        55..=74 => Cut::HalfClose(Duration::from_micros(random.u64(..20_000))),
        75..=91 => Cut::OneSided(direction),
        _ => Cut::Silence,
    }
}

impl Passage {
    /// Bytes have come that way. What may pass of them is noted as passed.
    pub fn pass(&self, direction: Direction, bytes: &[u8]) -> Step {
        let mut passing = self.state.lock().unwrap();
        match passing.cut {
            None => {}
            Some((cut, Cut::HalfClose(_))) if cut != direction => return Step::Pass,
            Some((_, cut)) => return Step::Cut(0, cut), // the other direction did it in this moment
        }
        let mut state = self.course.state.lock().unwrap();
        passing.arm(&mut state, &self.course.ledger);
        let length = bytes.len() as u64;
        let is_idle = self.course.ledger.under_way() == 0;
        let waits = is_idle && !passing.is_in_handshake();
        let step = match &mut passing.due {
            // While nothing is under way, a cut would show little; it waits for the next bytes.
            Some((left, _)) if *left <= length && waits => Step::Pass,
            Some((left, cut)) if *left <= length => Step::Cut(*left as usize, *cut),
            Some((left, _)) => {
                *left -= length;
                Step::Pass
            }
            None if state.random.u32(..STALLS) == 0 => {
                self.course.tally.stalls.add();
                Step::Stall(Duration::from_micros(state.random.u64(..20_000)))
            }
            None => Step::Pass,
        };
        let passed = match step {
            Step::Cut(passed, _) => passed,
            _ => bytes.len(),
        };
        passing.followers[direction as usize].pass(&bytes[..passed]);
        passing.note_use(&mut state, &self.course.tally);
        if let Step::Cut(_, cut) = step {
            passing.cut = Some((direction, cut));
            if passing.is_in_handshake() {
                self.course.tally.in_handshake.add();
            } else {
                let is_inside = passing.followers.iter().any(Follower::is_inside);
                self.course.count(cut, is_inside, is_idle);
            }
            state.broken_since.get_or_insert_with(Instant::now);
        }
        step
    }
}

/// A cut that did not come, as the ends had given the connection up before, comes on the next one.
impl Drop for Passage {
    fn drop(&mut self) {
        let passing = self.state.get_mut().unwrap();
        if passing.cut.is_some() {
            return;
        }
        self.course.tally.given_up.add();
        let mut state = self.course.state.lock().unwrap();
        state.broken_since.get_or_insert_with(Instant::now);
        if passing.due.is_some() && !passing.is_early {
            state.marks.push_front(0.0);
        }
    }
}

impl Passing {
    /// Whether the handshake is over, as far as frames tell.
    fn is_greeted(&self) -> bool {
        self.followers.iter().all(|follower| follower.frames() >= 1)
    }

    /// Whether a cut of it is one of its handshake.
    fn is_in_handshake(&self) -> bool {
        self.is_early && !self.is_used
    }

    /// Sets the next cut if the progress has come to its mark.
    fn arm(&mut self, state: &mut State, ledger: &Ledger) {
        if self.due.is_some() || !self.is_greeted() {
            return;
        }
        let progress = ledger.progress();
        if state.marks.front().is_some_and(|mark| *mark <= progress) {
            state.marks.pop_front();
            let bytes = state.random.u64(..WITHIN);
            self.due = Some((bytes, any_cut(&mut state.random)));
        }
    }

    fn note_use(&mut self, state: &mut State, tally: &Tally) {
        if self.is_used || !self.followers.iter().all(|follower| follower.frames() >= 2) {
            return;
        }
        self.is_used = true;
        if self.is_first {
            return;
        }
        tally.resumed.add();
        if let Some(since) = state.broken_since.take() {
            tally.back_after(since.elapsed());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A preface and frames.
    fn greeting() -> Vec<u8> {
        [b"RINGBK1\n".as_slice(), b"\0\0\0\x01h", b"\0\0\0\x01x"].concat()
    }

    fn course(cuts: u64) -> (Arc<Course>, Arc<Ledger>, Arc<Tally>) {
        let ledger = Arc::new(Ledger::new(0, 6000, 800));
        let tally = Arc::<Tally>::default();
        let course = Course::new(5, cuts, &ledger, &tally);
        (course, ledger, tally)
    }

    /// Lets all rows make progress, and leaves one thing under way.
    fn advance(ledger: &Ledger, part: f64) {
        for row in ledger.rows() {
            let until = (row.planned as f64 * part) as u64;
            for number in row.arrived()..until {
                row.send();
                row.arrive(number);
            }
        }
    }

    fn greeted(course: &Arc<Course>) -> Passage {
        loop {
            let Some(passage) = course.open() else {
                continue;
            };
            let greet = |direction| matches!(passage.pass(direction, &greeting()), Step::Cut(..));
            if !greet(Direction::Up) && !greet(Direction::Down) {
                return passage;
            }
        }
    }

    /// Passes small frames until the connection is cut; gives the number of bytes.
    fn until_cut(passage: &Passage) -> usize {
        let frame = b"\0\0\0\x10................";
        let mut bytes = 0;
        loop {
            match passage.pass(Direction::Down, frame) {
                Step::Cut(passed, _) => return bytes + passed,
                _ => bytes += frame.len(),
            }
            assert!(bytes < 10_000, "no cut");
        }
    }

    #[test]
    fn each_cut_comes_once_and_with_progress() {
        let (course, ledger, tally) = course(50);
        ledger.calls.send();
        for index in 1..=50 {
            let passage = greeted(&course);
            let before = course.left();
            assert!(before >= 50 - index as usize);
            advance(&ledger, index as f64 / 50.0);
            assert!(until_cut(&passage) <= WITHIN as usize);
        }
        while course.left() > 0 {
            until_cut(&greeted(&course));
        }
        assert!((50..70).contains(&tally.cuts.get()), "{tally:?}");
        assert_eq!(tally.idle.get(), 0);
        // Of 20 bytes at which a cut can be, 19 are inside.
        let inside = tally.inside.get() as f64 / tally.cuts.get() as f64;
        assert!((0.8..1.0).contains(&inside), "{tally:?}");
        assert!(tally.in_handshake.get() > 0 && tally.refused.get() > 0);
        assert!(tally.resets.get() > 0 && tally.ends.get() > 0 && tally.half_closes.get() > 0);
        assert!(tally.one_sided.get() > 0 && tally.silences.get() > 0);
        assert!(tally.resumed.get() >= 48);
    }

    #[test]
    fn a_cut_waits_until_something_is_under_way() {
        let (course, ledger, tally) = course(1);
        let passage = greeted(&course);
        advance(&ledger, 1.0);
        for _ in 0..1000 {
            assert!(!matches!(
                passage.pass(Direction::Up, &[0; 16]),
                Step::Cut(..)
            ));
        }
        ledger.calls.send();
        assert!(matches!(
            passage.pass(Direction::Up, &[0; 16]),
            Step::Cut(..)
        ));
        assert_eq!((tally.cuts.get(), tally.idle.get()), (1, 0));
    }

    #[test]
    fn a_cut_that_did_not_come_comes_on_the_next_connection() {
        let (course, ledger, tally) = course(1);
        let passage = greeted(&course);
        advance(&ledger, 1.0);
        ledger.calls.send();
        passage.pass(Direction::Up, b"");
        assert_eq!(course.left(), 0);
        drop(passage);
        assert_eq!((course.left(), tally.cuts.get()), (1, 0));
        until_cut(&greeted(&course));
        assert_eq!((course.left(), tally.cuts.get()), (0, 1));
    }

    #[test]
    fn what_follows_a_cut_does_not_pass() {
        let (course, ledger, _) = course(1);
        ledger.calls.send();
        let passage = greeted(&course);
        advance(&ledger, 1.0);
        until_cut(&passage);
        assert!(matches!(
            passage.pass(Direction::Up, b"late"),
            Step::Cut(0, _)
        ));
    }
}
