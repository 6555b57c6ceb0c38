//! Where values are read: the bytes that are left, and how deep in arrays and maps they are.
//!
//! What is in this file knows nothing of the types that are read, so it is compiled once.

use serde::de::{self, Expected, Unexpected};

use super::error::{DecodeError, Unreadable};
use super::nesting::scan;
use super::text::utf8;

/// How many arrays and maps may be read inside of each other. Of what the peer sends, the scan has made
/// sure before; this is against overflowing the stack whatever was allowed.
const MAX_DEPTH: u16 = 1024;

/// Values that are being read.
pub(super) struct Reader<'de> {
    rest: &'de [u8],
    depth: u16,
    /// The name of the field that comes next, if those that were sent are in their order. Never more than
    /// a guess.
    likely: Option<&'static str>,
}

/// What a value begins with: all of it, unless it is an array or a map.
#[derive(Clone, Copy, Debug)]
pub(super) enum Token<'de> {
    Nil,
    Bool(bool),
    Unsigned(u64),
    /// Below zero.
    Signed(i64),
    Float32(f32),
    Float64(f64),
    Text(&'de str),
    /// Text by its marker, but not UTF-8.
    BadText(&'de [u8]),
    Bytes(&'de [u8]),
    Extension(i8, &'de [u8]),
    Array(u32),
    /// Entries.
    Map(u32),
}

impl<'de> Reader<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Self {
        Self {
            rest: bytes,
            depth: 0,
            likely: None,
        }
    }

    /// The bytes that have not been read.
    #[inline]
    pub(super) fn rest(&self) -> &'de [u8] {
        self.rest
    }

    /// Reads the next value, or the head of one.
    pub(super) fn token(&mut self) -> Result<Token<'de>, DecodeError> {
        let [marker] = self.array()?;
        Ok(match marker {
            0x00..=0x7f => Token::Unsigned(marker.into()),
            0x80..=0x8f => Token::Map((marker & 0x0f).into()),
            0x90..=0x9f => Token::Array((marker & 0x0f).into()),
            0xa0..=0xbf => self.text_of((marker & 0x1f).into())?,
            0xc0 => Token::Nil,
            0xc1 => return Err(Unreadable::Reserved.into()),
            0xc2 | 0xc3 => Token::Bool(marker == 0xc3),
            0xc4..=0xc6 => {
                let length = self.length(marker - 0xc4)?;
                Token::Bytes(self.take(length)?)
            }
            0xc7..=0xc9 => {
                let length = self.length(marker - 0xc7)?;
                self.extension(length)?
            }
            0xca => Token::Float32(f32::from_be_bytes(self.array()?)),
            0xcb => Token::Float64(f64::from_be_bytes(self.array()?)),
            0xcc => Token::Unsigned(u8::from_be_bytes(self.array()?).into()),
            0xcd => Token::Unsigned(u16::from_be_bytes(self.array()?).into()),
            0xce => Token::Unsigned(u32::from_be_bytes(self.array()?).into()),
            0xcf => Token::Unsigned(u64::from_be_bytes(self.array()?)),
            0xd0 => signed(i8::from_be_bytes(self.array()?).into()),
            0xd1 => signed(i16::from_be_bytes(self.array()?).into()),
            0xd2 => signed(i32::from_be_bytes(self.array()?).into()),
            0xd3 => signed(i64::from_be_bytes(self.array()?)),
            0xd4..=0xd8 => self.extension(1 << (marker - 0xd4))?,
            0xd9..=0xdb => {
                let length = self.length(marker - 0xd9)?;
                self.text_of(length)?
            }
            0xdc | 0xdd => Token::Array(self.length(marker - 0xdb)?),
            0xde | 0xdf => Token::Map(self.length(marker - 0xdd)?),
            0xe0..=0xff => Token::Signed((marker as i8).into()),
        })
    }

    /// The next value if it is a number, and not below zero; else nothing is read.
    pub(super) fn unsigned(&mut self) -> Option<u64> {
        let (number, rest) = unsigned(self.rest)?;
        self.rest = rest;
        Some(number)
    }

    /// The number of entries if the next value is a map of few; else nothing is read.
    #[inline]
    pub(super) fn small_map(&mut self) -> Option<u32> {
        match *self.rest {
            [marker @ 0x80..=0x8f, ref rest @ ..] => {
                self.rest = rest;
                Some((marker & 0x0f).into())
            }
            _ => None,
        }
    }

    /// The next value if it is a text; else nothing is read.
    pub(super) fn text(&mut self) -> Option<&'de str> {
        let (&marker, rest) = self.rest.split_first()?;
        let (length, rest) = match marker {
            0xa0..=0xbf => (usize::from(marker & 0x1f), rest),
            0xd9 => {
                let (&length, rest) = rest.split_first()?;
                (usize::from(length), rest)
            }
            0xda => {
                let (length, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            _ => return None,
        };
        let (text, rest) = rest.split_at_checked(length)?;
        let text = utf8(text)?;
        self.rest = rest;
        Some(text)
    }

    /// Says that the name of a field comes next, and which one it is likely to be.
    #[inline]
    pub(super) fn expect_name(&mut self, likely: &'static str) {
        self.likely = Some(likely);
    }

    /// The name that comes next, if it is the one that was likely. That one is known to be text.
    #[inline]
    pub(super) fn likely_name(&mut self) -> Option<&'static str> {
        let likely = self.likely.take()?;
        let (&marker, rest) = self.rest.split_first()?;
        let length = likely.len();
        // Names are short, and then this is faster than a comparison that has to be called.
        let is_there = length < 0x20
            && usize::from(marker ^ 0xa0) == length
            && rest.len() >= length
            && std::iter::zip(rest, likely.as_bytes()).all(|(found, name)| found == name);
        is_there.then(|| {
            self.rest = &rest[length..];
            likely
        })
    }

    /// Whether the next value is nil; if so, it is read.
    pub(super) fn nil(&mut self) -> bool {
        match self.rest {
            [0xc0, rest @ ..] => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Whether the next value is a map.
    pub(super) fn is_map(&self) -> bool {
        matches!(self.rest, [0x80..=0x8f | 0xde | 0xdf, ..])
    }

    /// Goes over the next value, however deep it is.
    pub(super) fn skip(&mut self) -> Result<(), DecodeError> {
        let length = scan(self.rest, u32::MAX).map_err(Unreadable::from)?;
        self.rest = &self.rest[length..];
        Ok(())
    }

    /// Begins to read what is inside of an array or a map.
    #[inline]
    pub(super) fn enter(&mut self) -> Result<(), DecodeError> {
        if self.depth == MAX_DEPTH {
            return Err(Unreadable::TooDeep.into());
        }
        self.depth += 1;
        Ok(())
    }

    /// The array or the map was read.
    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth -= 1;
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        match self.rest.split_first_chunk() {
            Some((array, rest)) => {
                self.rest = rest;
                Ok(*array)
            }
            None => Err(Unreadable::Truncated.into()),
        }
    }

    fn take(&mut self, length: u32) -> Result<&'de [u8], DecodeError> {
        let taken = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length));
        match taken {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(Unreadable::Truncated.into()),
        }
    }

    /// A length of 8, 16 or 32 bits, by its logarithm.
    fn length(&mut self, width: u8) -> Result<u32, DecodeError> {
        Ok(match width {
            0 => u8::from_be_bytes(self.array()?).into(),
            1 => u16::from_be_bytes(self.array()?).into(),
            _ => u32::from_be_bytes(self.array()?),
        })
    }

    fn text_of(&mut self, length: u32) -> Result<Token<'de>, DecodeError> {
        let bytes = self.take(length)?;
        Ok(match utf8(bytes) {
            Some(text) => Token::Text(text),
            None => Token::BadText(bytes),
        })
    }

    fn extension(&mut self, length: u32) -> Result<Token<'de>, DecodeError> {
        let [tag] = self.array()?;
        Ok(Token::Extension(tag as i8, self.take(length)?))
    }
}

/// The number at the front, if there is one without a sign, and what follows on it.
#[inline]
pub(crate) fn unsigned(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (&marker, rest) = bytes.split_first()?;
    Some(match marker {
        0x00..=0x7f => (marker.into(), rest),
        0xcc => {
            let (number, rest) = rest.split_first()?;
            (u64::from(*number), rest)
        }
        0xcd => {
            let (number, rest) = rest.split_first_chunk()?;
            (u64::from(u16::from_be_bytes(*number)), rest)
        }
        0xce => {
            let (number, rest) = rest.split_first_chunk()?;
            (u64::from(u32::from_be_bytes(*number)), rest)
        }
        0xcf => {
            let (number, rest) = rest.split_first_chunk()?;
            (u64::from_be_bytes(*number), rest)
        }
        _ => return None,
    })
}

fn signed<'de>(number: i64) -> Token<'de> {
    match u64::try_from(number) {
        Ok(number) => Token::Unsigned(number),
        Err(_) => Token::Signed(number),
    }
}

impl Token<'_> {
    /// The error that something else was expected.
    #[cold]
    pub(super) fn instead_of(&self, expected: &dyn Expected) -> DecodeError {
        let found = match *self {
            Self::Nil => Unexpected::Unit,
            Self::Bool(value) => Unexpected::Bool(value),
            Self::Unsigned(number) => Unexpected::Unsigned(number),
            Self::Signed(number) => Unexpected::Signed(number),
            Self::Float32(number) => Unexpected::Float(number.into()),
            Self::Float64(number) => Unexpected::Float(number),
            Self::Text(text) => Unexpected::Str(text),
            Self::BadText(bytes) | Self::Bytes(bytes) => Unexpected::Bytes(bytes),
            Self::Extension(..) => Unexpected::Other("extension value"),
            Self::Array(_) => Unexpected::Seq,
            Self::Map(_) => Unexpected::Map,
        };
        de::Error::invalid_type(found, expected)
    }
}
