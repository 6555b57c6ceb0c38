//! Values that are made of others, while they are written. Each counts what it is given, since a
//! `Serialize` may say one number and write another.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};

use super::error::{EncodeError, Unwritable};
use super::head::Kind;
use super::writer::{Level, Writer};

/// The fields of a struct or of a variant.
pub(super) struct Fields<'a> {
    writer: &'a mut Writer,
    level: Level,
    tally: Tally,
}

/// How many values were announced and not written so far.
struct Tally {
    left: usize,
    /// One failed, and left what had been written of it.
    failed: bool,
}

impl Tally {
    #[inline]
    fn new(announced: usize) -> Self {
        Self {
            left: announced,
            failed: false,
        }
    }

    /// Writes one of the values.
    #[inline]
    fn write<T: Serialize + ?Sized>(
        &mut self,
        writer: &mut Writer,
        value: &T,
    ) -> Result<(), EncodeError> {
        // Too many wrap around, and there are never so many more that it comes to zero again.
        self.left = self.left.wrapping_sub(1);
        let written = value.serialize(writer);
        self.failed |= written.is_err();
        written
    }

    #[inline]
    fn check(&self) -> Result<(), EncodeError> {
        if self.left == 0 && !self.failed {
            return Ok(());
        }
        Err(Unwritable::Count.into())
    }
}

impl<'a> Fields<'a> {
    /// `level` is that of the outermost array or map that was begun.
    #[inline]
    pub(super) fn new(writer: &'a mut Writer, level: Level, announced: usize) -> Self {
        Self {
            writer,
            level,
            tally: Tally::new(announced),
        }
    }

    #[inline]
    fn named<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        if !self.writer.is_compact() {
            self.writer.text(name)?;
        }
        self.unnamed(value)
    }

    #[inline]
    fn unnamed<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.tally.write(self.writer, value)
    }

    #[inline]
    fn finish(self) -> Result<(), EncodeError> {
        self.writer.leave(self.level);
        self.tally.check()
    }
}

macro_rules! fields {
    ($($trait:ident: $field:ident($($name:ident: $type:ty)?) by $by:ident;)*) => {$(
        impl $trait for Fields<'_> {
            type Ok = ();
            type Error = EncodeError;

            #[inline]
            fn $field<T: Serialize + ?Sized>(
                &mut self,
                $($name: $type,)?
                value: &T,
            ) -> Result<(), EncodeError> {
                self.$by($($name,)? value)
            }

            #[inline]
            fn end(self) -> Result<(), EncodeError> {
                self.finish()
            }
        }
    )*};
}

fields! {
    SerializeTupleStruct: serialize_field() by unnamed;
    SerializeTupleVariant: serialize_field() by unnamed;
    SerializeStruct: serialize_field(name: &'static str) by named;
    SerializeStructVariant: serialize_field(name: &'static str) by named;
}

/// A tuple or a slice, which becomes bytes if all in it are: serde takes `[u8; 32]` for a tuple.
pub(super) struct Tuple<'a> {
    writer: &'a mut Writer,
    start: usize,
    level: Level,
    announced: usize,
    tally: Tally,
    only_bytes: bool,
    /// They were written as bytes already.
    is_raw: bool,
    /// A tuple of fewer than 16 numbers below 128 is an array: it is shorter so.
    may_be_array: bool,
}

impl<'a> Tuple<'a> {
    pub(super) fn new(writer: &'a mut Writer, announced: usize) -> Result<Self, EncodeError> {
        Ok(Self {
            start: writer.position(),
            level: writer.open_array_or_bytes(announced)?,
            announced,
            tally: Tally::new(announced),
            only_bytes: announced > 0,
            is_raw: false,
            may_be_array: true,
            writer,
        })
    }

    pub(super) fn slice(writer: &'a mut Writer, announced: usize) -> Result<Self, EncodeError> {
        let mut slice = Self::new(writer, announced)?;
        slice.may_be_array = false;
        Ok(slice)
    }

    /// Whether all that were written so far are bytes.
    #[inline]
    pub(super) fn has_only_bytes(&self) -> bool {
        self.only_bytes
    }

    /// Writes as bytes, after a first one.
    pub(super) fn make_raw(&mut self) -> Result<(), EncodeError> {
        let first = self.writer.last().unwrap_or_default();
        self.writer.truncate(self.start);
        self.writer.head(Kind::Bytes, self.announced)?;
        self.writer.put(first);
        self.is_raw = true;
        Ok(())
    }

    /// Where that many bytes can be written.
    pub(super) fn room(&mut self, size: usize) -> &mut [u8] {
        self.writer.room(size)
    }

    /// That many were written into the room.
    pub(super) fn count_raw(&mut self, room: usize, written: usize) {
        let end = self.writer.position() - (room - written);
        self.writer.truncate(end);
        self.tally.left -= written;
    }

    /// Makes numbers of all that was written as bytes.
    pub(super) fn make_numbers(&mut self) -> Result<(), EncodeError> {
        let written = self.announced - self.tally.left;
        let bytes = self.writer.cut(self.writer.position() - written);
        self.writer.truncate(self.start);
        self.writer.head(Kind::Array, self.announced)?;
        for byte in bytes {
            self.writer.byte(byte);
        }
        self.is_raw = false;
        Ok(())
    }

    fn finish(self) -> Result<(), EncodeError> {
        self.tally.check()?;
        let length = self.announced as u32; // it is in the head
        // Then each element is a byte, and the head is one.
        let is_small = || self.writer.position() - self.start == 1 + self.announced;
        if self.is_raw || self.only_bytes && !(self.may_be_array && is_small()) {
            if !self.is_raw {
                self.writer.make_bytes(self.start, length);
            }
            self.writer.leave(self.level);
            return Ok(());
        }
        self.writer.leave_array(self.level)
    }
}

impl SerializeTuple for Tuple<'_> {
    type Ok = ();
    type Error = EncodeError;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let start = self.writer.position();
        self.tally.write(self.writer, value)?;
        self.only_bytes &= self.writer.is_byte(start);
        Ok(())
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish()
    }
}

/// A sequence or a map, whose length may be known only at its end.
pub(super) struct Sequence<'a> {
    writer: &'a mut Writer,
    start: usize,
    level: Level,
    kind: Kind,
    /// Values, of which an entry of a map has two.
    announced: Option<usize>,
    written: usize,
    failed: bool,
}

impl<'a> Sequence<'a> {
    /// `announced` elements, or entries of a map.
    pub(super) fn new(
        writer: &'a mut Writer,
        kind: Kind,
        announced: Option<usize>,
    ) -> Result<Self, EncodeError> {
        let start = writer.position();
        let level = match announced {
            Some(length) => writer.open(kind, length)?,
            // In place of the head, which comes at the end, there is one for nothing.
            None => writer.open(kind, 0)?,
        };
        Ok(Self {
            writer,
            start,
            level,
            kind,
            announced: announced.map(|length| length.saturating_mul(values_of_one(kind))),
            written: 0,
            failed: false,
        })
    }

    #[inline]
    fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.written += 1;
        let written = value.serialize(&mut *self.writer);
        self.failed |= written.is_err();
        written
    }

    fn finish(self) -> Result<(), EncodeError> {
        self.writer.leave(self.level);
        let ones = self.written / values_of_one(self.kind);
        let is_right = match self.announced {
            Some(announced) => announced == self.written,
            None => ones * values_of_one(self.kind) == self.written,
        };
        if self.failed || !is_right {
            return Err(Unwritable::Count.into());
        }
        if self.announced.is_none() {
            self.writer.settle_head(self.start, self.kind, ones)?;
        }
        Ok(())
    }
}

fn values_of_one(kind: Kind) -> usize {
    if kind == Kind::Map { 2 } else { 1 }
}

impl SerializeSeq for Sequence<'_> {
    type Ok = ();
    type Error = EncodeError;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.write(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish()
    }
}

impl SerializeMap for Sequence<'_> {
    type Ok = ();
    type Error = EncodeError;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.write(key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.write(value)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.finish()
    }
}
