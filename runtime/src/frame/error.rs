//! What can be wrong with the bytes of a peer.

use std::fmt;

use crate::codec::ScanError;

/// The bytes are not a frame of this protocol. The connection cannot go on after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FrameError {
    /// The stream does not begin as a session does; says what it looks like.
    Preface(&'static str),
    /// A frame announces more bytes than this end takes.
    TooLong {
        /// The bytes announced.
        length: u32,
        /// The bytes allowed.
        max: usize,
    },
    /// A kind that is neither known nor optional.
    Kind(u64),
    /// A frame has too few or too many fields.
    Arity {
        /// The name of its kind.
        kind: &'static str,
        /// The fields that it must have.
        expected: u32,
        /// The fields that it has.
        found: u32,
    },
    /// A field is not what it must be.
    Field {
        /// The name of the frame's kind.
        kind: &'static str,
        /// The name of the field.
        field: &'static str,
        /// What is wrong with it.
        problem: Problem,
    },
    /// Bytes follow the last field.
    Trailing {
        /// The name of the frame's kind.
        kind: &'static str,
        /// How many bytes follow.
        bytes: usize,
    },
}

/// What can be wrong with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// The bytes end before the field does.
    Truncated,
    /// The field is of another type.
    Type {
        /// What it must be.
        expected: &'static str,
        /// The first byte of what it is.
        found: u8,
    },
    /// The type is right and the value is not: says what it must be.
    Value(&'static str),
    /// A string that is not UTF-8.
    Utf8,
    /// A payload that must not be decoded.
    Payload(ScanError),
}

impl fmt::Display for FrameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preface(looks) => write!(f, "this is no Ringback session: {looks}"),
            Self::TooLong { length, max } => {
                write!(f, "a frame of {length} bytes, where max_frame is {max}")
            }
            Self::Kind(kind) => write!(f, "a frame of the unknown kind {kind}"),
            Self::Arity {
                kind,
                expected,
                found,
            } => {
                write!(f, "{kind}: {found} elements, where {expected} belong")
            }
            Self::Field {
                kind,
                field,
                problem,
            } => write!(f, "{kind}: `{field}` {problem}"),
            Self::Trailing { kind, bytes } => {
                write!(f, "{kind}: {bytes} bytes too many after the last field")
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("ends too early"),
            Self::Type { expected, found } => {
                write!(f, "must be {expected}, and is {}", type_name(*found))
            }
            Self::Value(expected) => write!(f, "must be {expected}"),
            Self::Utf8 => f.write_str("is not UTF-8"),
            Self::Payload(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for FrameError {}

/// The type of a MessagePack value, by its first byte.
fn type_name(marker: u8) -> &'static str {
    match marker {
        0x00..=0x7f | 0xcc..=0xd3 | 0xe0..=0xff => "an integer",
        0x80..=0x8f | 0xde | 0xdf => "a map",
        0x90..=0x9f | 0xdc | 0xdd => "an array",
        0xa0..=0xbf | 0xd9..=0xdb => "a string",
        0xc0 => "nil",
        0xc1 => "not MessagePack",
        0xc2 | 0xc3 => "a boolean",
        0xc4..=0xc6 => "binary",
        0xca | 0xcb => "a float",
        0xc7..=0xc9 | 0xd4..=0xd8 => "an extension value",
    }
}
