//! The writer as serde knows it: what Rust's types are in MessagePack.

use std::fmt::{Display, Write};

use serde::ser::{Serialize, SerializeSeq, Serializer};

use super::compound::{Fields, Sequence, Tuple};
use super::error::{EncodeError, Unwritable};
use super::head::Kind;
use super::slice::{length_of_slice, write_slice};
use super::writer::Writer;

/// A newtype struct of this name, of an `i8` and bytes, is an extension value. Other crates for
/// MessagePack know the name as well.
pub(super) const EXTENSION: &str = "_ExtStruct";

macro_rules! plain {
    ($($method:ident($type:ty) by $write:ident;)*) => {$(
        #[inline]
        fn $method(self, value: $type) -> Result<(), EncodeError> {
            self.$write(value.into());
            Ok(())
        }
    )*};
}

impl<'a> Serializer for &'a mut Writer {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Sequence<'a>;
    type SerializeTuple = Tuple<'a>;
    type SerializeTupleStruct = Fields<'a>;
    type SerializeTupleVariant = Fields<'a>;
    type SerializeMap = Sequence<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Fields<'a>;

    plain! {
        serialize_i8(i8) by signed;
        serialize_i16(i16) by signed;
        serialize_i32(i32) by signed;
        serialize_i64(i64) by signed;
        serialize_u8(u8) by byte;
        serialize_u16(u16) by unsigned;
        serialize_u32(u32) by unsigned;
        serialize_u64(u64) by unsigned;
        serialize_f32(f32) by float32;
        serialize_f64(f64) by float64;
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.put(0xc2 | u8::from(value));
        Ok(())
    }

    fn serialize_i128(self, value: i128) -> Result<(), EncodeError> {
        self.bytes(&value.to_be_bytes())
    }

    fn serialize_u128(self, value: u128) -> Result<(), EncodeError> {
        self.bytes(&value.to_be_bytes())
    }

    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.text(value)
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Result<(), EncodeError> {
        self.bytes(value)
    }

    #[inline]
    fn serialize_none(self) -> Result<(), EncodeError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        value.serialize(&mut *self)?;
        self.forget_byte();
        Ok(())
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), EncodeError> {
        self.put(0xc0);
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), EncodeError> {
        let level = self.open(Kind::Array, 0)?;
        self.leave(level);
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
    ) -> Result<(), EncodeError> {
        self.text(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        if name == EXTENSION {
            let (start, level) = (self.position(), self.open_extension());
            value.serialize(&mut *self)?;
            return self.make_extension(start, level);
        }
        self.serialize_some(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        let level = self.open(Kind::Map, 1)?;
        self.text(variant)?;
        value.serialize(&mut *self)?;
        self.leave(level);
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Result<Sequence<'a>, EncodeError> {
        Sequence::new(self, Kind::Array, length)
    }

    fn serialize_tuple(self, length: usize) -> Result<Tuple<'a>, EncodeError> {
        Tuple::new(self, length)
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        length: usize,
    ) -> Result<Fields<'a>, EncodeError> {
        let level = self.open(Kind::Array, length)?;
        Ok(Fields::new(self, level, length))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Fields<'a>, EncodeError> {
        let level = self.open(Kind::Map, 1)?;
        self.text(variant)?;
        self.open(Kind::Array, length)?;
        Ok(Fields::new(self, level, length))
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Sequence<'a>, EncodeError> {
        Sequence::new(self, Kind::Map, length)
    }

    #[inline]
    fn serialize_struct(
        self,
        _name: &'static str,
        length: usize,
    ) -> Result<Fields<'a>, EncodeError> {
        let level = self.open_struct(length)?;
        Ok(Fields::new(self, level, length))
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Fields<'a>, EncodeError> {
        let level = self.open(Kind::Map, 1)?;
        self.text(variant)?;
        self.open_struct(length)?;
        Ok(Fields::new(self, level, length))
    }

    fn collect_seq<I>(self, values: I) -> Result<(), EncodeError>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        let mut values = values.into_iter();
        if let Some(length) = length_of_slice(&values) {
            return write_slice(self, values, length);
        }
        let length = match values.size_hint() {
            (least, Some(most)) if least == most => Some(least),
            _ => None,
        };
        let mut sequence = self.serialize_seq(length)?;
        values.try_for_each(|value| sequence.serialize_element(&value))?;
        sequence.end()
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        let start = self.position();
        self.put(0xa0);
        write!(self, "{value}").map_err(|_| Unwritable::Display)?;
        let length = self.position() - start - 1;
        self.settle_head(start, Kind::Text, length)
    }
}
