//! Reads the fields of a frame one after the other.
//!
//! Written by hand over the slice: the header of every call goes through here, and it should cost a few
//! comparisons and no allocation. Every method names the field it reads, which costs nothing until it
//! is wrong.

use super::error::{FrameError, Problem};
use crate::codec::{scan, utf8};
use crate::id::{ObjectId, RequestId};

const NIL: u8 = 0xc0;

/// A place in a frame, with the name of the frame's kind for the errors.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    kind: &'static str,
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(super) fn new(kind: &'static str, bytes: &'a [u8]) -> Self {
        Self { kind, rest: bytes }
    }

    /// The same place, once it is known what kind of frame this is.
    pub(super) fn named(self, kind: &'static str) -> Self {
        Self { kind, ..self }
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The field is of another type.
    #[cold]
    #[inline(never)]
    pub(super) fn mismatch(
        &self,
        field: &'static str,
        expected: &'static str,
        found: u8,
    ) -> FrameError {
        self.error(field, Problem::Type { expected, found })
    }

    /// The type is right and the value is not.
    #[cold]
    #[inline(never)]
    pub(super) fn invalid(&self, field: &'static str, expected: &'static str) -> FrameError {
        self.error(field, Problem::Value(expected))
    }

    #[cold]
    #[inline(never)]
    fn error(&self, field: &'static str, problem: Problem) -> FrameError {
        FrameError::Field {
            kind: self.kind,
            field,
            problem,
        }
    }

    /// Checks the number of elements in the frame's array.
    #[inline]
    pub(super) fn arity(&self, found: u32, expected: u32) -> Result<(), FrameError> {
        if found == expected {
            Ok(())
        } else {
            Err(FrameError::Arity {
                kind: self.kind,
                expected,
                found,
            })
        }
    }

    /// Checks that nothing follows.
    #[inline]
    pub(super) fn end(&self) -> Result<(), FrameError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(FrameError::Trailing {
                kind: self.kind,
                bytes: self.rest.len(),
            })
        }
    }

    #[inline]
    pub(super) fn array(&mut self, field: &'static str) -> Result<u32, FrameError> {
        if let [few @ 0x90..=0x9f, rest @ ..] = self.rest {
            self.rest = rest;
            return Ok(u32::from(few & 0x0f));
        }
        self.long_array(field)
    }

    #[inline(never)]
    fn long_array(&mut self, field: &'static str) -> Result<u32, FrameError> {
        match self.marker(field)? {
            0xdc => Ok(u32::from(u16::from_be_bytes(self.fixed(field)?))),
            0xdd => Ok(u32::from_be_bytes(self.fixed(field)?)),
            found => Err(self.mismatch(field, "an array", found)),
        }
    }

    #[inline]
    pub(super) fn map(&mut self, field: &'static str) -> Result<u32, FrameError> {
        match self.marker(field)? {
            marker @ 0x80..=0x8f => Ok(u32::from(marker & 0x0f)),
            0xde => Ok(u32::from(u16::from_be_bytes(self.fixed(field)?))),
            0xdf => Ok(u32::from_be_bytes(self.fixed(field)?)),
            found => Err(self.mismatch(field, "a map", found)),
        }
    }

    /// Takes these bytes if they stand here.
    #[inline]
    pub(super) fn takes<const N: usize>(&mut self, bytes: &[u8; N]) -> bool {
        match self.rest.split_first_chunk::<N>() {
            Some((head, rest)) if head == bytes => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Takes a nil if one stands here.
    #[inline]
    pub(super) fn is_nil(&mut self) -> bool {
        match self.rest.split_first() {
            Some((&NIL, rest)) => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// The sequence number, which is nil as long as no resume is agreed on.
    #[inline]
    pub(super) fn number(&mut self) -> Result<(), FrameError> {
        const FIELD: &str = "number";
        if self.is_nil() {
            return Ok(());
        }
        let found = self.marker(FIELD)?;
        Err(self.mismatch(FIELD, "nil where no resume is agreed on", found))
    }

    #[inline]
    pub(super) fn unsigned(&mut self, field: &'static str) -> Result<u64, FrameError> {
        self.unsigned_or(field, "an unsigned integer")
    }

    #[inline]
    pub(super) fn unsigned_or_nil(
        &mut self,
        field: &'static str,
    ) -> Result<Option<u64>, FrameError> {
        if self.is_nil() {
            return Ok(None);
        }
        self.unsigned_or(field, "nil or an unsigned integer")
            .map(Some)
    }

    /// An integer of any width; a signed one will do as long as it is not negative.
    #[inline]
    pub(super) fn unsigned_or(
        &mut self,
        field: &'static str,
        expected: &'static str,
    ) -> Result<u64, FrameError> {
        let (value, rest) = match self.rest {
            [small @ 0x00..=0x7f, rest @ ..] => (u64::from(*small), rest),
            [0xcd, a, b, rest @ ..] => (u64::from(u16::from_be_bytes([*a, *b])), rest),
            [0xce, a, b, c, d, rest @ ..] => {
                (u64::from(u32::from_be_bytes([*a, *b, *c, *d])), rest)
            }
            _ => return self.other_unsigned(field, expected),
        };
        self.rest = rest;
        Ok(value)
    }

    #[inline(never)]
    fn other_unsigned(
        &mut self,
        field: &'static str,
        expected: &'static str,
    ) -> Result<u64, FrameError> {
        let found = self.marker(field)?;
        let signed = match found {
            0x00..=0x7f => return Ok(u64::from(found)),
            0xcc => return Ok(u64::from(u8::from_be_bytes(self.fixed(field)?))),
            0xcd => return Ok(u64::from(u16::from_be_bytes(self.fixed(field)?))),
            0xce => return Ok(u64::from(u32::from_be_bytes(self.fixed(field)?))),
            0xcf => return Ok(u64::from_be_bytes(self.fixed(field)?)),
            0xd0..=0xd3 | 0xe0..=0xff => self.signed_after(found, field)?,
            _ => return Err(self.mismatch(field, expected, found)),
        };
        u64::try_from(signed).map_err(|_| self.invalid(field, expected))
    }

    /// An integer of any width that fits into 64 bits with a sign.
    #[inline]
    pub(super) fn signed(&mut self, field: &'static str) -> Result<i64, FrameError> {
        let found = self.marker(field)?;
        match found {
            0x00..=0x7f => Ok(i64::from(found)),
            0xcc => Ok(i64::from(u8::from_be_bytes(self.fixed(field)?))),
            0xcd => Ok(i64::from(u16::from_be_bytes(self.fixed(field)?))),
            0xce => Ok(i64::from(u32::from_be_bytes(self.fixed(field)?))),
            0xcf => i64::try_from(u64::from_be_bytes(self.fixed(field)?))
                .map_err(|_| self.invalid(field, "below 2^63")),
            0xd0..=0xd3 | 0xe0..=0xff => self.signed_after(found, field),
            _ => Err(self.mismatch(field, "an integer", found)),
        }
    }

    /// What follows a marker of the signed kind.
    fn signed_after(&mut self, marker: u8, field: &'static str) -> Result<i64, FrameError> {
        Ok(match marker {
            0xd0 => i64::from(i8::from_be_bytes(self.fixed(field)?)),
            0xd1 => i64::from(i16::from_be_bytes(self.fixed(field)?)),
            0xd2 => i64::from(i32::from_be_bytes(self.fixed(field)?)),
            0xd3 => i64::from_be_bytes(self.fixed(field)?),
            small => i64::from(small.cast_signed()),
        })
    }

    #[inline]
    pub(super) fn request_id(&mut self, field: &'static str) -> Result<RequestId, FrameError> {
        self.unsigned(field).map(RequestId)
    }

    #[inline]
    pub(super) fn object_id(&mut self, field: &'static str) -> Result<ObjectId, FrameError> {
        let id = self.unsigned(field)?;
        self.check_object(id, field)
    }

    #[inline]
    pub(super) fn check_object(
        &self,
        id: u64,
        field: &'static str,
    ) -> Result<ObjectId, FrameError> {
        ObjectId::new(id)
            .ok_or_else(|| self.invalid(field, "an object's number, from 1 to 2^63 - 1"))
    }

    #[inline]
    pub(super) fn boolean(&mut self, field: &'static str) -> Result<bool, FrameError> {
        match self.marker(field)? {
            0xc2 => Ok(false),
            0xc3 => Ok(true),
            found => Err(self.mismatch(field, "a boolean", found)),
        }
    }

    #[inline]
    pub(super) fn string(&mut self, field: &'static str) -> Result<&'a str, FrameError> {
        let length = match self.marker(field)? {
            marker @ 0xa0..=0xbf => u32::from(marker & 0x1f),
            0xd9 => u32::from(u8::from_be_bytes(self.fixed(field)?)),
            0xda => u32::from(u16::from_be_bytes(self.fixed(field)?)),
            0xdb => u32::from_be_bytes(self.fixed(field)?),
            found => {
                return Err(self.mismatch(field, "a string", found));
            }
        };
        let (text, rest) = usize::try_from(length)
            .ok()
            .and_then(|length| self.rest.split_at_checked(length))
            .ok_or_else(|| self.error(field, Problem::Truncated))?;
        self.rest = rest;
        utf8(text).ok_or_else(|| self.error(field, Problem::Utf8))
    }

    /// Whether a string stands here.
    #[inline]
    pub(super) fn is_string(&self) -> bool {
        matches!(self.rest.first(), Some(0xa0..=0xbf | 0xd9..=0xdb))
    }

    /// Whether an array stands here.
    #[inline]
    pub(super) fn is_array(&self) -> bool {
        matches!(self.rest.first(), Some(0x90..=0x9f | 0xdc | 0xdd))
    }

    /// Steps over one value of any type and returns its bytes.
    #[inline]
    pub(super) fn value(
        &mut self,
        field: &'static str,
        max_nesting: u32,
    ) -> Result<&'a [u8], FrameError> {
        let length = scan(self.rest, max_nesting)
            .map_err(|error| self.error(field, Problem::Payload(error)))?;
        let (value, rest) = self.rest.split_at(length);
        self.rest = rest;
        Ok(value)
    }

    #[inline]
    fn marker(&mut self, field: &'static str) -> Result<u8, FrameError> {
        self.fixed(field).map(|[marker]| marker)
    }

    #[inline]
    fn fixed<const N: usize>(&mut self, field: &'static str) -> Result<[u8; N], FrameError> {
        match self.rest.split_first_chunk() {
            Some((head, rest)) => {
                self.rest = rest;
                Ok(*head)
            }
            None => Err(self.error(field, Problem::Truncated)),
        }
    }
}
