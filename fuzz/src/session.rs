//! One end with a user who does anything, and a peer that sends anything.

use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use bytes::BytesMut;

use crate::end::End;
use crate::error::{Error, ErrorKind};
use crate::frame::preface::PREFACE;
use crate::frame::{Frame, Greeting};
use crate::hostile::{Sent, TICKET, resume};
use crate::proto::{Config, Side};
use crate::steps::{Action, Narrow};
use crate::written::write_frame;

/// What happens to one end of a session, after the greetings.
#[derive(Arbitrary, Debug)]
pub struct Meeting {
    own: Narrow,
    peer: Narrow,
    accepts: bool,
    idles: bool,
    resumes: bool,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Peer(Sent),
    User(Action),
    /// So many bytes of what the peer has sent arrive.
    Arrive(u16),
    Write,
    Wait(u16),
    /// The connection breaks.
    Cut,
    /// There is another one, on which the peer says how far it had come.
    GoOn {
        received: u8,
    },
}

/// Whatever the two do: there is no panic, every table keeps to its limit, what is written are whole frames that keep to
/// the protocol, and at the end everybody is told and nothing is left.
pub fn any_session(meeting: &Meeting) {
    let config = Config {
        limits: meeting.own.limits(),
        idle: meeting.idles.then_some(Duration::from_secs(60)),
        resume: meeting.resumes.then_some(Duration::from_secs(10)),
        ..Config::default()
    };
    let side = match meeting.accepts {
        true => Side::Accepting,
        false => Side::Connecting,
    };
    let mut end = End::new(side, config, Instant::now());
    let mut peer = Greeting::new(&meeting.peer.limits(), 0, false);
    if meeting.resumes {
        peer.resume = 10_000;
        peer.replay = u64::from(meeting.peer.replay);
        match side {
            Side::Accepting => end.offer(TICKET),
            Side::Connecting => peer.ticket = Some(TICKET),
        }
    }
    let mut input = greeting(side, &peer);
    if let Err(fault) = end.receive(&mut input) {
        panic!("the greeting is good: {}", fault.message);
    }
    end.output(); // an end that may have nothing queued acts on nothing before
    assert!(end.is_open);
    assert_eq!(end.can_resume(), meeting.resumes);
    let mut sent = BytesMut::new();
    let mut is_up = true;
    for step in &meeting.steps {
        let done = match step {
            Step::Peer(frame) => {
                frame.write(&mut sent);
                Ok(())
            }
            Step::User(action) => {
                end.take(action);
                Ok(())
            }
            Step::Arrive(_) if !is_up => Ok(()),
            Step::Arrive(bytes) => {
                let arrived = usize::from(*bytes).min(sent.len());
                input.unsplit(sent.split_to(arrived));
                end.receive(&mut input)
            }
            Step::Write => {
                end.output();
                Ok(())
            }
            Step::Cut if meeting.resumes => {
                end.suspend();
                (is_up, input, sent) = (false, BytesMut::new(), BytesMut::new());
                Ok(())
            }
            Step::GoOn { received } if !is_up && !end.has_overflowed() => {
                is_up = true;
                match side {
                    Side::Accepting => end.go_on(&resume(*received), Some(TICKET.token)),
                    Side::Connecting => {
                        end.asks();
                        end.go_on(&resume(*received), None)
                    }
                }
            }
            Step::Cut | Step::GoOn { .. } => Ok(()),
            Step::Wait(millis) => end.wait(Duration::from_millis((*millis).into())),
        };
        if let Err(fault) = done {
            end.give_up(fault);
            return;
        }
    }
    if is_up {
        input.unsplit(sent);
    }
    match end.receive(&mut input) {
        Err(fault) => end.give_up(fault),
        Ok(()) => {
            end.finish();
            end.end(Error::new(ErrorKind::Closed, "that is all"));
        }
    }
}

/// The preface and a greeting for that side.
pub(crate) fn greeting(side: Side, greeting: &Greeting) -> BytesMut {
    let mut bytes = BytesMut::from(&PREFACE[..]);
    let frame = match side {
        Side::Accepting => Frame::Hello(*greeting),
        Side::Connecting => Frame::Welcome(*greeting),
    };
    write_frame(&mut bytes, &frame);
    bytes
}
