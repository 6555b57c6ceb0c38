//! Bytes for the peer: when there are some, and taking them to write them.

use std::time::Instant;

use super::outgoing::Output;
use crate::frame::write;
use crate::proto::{Connection, Host};

/// So many bytes are not held back while there is still something to be read.
const EARLY_OUTPUT: usize = 16 << 10;

impl<H: Host> Connection<H> {
    /// Whether there is something to send. Credit that is due is written when it is taken, so that
    /// one frame tells of all that has ended until then.
    pub(crate) fn has_output(&self) -> bool {
        if self.is_suspended() {
            return self.has_overflowed(); // somebody has to see to that
        }
        !self.output.is_empty()
            || self.unwritten.is_some()
            || self.holds
            || self.served.credit_is_due()
            || self.pong_due.is_some()
            || self.ping_due
            || self.has_resumable_output()
    }

    /// Whether something should be sent before more is read: credit, or so much that the peer can work on it
    /// meanwhile.
    pub(crate) fn is_pressing(&self) -> bool {
        !self.is_suspended() && (self.served.credit_is_due() || self.output.len() >= EARLY_OUTPUT)
    }

    /// Bytes that are not written yet.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.output.len() + self.leaving
    }

    /// Whether more waits to be written than is allowed to. Answers may still be given, but no more of
    /// them should be asked for.
    pub(crate) fn is_congested(&self) -> bool {
        self.queued_bytes() > self.config.limits.max_queued_bytes || self.is_replay_full()
    }

    /// Takes outgoing bytes, up to the end of the next large frame, in exchange for an empty buffer, whose
    /// room is used again. Whatever was taken before has been written by now. Calls that waited for room
    /// move up.
    pub(crate) fn take_output(&mut self, output: &mut Output, now: impl Fn() -> Instant) {
        debug_assert!(output.is_written());
        if self.is_suspended() || self.take_unwritten(output) {
            return;
        }
        if !self.has_output() && !self.credit.is_somebody_next() {
            // Nobody asks for the time.
            self.leaving = 0;
            self.leaving_pace.ends();
            return;
        }
        self.busy_before = self.busy();
        let now = now();
        if self.holds {
            self.pump(now); // those get into what is taken now
        }
        if self.has_output() && self.is_open() && !self.sends_again() {
            self.tell_credit(); // it rides along
            if !self.output.is_empty() {
                self.idle.used(now); // by more than signs of life
                self.said_more();
            }
            if std::mem::take(&mut self.ping_due) {
                let token = self.ping_token();
                write::ping(&mut self.output.tail, token);
            }
            if let Some(token) = self.pong_due.take() {
                write::pong(&mut self.output.tail, token);
            }
        }
        if self.resume.is_some() {
            self.take_resumable_output(output);
        } else {
            self.output.take(output);
        }
        let length = output.len();
        // The last bytes of a session that is over concern nobody any more.
        self.leaving = if self.is_open() { length } else { 0 };
        if length == 0 {
            self.leaving_pace.ends();
        } else {
            self.leaving_pace.begins(now);
            self.heartbeat.said(now);
        }
        self.pump(now);
    }

    /// Neither will what was taken be written, nor the rest of a frame come, nor a sign of life.
    pub(crate) fn written_off(&mut self) {
        self.leaving = 0;
        self.leaving_pace.ends();
        self.arriving_pace.ends();
        self.arrived = 0;
        (self.ping_due, self.pong_due) = (false, None);
        self.drop_unwritten();
    }

    /// The transport took so many of the bytes that were taken last.
    pub(crate) fn wrote(&mut self, bytes: usize, now: Instant) {
        self.leaving = self.leaving.saturating_sub(bytes);
        self.leaving_pace.goes_on(bytes);
        if self.leaving == 0 {
            self.leaving_pace.ends();
        }
        self.pump(now);
    }
}
