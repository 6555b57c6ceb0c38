//! Hello and welcome: the version, and what each end grants to the other.

use bytes::BytesMut;

use super::append::{put_array, put_bool, put_map, put_string, put_unsigned};
use super::cursor::Cursor;
use super::error::FrameError;
use super::resume::{Ticket, Token};
use crate::limits::Limits;

/// The version of the protocol that this crate speaks.
pub(crate) const VERSION: u32 = 1;

const FIELDS: u32 = 3;
/// Options that every greeting of this end has.
const OPTIONS: usize = 8;
/// How deep the value of an option may be nested that this version does not know.
const OPTION_NESTING: u32 = 16;

/// What an end says of itself when a session begins. All figures are what it takes, not what it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// The version of the protocol.
    pub(crate) version: u32,
    /// Size of a frame, in bytes; fits into 32 bits.
    pub(crate) max_frame: u64,
    /// Calls that may be outstanding.
    pub(crate) max_calls: u32,
    /// Calls to one object that may be outstanding.
    pub(crate) max_object_calls: u32,
    /// Objects that may be introduced and not released.
    pub(crate) max_callbacks: u32,
    /// Calls inside calls.
    pub(crate) max_call_depth: u32,
    /// Arrays and maps inside each other, in a payload.
    pub(crate) max_nesting: u32,
    /// Milliseconds without a byte from the other end after which this one pings; 0 for never.
    pub(crate) heartbeat: u64,
    /// Whether this end wants structs as arrays.
    pub(crate) compact: bool,
    /// Milliseconds for which this end waits for a new connection when one broke; 0 for not at all.
    pub(crate) resume: u64,
    /// Bytes of numbered frames that this end keeps until they are acknowledged.
    pub(crate) replay: u64,
    /// By what the session can be resumed; only the accepting end says it.
    pub(crate) ticket: Option<Ticket>,
}

impl Greeting {
    /// What an end keeps that does not say how much.
    pub(crate) const REPLAY: u64 = 4 << 20;

    /// The greeting of an end with these limits.
    pub(crate) fn new(limits: &Limits, heartbeat: u64, compact: bool) -> Self {
        Self {
            version: VERSION,
            max_frame: limits
                .max_frame
                .clamp(Limits::LEAST_FRAME, u32::MAX as usize) as u64,
            max_calls: limits.max_calls,
            max_object_calls: limits.max_object_calls,
            max_callbacks: limits.max_callbacks,
            max_call_depth: limits.max_call_depth,
            max_nesting: limits.max_nesting.max(1),
            heartbeat,
            compact,
            resume: 0,
            replay: Self::REPLAY,
            ticket: None,
        }
    }

    pub(super) fn read(fields: &mut Cursor<'_>, found: u32) -> Result<Self, FrameError> {
        fields.arity(found, FIELDS)?;
        // What is not mentioned is as the protocol has it, whatever this end's own defaults become.
        let mut greeting = Self::new(&Limits::default(), 0, false);
        greeting.version = saturated(fields, "version")?;
        let (mut session, mut token) = (None, None);
        for _ in 0..fields.map("options")? {
            match fields.string("options")? {
                "max_frame" => greeting.max_frame = read_max_frame(fields)?,
                "max_calls" => greeting.max_calls = saturated(fields, "max_calls")?,
                "max_object_calls" => {
                    greeting.max_object_calls = saturated(fields, "max_object_calls")?;
                }
                "max_callbacks" => greeting.max_callbacks = saturated(fields, "max_callbacks")?,
                "max_call_depth" => greeting.max_call_depth = saturated(fields, "max_call_depth")?,
                "max_nesting" => greeting.max_nesting = read_max_nesting(fields)?,
                "heartbeat" => greeting.heartbeat = fields.unsigned("heartbeat")?,
                "compact" => greeting.compact = fields.boolean("compact")?,
                "resume" => greeting.resume = fields.unsigned("resume")?,
                "replay" => greeting.replay = fields.unsigned("replay")?,
                "session" => session = Some(fields.unsigned("session")?),
                "token" => token = Some(Token::read(fields)?),
                _ => {
                    fields.value("options", OPTION_NESTING)?;
                }
            }
        }
        fields.end()?;
        greeting.ticket = session
            .zip(token)
            .map(|(session, token)| Ticket { session, token });
        if greeting.resume == 0 {
            greeting.replay = Self::REPLAY; // it means nothing
        }
        Ok(greeting)
    }

    pub(super) fn write(&self, out: &mut BytesMut, kind: u64) {
        put_array(out, FIELDS as usize);
        put_unsigned(out, kind);
        put_unsigned(out, u64::from(self.version));
        let (resumes, ticket) = (self.resume > 0, self.ticket);
        put_map(
            out,
            OPTIONS + 2 * usize::from(resumes) + 2 * usize::from(ticket.is_some()),
        );
        for (name, value) in [
            ("max_frame", self.max_frame),
            ("max_calls", u64::from(self.max_calls)),
            ("max_object_calls", u64::from(self.max_object_calls)),
            ("max_callbacks", u64::from(self.max_callbacks)),
            ("max_call_depth", u64::from(self.max_call_depth)),
            ("max_nesting", u64::from(self.max_nesting)),
            ("heartbeat", self.heartbeat),
        ] {
            put_string(out, name);
            put_unsigned(out, value);
        }
        put_string(out, "compact");
        put_bool(out, self.compact);
        if resumes {
            put_string(out, "resume");
            put_unsigned(out, self.resume);
            put_string(out, "replay");
            put_unsigned(out, self.replay);
        }
        if let Some(ticket) = ticket {
            put_string(out, "session");
            put_unsigned(out, ticket.session);
            put_string(out, "token");
            ticket.token.write(out);
        }
    }
}

/// A figure beyond 32 bits grants as much as nobody will use.
fn saturated(fields: &mut Cursor<'_>, field: &'static str) -> Result<u32, FrameError> {
    fields
        .unsigned(field)
        .map(|value| u32::try_from(value).unwrap_or(u32::MAX))
}

fn read_max_nesting(fields: &mut Cursor<'_>) -> Result<u32, FrameError> {
    const FIELD: &str = "max_nesting";
    match saturated(fields, FIELD)? {
        0 => Err(fields.invalid(FIELD, "1 or more")),
        value => Ok(value),
    }
}

fn read_max_frame(fields: &mut Cursor<'_>) -> Result<u64, FrameError> {
    const FIELD: &str = "max_frame";
    let value = fields.unsigned(FIELD)?;
    if value < Limits::LEAST_FRAME as u64 {
        return Err(fields.invalid(FIELD, "1024 bytes or more"));
    }
    // A frame's length has 32 bits.
    Ok(value.min(u64::from(u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::super::append::put_nil;
    use super::super::{Frame, read, write};
    use super::*;

    fn hello(options: impl FnOnce(&mut BytesMut)) -> Result<Greeting, FrameError> {
        let mut out = BytesMut::new();
        put_array(&mut out, 3);
        put_unsigned(&mut out, 9);
        put_unsigned(&mut out, 1);
        options(&mut out);
        match read(&out, 64)? {
            Frame::Hello(greeting) => Ok(greeting),
            other => panic!("{other:?} is no hello"),
        }
    }

    fn one(name: &str, value: u64) -> Result<Greeting, FrameError> {
        hello(|out| {
            put_map(out, 1);
            put_string(out, name);
            put_unsigned(out, value);
        })
    }

    #[test]
    fn what_is_not_mentioned_has_the_protocols_defaults() {
        let greeting = hello(|out| put_map(out, 0)).unwrap();
        assert_eq!(
            greeting,
            Greeting {
                version: 1,
                max_frame: 16_777_216,
                max_calls: 4096,
                max_object_calls: 1024,
                max_callbacks: 10_000,
                max_call_depth: 1024,
                max_nesting: 64,
                heartbeat: 0,
                compact: false,
                resume: 0,
                replay: 4_194_304,
                ticket: None,
            }
        );
    }

    #[test]
    fn unknown_options_are_skipped_whatever_they_hold() {
        let greeting = hello(|out| {
            put_map(out, 3);
            put_string(out, "resume_token");
            put_array(out, 2);
            put_map(out, 1);
            put_nil(out);
            put_string(out, "x");
            put_bool(out, true);
            put_string(out, "max_calls");
            put_unsigned(out, 7);
            put_string(out, "x");
            put_nil(out);
        });
        assert_eq!(greeting.unwrap().max_calls, 7);
    }

    #[test]
    fn a_generous_peer_is_taken_as_far_as_it_goes() {
        assert_eq!(one("max_calls", u64::MAX).unwrap().max_calls, u32::MAX);
        assert_eq!(
            one("max_frame", u64::MAX).unwrap().max_frame,
            u64::from(u32::MAX)
        );
        assert_eq!(one("heartbeat", u64::MAX).unwrap().heartbeat, u64::MAX);
    }

    #[test]
    fn a_peer_that_could_not_be_told_a_failure_is_refused() {
        assert_eq!(one("max_frame", 1024).unwrap().max_frame, 1024);
        let error = one("max_frame", 1023).unwrap_err();
        assert_eq!(
            error.to_string(),
            "hello: `max_frame` must be 1024 bytes or more"
        );
        let error = one("max_nesting", 0).unwrap_err();
        assert_eq!(error.to_string(), "hello: `max_nesting` must be 1 or more");
    }

    #[test]
    fn limits_are_told_as_the_other_end_takes_them() {
        let limits = Limits {
            max_frame: 10,
            max_nesting: 0,
            max_callbacks: 3,
            ..Limits::default()
        };
        let mut out = BytesMut::new();
        let told = Greeting::new(&limits, 5000, true);
        write::welcome(&mut out, &told);
        assert_eq!(told.max_frame, 1024);
        assert_eq!(read(&out[4..], 64), Ok(Frame::Welcome(told)));
    }
}
