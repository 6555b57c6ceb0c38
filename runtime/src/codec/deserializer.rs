//! The reader as serde knows it: what MessagePack is in Rust's types.
//!
//! It takes what others may write as well: numbers and lengths of any width, structs as maps and as
//! arrays, bytes as arrays. What does not fit is told to the visitor, which knows what it expects.

use serde::de::{self, Deserializer, Expected, Visitor};

use super::access::{Entry, Extension, Name, visit_array, visit_bytes_as_array, visit_map};
use super::error::{DecodeError, Unreadable};
use super::reader::{Reader, Token};
use super::serializer::EXTENSION;

impl<'de> Reader<'de> {
    /// Gives the visitor what is there. `names` are those of fields that may come.
    fn visit<V: Visitor<'de>>(
        &mut self,
        token: Token<'de>,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match token {
            Token::Text(text) => visitor.visit_borrowed_str(text),
            Token::BadText(bytes) => bad_text(bytes, visitor),
            Token::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
            Token::Array(length) => visit_array(self, length, visitor),
            Token::Map(length) => visit_map(self, length, names, visitor),
            Token::Extension(tag, data) => visitor.visit_newtype_struct(Extension { tag, data }),
            number => visit_number(number, visitor),
        }
    }

    /// The same where an array is asked for, or a struct, which may be one.
    fn visit_elements<V: Visitor<'de>>(
        &mut self,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.token()? {
            Token::Array(length) => visit_array(self, length, visitor),
            Token::Map(length) => visit_map(self, length, names, visitor),
            Token::Bytes(bytes) => visit_bytes_as_array(bytes, visitor),
            other => self.visit(other, names, visitor),
        }
    }
}

/// Gives the visitor a number, a boolean or nil; of anything else it is told.
fn visit_number<'de, V: Visitor<'de>>(
    token: Token<'de>,
    visitor: V,
) -> Result<V::Value, DecodeError> {
    match token {
        Token::Unsigned(number) => visitor.visit_u64(number),
        Token::Signed(number) => visitor.visit_i64(number),
        Token::Float32(number) => visitor.visit_f32(number),
        Token::Float64(number) => visitor.visit_f64(number),
        Token::Bool(value) => visitor.visit_bool(value),
        Token::Nil => visitor.visit_unit(),
        other => Err(other.instead_of(&visitor)),
    }
}

/// Gives the visitor what was sent as a text and is none, in case that it takes bytes.
#[cold]
fn bad_text<'de, V: Visitor<'de>>(bytes: &'de [u8], visitor: V) -> Result<V::Value, DecodeError> {
    let taken: Result<_, DecodeError> = visitor.visit_borrowed_bytes(bytes);
    match (taken, std::str::from_utf8(bytes)) {
        (Err(_), Err(why)) => Err(Unreadable::Utf8(why).into()),
        (taken, _) => taken,
    }
}

/// An integer of 128 bits, in its bytes or in any width that holds it.
enum Wide {
    Unsigned(u64),
    /// Below zero.
    Signed(i64),
    Bits([u8; 16]),
}

impl Reader<'_> {
    fn wide(&mut self, expected: &dyn Expected) -> Result<Wide, DecodeError> {
        match self.token()? {
            Token::Unsigned(number) => Ok(Wide::Unsigned(number)),
            Token::Signed(number) => Ok(Wide::Signed(number)),
            Token::Bytes(bytes) => match bytes.try_into() {
                Ok(bits) => Ok(Wide::Bits(bits)),
                Err(_) => Err(de::Error::invalid_length(
                    bytes.len(),
                    &"the 16 bytes of an integer of 128 bits",
                )),
            },
            other => Err(other.instead_of(expected)),
        }
    }
}

macro_rules! numbers {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self.unsigned() {
                Some(number) => visitor.visit_u64(number),
                None => visit_number(self.token()?, visitor),
            }
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self.text() {
                Some(text) => visitor.visit_borrowed_str(text),
                None => self.deserialize_any(visitor),
            }
        }
    )*};
}

macro_rules! bytes {
    ($($method:ident)*) => {$(
        /// An empty array, too, is bytes: whoever knows them by what they are made of writes one.
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            match self.token()? {
                Token::Bytes(bytes) => visitor.visit_borrowed_bytes(bytes),
                Token::Array(0) => visitor.visit_borrowed_bytes(&[]),
                other => self.visit(other, &[], visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = DecodeError;

    numbers! {
        deserialize_bool
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_f32 deserialize_f64
    }

    texts! { deserialize_str deserialize_string deserialize_char }

    bytes! { deserialize_bytes deserialize_byte_buf }

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        let token = self.token()?;
        self.visit(token, &[], visitor)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.wide(&visitor)? {
            Wide::Unsigned(number) => visitor.visit_i128(number.into()),
            Wide::Signed(number) => visitor.visit_i128(number.into()),
            Wide::Bits(bits) => visitor.visit_i128(i128::from_be_bytes(bits)),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.wide(&visitor)? {
            Wide::Unsigned(number) => visitor.visit_u128(number.into()),
            Wide::Signed(number) => visitor.visit_i64(number),
            Wide::Bits(bits) => visitor.visit_u128(u128::from_be_bytes(bits)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.nil() {
            true => visitor.visit_none(),
            false => visitor.visit_some(self),
        }
    }

    #[inline]
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.nil() {
            true => visitor.visit_unit(),
            false => self.deserialize_any(visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.token()? {
            Token::Array(0) => visitor.visit_unit(),
            other => self.visit(other, &[], visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if name != EXTENSION {
            return visitor.visit_newtype_struct(self);
        }
        match self.token()? {
            Token::Extension(tag, data) => visitor.visit_newtype_struct(Extension { tag, data }),
            other => Err(other.instead_of(&visitor)),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.visit_elements(&[], visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.visit_elements(&[], visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _length: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.visit_elements(&[], visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_any(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self.small_map() {
            Some(length) => visit_map(self, length, fields, visitor),
            None => self.visit_elements(fields, visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        if !self.is_map() {
            return visitor.visit_enum(Name(self));
        }
        match self.token()? {
            Token::Map(1) => {
                self.enter()?;
                let value = visitor.visit_enum(Entry(&mut *self))?;
                self.leave();
                Ok(value)
            }
            Token::Map(found) => Err(Unreadable::Variants { found }.into()),
            other => Err(other.instead_of(&visitor)),
        }
    }

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self.likely_name() {
            Some(name) => visitor.visit_borrowed_str(name),
            None => self.deserialize_str(visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.skip()?;
        visitor.visit_unit()
    }
}
