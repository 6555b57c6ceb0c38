//! The first exchange: preface and greeting each way.

use bytes::BytesMut;

use super::connection::Phase;
use super::{Connection, Event, Fault, Host, Side};
use crate::error::ErrorKind;
use crate::frame::greeting::VERSION;
use crate::frame::preface::{self, PREFACE};
use crate::frame::{Frame, Greeting, write};

/// A greeting is small; nobody gets more buffered before it has said who it is.
pub(super) const MAX_GREETING: usize = 16 << 10;

impl<H: Host> Connection<H> {
    pub(super) fn say_hello(&mut self) {
        self.output.tail.extend_from_slice(&PREFACE);
        let greeting = self.greeting();
        write::hello(&mut self.output.tail, &greeting);
    }

    fn greeting(&self) -> Greeting {
        // Zero would mean that this end never pings.
        let heartbeat = self.config.heartbeat.map_or(0, |interval| {
            let millis = u64::try_from(interval.as_millis()).unwrap_or(u64::MAX);
            millis.max(u64::from(!interval.is_zero()))
        });
        let resume = self.config.resume.map_or(0, |grace| {
            u64::try_from(grace.as_millis()).unwrap_or(u64::MAX)
        });
        Greeting {
            resume,
            replay: self.config.limits.max_replay_bytes as u64,
            // It is of no use to a peer that does not resume.
            ticket: self.offered.filter(|_| resume > 0 && self.peer.resume > 0),
            ..Greeting::new(&self.config.limits, heartbeat, self.config.compact)
        }
    }

    /// Takes the preface off the input; false while it is incomplete.
    pub(super) fn read_preface(&mut self, input: &mut BytesMut) -> Result<bool, Fault> {
        if !preface::check(input)? {
            return Ok(false);
        }
        let _ = input.split_to(PREFACE.len());
        self.phase = Phase::Greeting;
        Ok(true)
    }

    /// Takes the peer's greeting, which has to be its first frame.
    pub(super) fn greeted(&mut self, frame: Frame<'_>) -> Result<(), Fault> {
        let peer = match (self.side, frame) {
            (Side::Accepting, Frame::Hello(peer)) | (Side::Connecting, Frame::Welcome(peer)) => {
                peer
            }
            (_, Frame::Abort { kind, message }) => return Err(told(kind, message)),
            (Side::Accepting, Frame::Resume(resume)) => {
                self.phase = Phase::HandedOver;
                self.events.push_back(Event::Resume(resume));
                return Ok(());
            }
            _ => {
                return Err(Fault::protocol(
                    "a frame other than the greeting came before the greeting",
                ));
            }
        };
        if self.config.only_resumes {
            return Err(Fault::new(
                ErrorKind::Refused,
                "the server takes no new sessions now: it has no room for them (max_connections, \
                 max_connections_per_address), or is shutting down",
            ));
        }
        if peer.version != VERSION {
            return Err(Fault::new(
                ErrorKind::Refused,
                format!(
                    "the peer speaks version {} of the protocol, and this end version {VERSION}",
                    peer.version
                ),
            ));
        }
        self.peer = peer;
        if self.side == Side::Accepting {
            self.output.tail.extend_from_slice(&PREFACE);
            let greeting = self.greeting();
            write::welcome(&mut self.output.tail, &greeting);
        }
        self.agree_on_resume();
        self.credit.grant(peer.max_calls);
        self.exports.set_limit(peer.max_callbacks);
        self.phase = Phase::Open;
        self.events.push_back(Event::Opened);
        Ok(())
    }

    /// Says in an abort frame why the connection ends.
    pub(super) fn say_why(&mut self, fault: &Fault) {
        if self.side == Side::Accepting && !self.is_open() {
            self.output.tail.extend_from_slice(&PREFACE);
        }
        write::abort(&mut self.output.tail, fault.kind.name(), &fault.message);
    }
}

/// The peer said why it ends the connection.
pub(super) fn told(kind: &str, message: &str) -> Fault {
    Fault {
        kind: ErrorKind::from_name(kind),
        message: format!("the peer ended the connection: {message}").into(),
        from_peer: true,
    }
}
