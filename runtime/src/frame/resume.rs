//! What carries a session over from one connection to the next: resume, ack, and the secret.

use std::fmt;

use bytes::{BufMut, BytesMut};
use subtle::ConstantTimeEq;

use super::Frame;
use super::append::{put_array, put_unsigned};
use super::cursor::Cursor;
use super::error::FrameError;
use super::length::{PREFIX, frame_len};
use super::{kind, write};

/// Whoever knows it may go on with the session. Its text is never shown.
#[derive(Clone, Copy)]
pub(crate) struct Token(pub(crate) [u8; Self::LENGTH]);

/// What a session is found and entered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticket {
    /// The session's number, which is no secret.
    pub(crate) session: u64,
    pub(crate) token: Token,
}

/// A session is to go on: the first frame of each end on a new connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Resume {
    /// Of the connecting end: by what it enters. Of the accepting end: by what it may the next time.
    pub(crate) ticket: Ticket,
    /// The number of the last frame that the sender has received.
    pub(crate) received: u64,
}

/// How far the sender has read, and where it stands itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ack {
    /// The number of the last frame that the sender has received.
    pub(crate) received: u64,
    /// The number of the next numbered frame that it sends.
    pub(crate) next: u64,
}

impl Token {
    const LENGTH: usize = 32;

    /// Whether it is the same, in a time that does not tell how much of it is.
    pub(crate) fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }

    pub(super) fn read(fields: &mut Cursor<'_>) -> Result<Self, FrameError> {
        const FIELD: &str = "token";
        let secret = match fields.value(FIELD, 1)? {
            [0xc4, 32, secret @ ..]
            | [0xc5, 0, 32, secret @ ..]
            | [0xc6, 0, 0, 0, 32, secret @ ..] => secret,
            _ => return Err(fields.invalid(FIELD, "binary of 32 bytes")),
        };
        let secret = secret.try_into();
        secret
            .map(Self)
            .map_err(|_| fields.invalid(FIELD, "binary of 32 bytes"))
    }

    pub(super) fn write(&self, out: &mut BytesMut) {
        out.put_slice(&[0xc4, Self::LENGTH as u8]);
        out.put_slice(&self.0);
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.is(other)
    }
}

impl Eq for Token {}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

pub(super) fn read_resume<'a>(
    fields: &mut Cursor<'a>,
    found: u32,
) -> Result<Frame<'a>, FrameError> {
    fields.arity(found, 4)?;
    let session = fields.unsigned("session")?;
    let token = Token::read(fields)?;
    let received = fields.unsigned("received")?;
    fields.end()?;
    Ok(Frame::Resume(Resume {
        ticket: Ticket { session, token },
        received,
    }))
}

pub(super) fn read_ack<'a>(fields: &mut Cursor<'a>, found: u32) -> Result<Frame<'a>, FrameError> {
    fields.arity(found, 3)?;
    let received = fields.unsigned("received")?;
    let next = fields.unsigned("next")?;
    fields.end()?;
    Ok(Frame::Ack(Ack { received, next }))
}

impl Resume {
    /// Appends the frame.
    pub(crate) fn write(&self, out: &mut BytesMut) -> usize {
        write::framed(out, 0, |out| {
            put_array(out, 4);
            put_unsigned(out, kind::RESUME);
            put_unsigned(out, self.ticket.session);
            self.ticket.token.write(out);
            put_unsigned(out, self.received);
        })
    }
}

impl Ack {
    /// Appends the frame.
    pub(crate) fn write(&self, out: &mut BytesMut) -> usize {
        write::framed(out, 0, |out| {
            put_array(out, 3);
            put_unsigned(out, kind::ACK);
            put_unsigned(out, self.received);
            put_unsigned(out, self.next);
        })
    }
}

impl Frame<'_> {
    /// Whether the frame counts: whether it is lost with a connection and has to be sent again.
    pub(crate) fn is_numbered(&self) -> bool {
        match self {
            Self::Request(_)
            | Self::Response(_)
            | Self::Notification(_)
            | Self::Cancel { .. }
            | Self::Release { .. }
            | Self::Revoke { .. }
            | Self::Goaway { .. } => true,
            Self::Credit(_)
            | Self::Ping(_)
            | Self::Pong(_)
            | Self::Hello(_)
            | Self::Welcome(_)
            | Self::Ack(_)
            | Self::Resume(_)
            | Self::Abort { .. }
            | Self::Optional(_) => false,
        }
    }
}

/// The frames in bytes that this end wrote: the length of each, and whether it is numbered. Of a frame
/// only the first bytes are looked at; what is missing of the last one may lie elsewhere.
pub(crate) fn own_frames(mut bytes: &[u8]) -> impl Iterator<Item = (usize, bool)> {
    std::iter::from_fn(move || {
        let length = PREFIX + frame_len(bytes)? as usize;
        let (frame, rest) = bytes.split_at(length.min(bytes.len()));
        bytes = rest;
        // The array of a frame that this end numbers is written with a marker of one byte.
        let kind = match frame.get(PREFIX..PREFIX + 2) {
            Some(&[0x90..=0x9f, kind]) => u64::from(kind),
            _ => return Some((length, false)),
        };
        Some((length, kind <= kind::REVOKE || kind == kind::GOAWAY))
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::{frame, written};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_token_is_not_shown() {
        let token = Token([7; 32]);
        assert_eq!(format!("{token:?}"), "Token(..)");
    }

    #[test]
    fn a_token_differs_by_one_bit() {
        let token = Token([7; 32]);
        assert!(token.is(&Token([7; 32])));
        for at in 0..32 {
            let mut other = token;
            other.0[at] ^= 0x80;
            assert!(!token.is(&other), "byte {at}");
        }
    }

    proptest! {
        #[test]
        fn what_is_numbered_shows_in_the_bytes(frames in proptest::collection::vec(frame(), 0..8)) {
            let mut bytes = BytesMut::new();
            for frame in &frames {
                bytes.extend_from_slice(&written(frame));
            }
            let expected: Vec<_> =
                frames.iter().map(|frame| (written(frame).len(), frame.is_numbered())).collect();
            prop_assert_eq!(own_frames(&bytes).collect::<Vec<_>>(), expected);
        }
    }
}
