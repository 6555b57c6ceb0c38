//! A pair whose connection breaks, and that goes on over another one.

use std::time::Duration;

use bytes::BytesMut;

use super::end::End;
use super::pair::{Pair, quiet};
use crate::frame::preface::PREFACE;
use crate::frame::{Frame, Resume, Ticket, Token, read, split};
use crate::proto::{Config, Fault, Side, read_answer};

pub(super) const SESSION: u64 = 77;

/// An end that can resume.
pub(super) fn resumable(config: Config) -> Config {
    Config {
        resume: Some(Duration::from_secs(10)),
        ..config
    }
}

/// Both ends can resume.
pub(super) fn lasting() -> Pair {
    Pair::resumable(quiet(), quiet())
}

/// What the connecting end says on a new connection.
pub(super) fn asked(end: &End) -> Resume {
    let mut bytes = end.core.ask_to_resume();
    assert_eq!(bytes.split_to(PREFACE.len()), PREFACE[..]);
    let frame = split(&mut bytes, 1024).unwrap().expect("a whole frame");
    match read(&frame, 64) {
        Ok(Frame::Resume(resume)) => resume,
        other => panic!("{other:?} is no resume"),
    }
}

impl Pair {
    /// Two ends that have greeted each other and can resume.
    pub(super) fn resumable(client: Config, server: Config) -> Self {
        let mut pair = Self::unopened(resumable(client), resumable(server));
        pair.server.core.offer(Ticket {
            session: SESSION,
            token: Token([0; 32]),
        });
        pair.exchange();
        assert!(pair.client.core.grace().is_some() && pair.server.core.grace().is_some());
        pair
    }

    /// The connection breaks: what is on its way is lost, and so is what is sent from now on.
    pub(super) fn cut(&mut self) {
        for side in [Side::Connecting, Side::Accepting] {
            let wire = self.wire_from(side);
            wire.transit.clear();
            wire.input.clear();
        }
        self.is_cut = true;
    }

    /// Both ends notice, and meet over another connection. The frames of both are still to be sent.
    pub(super) fn meet_again(&mut self) -> Result<(), Fault> {
        self.answer_the_client()?;
        let mut answer = self.server.take_output();
        let mut input = BytesMut::new();
        // A part of an answer is none.
        while let Some(byte) = (!answer.is_empty()).then(|| answer.split_to(1)) {
            input.unsplit(byte);
            if let Some(resume) = read_answer(&mut input)? {
                self.client.go_on(&resume, None)?;
                break;
            }
        }
        self.wire_from(Side::Accepting).transit.unsplit(answer);
        self.is_cut = false;
        Ok(())
    }

    /// The client asks to go on and the server answers, though nobody may read it.
    pub(super) fn answer_the_client(&mut self) -> Result<(), Fault> {
        self.client.suspend();
        self.server.suspend();
        let asks = asked(&self.client);
        assert!(self.server.core.admits(&asks.ticket.token));
        self.meetings = self.meetings.wrapping_add(1);
        let fresh = Token([self.meetings; 32]);
        self.server.go_on(&asks, Some(fresh))
    }

    /// The connection breaks, and there is another one on which everything arrives.
    pub(super) fn cut_and_mend(&mut self) {
        self.cut();
        self.meet_again().expect("neither end is at fault");
        self.exchange();
    }
}
