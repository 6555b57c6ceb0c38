//! Why a value could not be written or read.

use std::fmt::{self, Write as _};
use std::str::Utf8Error;

use serde::{de, ser};

use super::nesting::ScanError;

/// What is said of a value is cut here, in bytes.
const MOST_TEXT: usize = 1024;

/// Why a value could not be written. One word, since everything that writes returns it.
#[derive(Debug)]
pub(crate) struct EncodeError(Box<Unwritable>);

/// What is wrong with a value that is written.
#[derive(Debug)]
pub(super) enum Unwritable {
    /// Arrays and maps lie deeper inside each other than the peer allows.
    TooDeep { max: u32 },
    /// Its `Serialize` announced more or less than it wrote, or went on after an error.
    Count,
    /// A length of more than 32 bits.
    TooLong,
    /// An extension value is something else than an `i8` and bytes.
    Extension,
    /// A `Display` that failed.
    Display,
    /// What the `Serialize` says.
    Other(String),
}

impl From<Unwritable> for EncodeError {
    #[cold]
    fn from(why: Unwritable) -> Self {
        Self(Box::new(why))
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Unwritable::TooDeep { max } => write!(
                f,
                "nested deeper than the peer takes, which is {max} levels (max_nesting)"
            ),
            Unwritable::Count => {
                f.write_str("its `Serialize` writes another number of elements than it announces")
            }
            Unwritable::TooLong => f.write_str("longer than MessagePack can say, which is 32 bits"),
            Unwritable::Extension => {
                f.write_str("an extension value has to be made of an `i8` and bytes")
            }
            Unwritable::Display => f.write_str("its `Display` failed"),
            Unwritable::Other(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for EncodeError {}

impl ser::Error for EncodeError {
    #[cold]
    fn custom<T: fmt::Display>(why: T) -> Self {
        Unwritable::Other(why.to_string()).into()
    }
}

/// Why bytes could not be read as what was asked for. One word, as the other.
#[derive(Debug)]
pub(crate) struct DecodeError(Box<Unreadable>);

/// What is wrong with a value that is read.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// The bytes end where a value should begin, or inside of it.
    Truncated,
    /// The byte `c1`.
    Reserved,
    /// Arrays and maps lie too deep inside each other for recursion.
    TooDeep,
    /// A string that is none.
    Utf8(Utf8Error),
    /// More elements or entries than what reads them takes.
    Unread { found: u32, read: u32 },
    /// A map that should be a variant with its fields, but is not of one entry.
    Variants { found: u32 },
    /// What the `Deserialize` says.
    Other(String),
}

impl From<ScanError> for Unreadable {
    fn from(why: ScanError) -> Self {
        match why {
            ScanError::Truncated | ScanError::Oversized { .. } => Self::Truncated,
            ScanError::TooDeep { .. } => Self::TooDeep,
            ScanError::Reserved => Self::Reserved,
        }
    }
}

impl From<Unreadable> for DecodeError {
    #[cold]
    fn from(why: Unreadable) -> Self {
        Self(Box::new(why))
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            Unreadable::Truncated => f.write_str("the value ends too early"),
            Unreadable::Reserved => f.write_str("the byte c1, which means nothing in MessagePack"),
            Unreadable::TooDeep => f.write_str("nested too deep to be read"),
            Unreadable::Utf8(why) => write!(f, "a string that is not UTF-8: {why}"),
            Unreadable::Unread { found, read } => {
                write!(f, "{found} elements, of which only {read} are expected")
            }
            Unreadable::Variants { found } => write!(
                f,
                "a map of {found} entries, where an enum's variant is a map of one"
            ),
            Unreadable::Other(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for DecodeError {}

impl de::Error for DecodeError {
    #[cold]
    fn custom<T: fmt::Display>(why: T) -> Self {
        let mut text = Short::default();
        let _ = write!(text, "{why}");
        Unreadable::Other(text.0).into()
    }
}

/// The beginning of a text: what serde says of a value may repeat the value, and that comes from the peer.
#[derive(Default)]
struct Short(String);

impl fmt::Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MOST_TEXT.saturating_sub(self.0.len());
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        self.0.push_str(&text[..text.floor_char_boundary(room)]);
        self.0.push('…');
        Err(fmt::Error)
    }
}
