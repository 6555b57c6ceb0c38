//! Two ends that keep to the protocol, whatever their users do.

use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use bytes::BytesMut;

use crate::end::End;
use crate::error::{Error, ErrorKind};
use crate::frame::preface::PREFACE;
use crate::frame::{Frame, Ticket, Token, read, split};
use crate::proto::{Config, Side, read_answer};
use crate::steps::{Action, Narrow};

/// What happens on a session.
#[derive(Arbitrary, Debug)]
pub struct Pairing {
    limits: [Narrow; 2],
    resumes: bool,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    User(bool, Action),
    Send(bool),
    /// So many bytes arrive at that end.
    Arrive(bool, u16),
    /// The connection breaks.
    Cut,
    /// There is another one. The answer to who asks to go on may get lost with it.
    Meet {
        is_lost: bool,
    },
}

#[derive(Default)]
struct Wire {
    sent: BytesMut,
    input: BytesMut,
}

struct Pair {
    ends: [End; 2],
    /// To each end.
    wires: [Wire; 2],
    is_up: bool,
    meetings: u8,
}

/// How long it takes to come back, at least.
const BACKOFF: Duration = Duration::from_millis(50);
const CLIENT: usize = 0;
const SERVER: usize = 1;

impl Pair {
    fn send(&mut self, from: usize) {
        if !self.is_up {
            return;
        }
        let output = self.ends[from].all_output();
        self.wires[1 - from].sent.unsplit(output);
    }

    /// Tells whether anything arrived.
    fn arrive(&mut self, at: usize, bytes: usize) -> bool {
        if !self.is_up {
            return false;
        }
        let wire = &mut self.wires[at];
        let bytes = bytes.min(wire.sent.len());
        wire.input.unsplit(wire.sent.split_to(bytes));
        if let Err(fault) = self.ends[at].receive(&mut wire.input) {
            panic!("neither end is at fault: {}", fault.message);
        }
        bytes > 0
    }

    fn cut(&mut self) {
        self.is_up = false;
        self.wires = Default::default();
        self.ends.iter_mut().for_each(End::suspend);
    }

    fn meet(&mut self, is_lost: bool) {
        for end in &mut self.ends {
            assert!(end.wait(BACKOFF).is_ok());
        }
        let mut asked = self.ends[CLIENT].asks();
        let _ = asked.split_to(PREFACE.len());
        let frame = split(&mut asked, 1024).expect("it is short");
        let Ok(Frame::Resume(asked)) = read(&frame.expect("it is whole"), 64) else {
            panic!("it asks to resume");
        };
        assert!(
            self.ends[SERVER].admits(&asked.ticket.token),
            "an old token is good for long enough"
        );
        self.meetings = self.meetings.wrapping_add(1);
        let fresh = Token([self.meetings; 32]);
        if let Err(fault) = self.ends[SERVER].go_on(&asked, Some(fresh)) {
            panic!("the client is at no fault: {}", fault.message);
        }
        let mut answer = self.ends[SERVER].output();
        if is_lost {
            self.ends[SERVER].suspend();
            return;
        }
        let Ok(Some(resume)) = read_answer(&mut answer) else {
            panic!("it answers in one piece");
        };
        if let Err(fault) = self.ends[CLIENT].go_on(&resume, None) {
            panic!("the server is at no fault: {}", fault.message);
        }
        self.wires[CLIENT].sent.unsplit(answer);
        self.is_up = true;
    }

    fn exchange(&mut self) {
        loop {
            let mut moved = false;
            for end in [0, 1] {
                self.send(end);
                moved |= self.arrive(1 - end, usize::MAX);
            }
            if !moved {
                return;
            }
        }
    }
}

/// Neither end finds the other at fault, and when all that was begun has ended, nothing is left.
pub fn any_pair(pairing: &Pairing) {
    let now = Instant::now();
    let end = |side, narrow: &Narrow| {
        let mut limits = narrow.limits();
        // Who takes no call at all lets his peer wait for ever.
        limits.max_calls = limits.max_calls.max(1);
        limits.max_object_calls = limits.max_object_calls.max(1);
        let config = Config {
            limits,
            resume: pairing.resumes.then_some(Duration::from_secs(10)),
            ..Config::default()
        };
        End::new(side, config, now)
    };
    let mut pair = Pair {
        ends: [
            end(Side::Connecting, &pairing.limits[0]),
            end(Side::Accepting, &pairing.limits[1]),
        ],
        wires: Default::default(),
        is_up: true,
        meetings: 0,
    };
    pair.ends[SERVER].offer(Ticket {
        session: 77,
        token: Token([0; 32]),
    });
    pair.exchange();
    assert!(pair.ends.iter().all(|end| end.is_open));
    for step in &pairing.steps {
        match step {
            Step::User(at, action) => pair.ends[usize::from(*at)].take(action),
            Step::Send(from) => pair.send((*from).into()),
            Step::Arrive(at, bytes) => {
                pair.arrive((*at).into(), (*bytes).into());
            }
            Step::Cut if pairing.resumes => pair.cut(),
            Step::Meet { is_lost } if !pair.is_up => pair.meet(*is_lost),
            Step::Cut | Step::Meet { .. } => {}
        }
        if pair.ends.iter().any(End::has_overflowed) {
            // There is too much for a session without a connection: it is given up.
            for end in &mut pair.ends {
                end.end(Error::new(
                    ErrorKind::SessionLost,
                    "it has more to say than it may keep",
                ));
            }
            return;
        }
    }
    if !pair.is_up {
        pair.meet(false);
    }
    // All that waits gets its turn, as long as whatever arrives is answered and acknowledged.
    loop {
        let before = pair.ends.each_ref().map(End::left);
        pair.exchange();
        pair.ends.iter_mut().for_each(End::finish);
        pair.exchange();
        for end in &mut pair.ends {
            assert!(end.wait(Duration::from_millis(60)).is_ok());
        }
        pair.exchange();
        if pair.ends.each_ref().map(End::left) == before {
            break;
        }
    }
    // Credit rides along with a sign of life.
    for end in &mut pair.ends {
        assert!(end.wait(Duration::from_secs(6)).is_ok());
    }
    pair.exchange();
    for end in &mut pair.ends {
        assert_eq!(end.left(), [0; 4], "calls, served, exports, imports");
        assert_eq!(end.credit(), [0; 2], "of this end, of the peer");
        end.end(Error::new(ErrorKind::Closed, "that is all"));
    }
}
