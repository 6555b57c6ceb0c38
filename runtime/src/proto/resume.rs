//! A session that goes on over a new connection when one broke.
//!
//! Frames that would be missed are numbered, by counting: each end counts what it sends and what it
//! takes. A number is said only at the beginning of a connection, and in acks.

use std::time::{Duration, Instant};

use bytes::{Buf, BytesMut};

use super::handshake::MAX_GREETING;
use super::output::{Output, Replay, Run, numbered};
use super::{Connection, Fault, Garbage, Host, Side};
use crate::error::ErrorKind;
use crate::frame::length::{PREFIX, frame_len};
use crate::frame::preface::{self, PREFACE};
use crate::frame::{Ack, Frame, FrameError, Resume, Ticket, Token, read, write};

/// How long what has come may stay without an ack.
const ACK_DELAY: Duration = Duration::from_millis(50);
/// An ack is due after that many bytes, or after half of what the peer keeps.
const ACK_AFTER: usize = 64 << 10;
/// After that many it rides along when something is written anyway.
const ACK_ALONG: usize = 4 << 10;
/// The outgoing bytes are cut from blocks of this size.
const BLOCK: usize = 16 << 10;
/// Tokens that are good at the same time. More are given only if answer after answer is lost.
const MAX_TOKENS: usize = 16;

/// What an end remembers to go on over another connection.
pub(super) struct Resumable {
    session: u64,
    grace: Duration,
    /// By what the peer may enter, the oldest first; at the connecting end, by what it may itself.
    tokens: Vec<Token>,
    /// Whether there is a connection.
    is_up: bool,
    /// What goes before everything else on the present connection.
    ahead: BytesMut,
    replay: Replay,
    /// Bytes of frames that may be kept before calls wait.
    limit: usize,
    /// Bytes beyond which a session without a connection is given up.
    most: usize,
    /// The number of the last frame that was taken.
    received: u64,
    /// How many of the frames to come have been taken already.
    repeated: u64,
    /// The peer is yet to say where it goes on.
    begins: bool,
    unacknowledged: usize,
    ack_after: usize,
    ack_is_due: bool,
    ack_at: Option<Instant>,
}

impl Resumable {
    fn has_output(&self) -> bool {
        !self.ahead.is_empty() || self.replay.has_more() || self.ack_is_due
    }

    /// Whether it is a frame that was not taken before. Counts it if it is numbered.
    fn takes(&mut self, frame: &Frame<'_>, length: usize, now: Instant) -> Result<bool, Fault> {
        match frame {
            frame if frame.is_numbered() => return self.takes_numbered(length, now),
            Frame::Ack(ack) => self.on_ack(*ack)?,
            Frame::Abort { .. } => {}
            _ => self.has_begun()?,
        }
        Ok(true)
    }

    fn has_begun(&self) -> Result<(), Fault> {
        match self.begins {
            true => Err(Fault::protocol("a resumed connection begins with an ack")),
            false => Ok(()),
        }
    }

    /// As [`takes`](Self::takes), for one that is.
    fn takes_numbered(&mut self, length: usize, now: Instant) -> Result<bool, Fault> {
        self.has_begun()?;
        if self.repeated > 0 {
            self.repeated -= 1;
            return Ok(false);
        }
        self.received += 1;
        self.unacknowledged += PREFIX + length;
        self.ack_is_due |= self.unacknowledged >= self.ack_after;
        self.ack_at.get_or_insert_with(|| now + ACK_DELAY);
        Ok(true)
    }

    fn on_ack(&mut self, ack: Ack) -> Result<(), Fault> {
        let expected = self.received + 1 - self.repeated;
        if std::mem::take(&mut self.begins) {
            // What it sends again without need is skipped.
            if ack.next == 0 || ack.next > expected {
                return Err(Fault::protocol(format!(
                    "the peer goes on with frame {}, and {expected} is missing",
                    ack.next
                )));
            }
            self.repeated = expected - ack.next;
            // It has got the new token, so nobody needs an old one.
            self.tokens.drain(..self.tokens.len() - 1);
        } else if ack.next != expected {
            return Err(Fault::protocol(format!(
                "the peer counts {} as the next frame, which is {expected}",
                ack.next
            )));
        }
        self.replay.acknowledge(ack.received)
    }

    fn ack(&mut self, next: u64) -> Ack {
        self.unacknowledged = 0;
        self.ack_is_due = false;
        self.ack_at = None;
        Ack {
            received: self.received,
            next,
        }
    }
}

impl<H: Host> Connection<H> {
    /// What the accepting end offers, for the session to be found and entered by. To be said before
    /// the peer's greeting is read.
    pub(crate) fn offer(&mut self, ticket: Ticket) {
        self.offered = Some(ticket);
    }

    /// Both have greeted: keeps what is needed to resume, if both want to.
    pub(super) fn agree_on_resume(&mut self) {
        let ticket = match self.side {
            Side::Connecting => self.peer.ticket,
            Side::Accepting => self.offered,
        };
        let (Some(own), Some(ticket)) = (self.config.resume, ticket) else {
            return;
        };
        // In whole milliseconds, as both ends were told, or only one of them would agree.
        let own = u64::try_from(own.as_millis()).unwrap_or(u64::MAX);
        let grace = Duration::from_millis(own.min(self.peer.resume));
        if grace.is_zero() {
            return;
        }
        let half = usize::try_from(self.peer.replay / 2).unwrap_or(usize::MAX);
        self.resume = Some(Box::new(Resumable {
            session: ticket.session,
            grace,
            tokens: vec![ticket.token],
            is_up: true,
            ahead: std::mem::replace(&mut self.output.tail, BytesMut::with_capacity(BLOCK)),
            replay: Replay::default(),
            limit: self.config.limits.max_replay_bytes,
            most: usize::MAX,
            received: 0,
            repeated: 0,
            begins: false,
            unacknowledged: 0,
            ack_after: half.clamp(1, ACK_AFTER),
            ack_is_due: false,
            ack_at: None,
        }));
    }

    /// For how long the session waits for another connection, if it can be resumed.
    pub(crate) fn grace(&self) -> Option<Duration> {
        self.resume.as_ref().map(|resume| resume.grace)
    }

    /// Grows with each frame that has got through, in either direction.
    pub(crate) fn progress(&self) -> u64 {
        let resume = self.resume.as_ref();
        resume.map_or(0, |resume| resume.received + resume.replay.acknowledged())
    }

    /// Whether this is (one of) the present secrets.
    pub(crate) fn admits(&self, token: &Token) -> bool {
        let Some(resume) = self.resume.as_ref().filter(|_| self.ended().is_none()) else {
            return false;
        };
        // All are compared, so that the time does not tell which it was.
        let is_one = |found, known: &Token| found | known.is(token);
        resume.tokens.iter().fold(false, is_one)
    }

    /// The connection is gone. What was begun goes on when there is another one.
    pub(crate) fn suspend(&mut self) {
        let kept = self.kept_bytes();
        self.written_off();
        if let Some(resume) = &mut self.resume {
            resume.is_up = false;
            resume.ahead.clear();
            resume.most = kept.max(resume.limit).saturating_add(resume.limit);
        }
    }

    pub(super) fn is_suspended(&self) -> bool {
        self.resume.as_ref().is_some_and(|resume| !resume.is_up)
    }

    /// Whether a session without a connection has more to send than it may keep.
    pub(crate) fn has_overflowed(&self) -> bool {
        let resume = self.resume.as_ref().filter(|resume| !resume.is_up);
        resume.is_some_and(|resume| self.kept_bytes() > resume.most)
    }

    /// Bytes that would be sent on a new connection.
    pub(crate) fn kept_bytes(&self) -> usize {
        let kept = self.resume.as_ref();
        kept.map_or(0, |resume| resume.replay.bytes()) + self.output.len()
    }

    /// Bytes that were sent and are not acknowledged.
    pub(super) fn unacknowledged_bytes(&self) -> usize {
        let resume = self.resume.as_ref();
        resume.map_or(0, |resume| resume.replay.bytes())
    }

    /// Whether what is kept leaves room for another call.
    pub(super) fn has_replay_room(&self) -> bool {
        let Some(resume) = &self.resume else {
            return true;
        };
        let kept = self.kept_bytes();
        kept == 0 || kept < resume.limit
    }

    /// Whether the peer should acknowledge something before it is answered more.
    pub(super) fn is_replay_full(&self) -> bool {
        let resume = self.resume.as_ref();
        resume.is_some_and(|resume| self.kept_bytes() > resume.limit)
    }

    /// What the connecting end says on a new connection: the preface, and by what it enters.
    pub(crate) fn ask_to_resume(&self) -> BytesMut {
        let mut bytes = BytesMut::from(&PREFACE[..]);
        if let Some(resume) = &self.resume {
            let ask = Resume {
                ticket: Ticket {
                    session: resume.session,
                    token: resume.tokens[resume.tokens.len() - 1],
                },
                received: resume.received,
            };
            ask.write(&mut bytes);
        }
        bytes
    }

    /// There is a new connection on which the peer has said how far it had come. The accepting end
    /// answers with `fresh`, the secret for the next time.
    pub(crate) fn go_on(
        &mut self,
        peer: &Resume,
        fresh: Option<Token>,
        now: Instant,
    ) -> Result<(), Fault> {
        let Some(resume) = &mut self.resume else {
            return Err(Fault::protocol("a session that cannot be resumed"));
        };
        if peer.ticket.session != resume.session {
            return Err(Fault::protocol("the answer is that of another session"));
        }
        resume.replay.acknowledge(peer.received)?;
        self.garbage
            .extend(resume.replay.spent().map(Garbage::Bytes));
        resume.replay.begin_again();
        resume.ahead.clear();
        match fresh {
            None => resume.tokens = vec![peer.ticket.token],
            Some(token) => {
                // The peer has the one that it came with, and maybe one of those given since.
                let mut known = resume.tokens.iter();
                let at = known.position(|known| known.is(&peer.ticket.token));
                resume.tokens.drain(..at.unwrap_or(0));
                if resume.tokens.len() == MAX_TOKENS {
                    resume.tokens.remove(1);
                }
                resume.tokens.push(token);
                resume.ahead.extend_from_slice(&PREFACE);
                let answer = Resume {
                    ticket: Ticket {
                        session: resume.session,
                        token,
                    },
                    received: resume.received,
                };
                answer.write(&mut resume.ahead);
            }
        }
        resume.is_up = true;
        resume.begins = true;
        resume.repeated = 0;
        resume.most = usize::MAX;
        let next = resume.replay.next_number();
        resume.ack(next).write(&mut resume.ahead);
        self.served.tell_again(&mut self.exports);
        self.ask_again();
        self.heard(now);
        Ok(())
    }

    /// Whether a frame is to be handled, where sessions can be resumed.
    pub(super) fn takes(
        &mut self,
        frame: &Frame<'_>,
        length: usize,
        now: Instant,
    ) -> Result<bool, Fault> {
        let Some(resume) = &mut self.resume else {
            return Ok(true);
        };
        let takes = resume.takes(frame, length, now);
        self.garbage
            .extend(resume.replay.spent().map(Garbage::Bytes));
        takes
    }

    /// As [`takes`](Self::takes), for a call or an answer.
    #[inline]
    pub(super) fn takes_plain(&mut self, length: usize, now: Instant) -> Result<bool, Fault> {
        match &mut self.resume {
            None => Ok(true),
            Some(resume) => resume.takes_numbered(length, now),
        }
    }

    /// Whether there is something to send, of a session that can be resumed.
    pub(super) fn has_resumable_output(&self) -> bool {
        self.resume
            .as_ref()
            .is_some_and(|resume| resume.has_output())
    }

    /// Whether a new connection is to get something else before what is new: what is written behind that
    /// may be lost with the connection, and would be written once more on the next one.
    pub(super) fn sends_again(&self) -> bool {
        let resume = self.resume.as_ref();
        resume.is_some_and(|resume| !resume.ahead.is_empty() || resume.replay.has_more())
    }

    /// When the next ack is due.
    pub(super) fn ack_at(&self) -> Option<Instant> {
        self.resume.as_ref().and_then(|resume| resume.ack_at)
    }

    pub(super) fn acknowledge_if_due(&mut self, now: Instant) {
        if let Some(resume) = &mut self.resume
            && resume.ack_at.is_some_and(|at| now >= at)
        {
            resume.ack_is_due = true;
            resume.ack_at = None; // the time is over, and no other one is asked for
        }
    }

    /// Takes what is to be written next, and keeps it until it is acknowledged.
    pub(super) fn take_resumable_output(&mut self, output: &mut Output) {
        let is_open = self.is_open();
        let Some(resume) = self.resume.as_mut() else {
            return;
        };
        if !resume.ahead.is_empty() {
            std::mem::swap(&mut resume.ahead, &mut output.own);
            return;
        }
        let sends_again = resume.replay.has_more();
        if is_open && resume.ack_is_due && (sends_again || self.output.has_runs()) {
            // Before all that: the peer may be as far into the like of it, and waits for room.
            let next = resume.replay.next_number();
            resume.ack(next).write(&mut output.own);
            return;
        }
        if sends_again {
            if let Some(run) = resume.replay.more() {
                output.run = run;
            }
            return;
        }
        output.run = match self.output.next_run() {
            Some(run) => run,
            None => {
                let tail = &mut self.output.tail;
                let along = !tail.is_empty() && resume.unacknowledged >= ACK_ALONG;
                if is_open && (resume.ack_is_due || along) {
                    let next = resume.replay.next_number() + numbered(tail);
                    resume.ack(next).write(tail);
                }
                Run {
                    frames: tail.split().freeze(),
                    payload: None,
                }
            }
        };
        if is_open {
            let frames = numbered(&output.run.frames);
            resume.replay.keep(&output.run, frames);
        }
    }

    /// There will be no further connection. Without one now, nobody gets what is left.
    pub(super) fn forget_replay(&mut self) {
        if let Some(resume) = &mut self.resume {
            if resume.is_up {
                resume.replay.forget();
            } else {
                resume.replay.forget_all();
                self.garbage.extend(self.output.clear().map(Garbage::Bytes));
            }
            self.garbage
                .extend(resume.replay.spent().map(Garbage::Bytes));
        }
    }

    /// Tells the peer that this end leaves, which is not to be taken for a broken connection.
    pub(crate) fn say_goodbye(&mut self) {
        if self.resume.is_some() && self.ended().is_none() {
            let kind = ErrorKind::Closed.name();
            write::abort(&mut self.output.tail, kind, "it closed the session");
        }
    }
}

/// Takes the accepting end's answer to [`ask_to_resume`](Connection::ask_to_resume) off the input,
/// when it is whole.
pub(crate) fn read_answer(input: &mut BytesMut) -> Result<Option<Resume>, Fault> {
    if !preface::check(input)? {
        return Ok(None);
    }
    let Some(length) = frame_len(&input[PREFACE.len()..]) else {
        return Ok(None);
    };
    if length as usize > MAX_GREETING {
        let max = MAX_GREETING;
        return Err(FrameError::TooLong { length, max }.into());
    }
    let head = PREFACE.len() + PREFIX;
    let whole = head + length as usize;
    if input.len() < whole {
        return Ok(None);
    }
    let mut frame = input.split_to(whole);
    frame.advance(head);
    match read(&frame, 1)? {
        Frame::Resume(resume) => Ok(Some(resume)),
        Frame::Abort { kind, message } => Err(super::handshake::told(kind, message)),
        _ => Err(Fault::protocol(
            "a session that was to be resumed is greeted",
        )),
    }
}
