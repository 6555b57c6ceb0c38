//! What is inside of arrays, maps, variants, byte strings and extension values, while they are read.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess,
    Unexpected, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::error::{DecodeError, Unreadable};
use super::reader::{Reader, Token};

/// Lets `visitor` read the elements of an array.
pub(super) fn visit_array<'de, V: Visitor<'de>>(
    reader: &mut Reader<'de>,
    length: u32,
    visitor: V,
) -> Result<V::Value, DecodeError> {
    let mut inner = Inner::new(reader, length, &[])?;
    let value = visitor.visit_seq(&mut inner)?;
    inner.finish(length)?;
    Ok(value)
}

/// Lets `visitor` read the entries of a map, the first of which are likely to be of those names.
pub(super) fn visit_map<'de, V: Visitor<'de>>(
    reader: &mut Reader<'de>,
    length: u32,
    names: &'static [&'static str],
    visitor: V,
) -> Result<V::Value, DecodeError> {
    let mut inner = Inner::new(reader, length, names)?;
    let value = visitor.visit_map(&mut inner)?;
    inner.finish(length)?;
    Ok(value)
}

/// Lets `visitor` read bytes one by one.
pub(super) fn visit_bytes_as_array<'de, V: Visitor<'de>>(
    bytes: &'de [u8],
    visitor: V,
) -> Result<V::Value, DecodeError> {
    let mut each = Numbers(bytes.iter());
    let value = visitor.visit_seq(&mut each)?;
    match each.0.len() {
        0 => Ok(value),
        left => Err(unread(bytes.len() as u32, left as u32)),
    }
}

#[cold]
fn unread(found: u32, left: u32) -> DecodeError {
    let read = found - left;
    Unreadable::Unread { found, read }.into()
}

/// The elements of an array, or the entries of a map.
struct Inner<'a, 'de> {
    reader: &'a mut Reader<'de>,
    left: u32,
    names: &'static [&'static str],
}

impl<'a, 'de> Inner<'a, 'de> {
    #[inline]
    fn new(
        reader: &'a mut Reader<'de>,
        length: u32,
        names: &'static [&'static str],
    ) -> Result<Self, DecodeError> {
        reader.enter()?;
        Ok(Self {
            reader,
            left: length,
            names,
        })
    }

    #[inline]
    fn finish(self, length: u32) -> Result<(), DecodeError> {
        self.reader.leave();
        match self.left {
            0 => Ok(()),
            left => Err(unread(length, left)),
        }
    }

    /// Each takes a byte at least, so that what is only announced makes nobody allocate.
    #[inline]
    fn size(&self) -> usize {
        (self.left as usize).min(self.reader.rest().len())
    }
}

impl<'de> SeqAccess<'de> for &mut Inner<'_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.reader).map(Some)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.size())
    }
}

impl<'de> MapAccess<'de> for &mut Inner<'_, 'de> {
    type Error = DecodeError;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DecodeError> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        if let Some((name, names)) = self.names.split_first() {
            self.names = names;
            self.reader.expect_name(name);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, DecodeError> {
        seed.deserialize(&mut *self.reader)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.size())
    }
}

/// Bytes that are asked for as numbers.
struct Numbers<'de>(std::slice::Iter<'de, u8>);

impl<'de> SeqAccess<'de> for &mut Numbers<'de> {
    type Error = DecodeError;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        match self.0.next() {
            Some(byte) => seed.deserialize(byte.into_deserializer()).map(Some),
            None => Ok(None),
        }
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

/// A variant without fields, which is only its name.
pub(super) struct Name<'a, 'de>(pub(super) &'a mut Reader<'de>);

impl<'de> EnumAccess<'de> for Name<'_, 'de> {
    type Error = DecodeError;
    type Variant = Nothing;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Nothing), DecodeError> {
        Ok((seed.deserialize(self.0)?, Nothing))
    }
}

/// What follows the name of a variant that has no fields.
pub(super) struct Nothing;

impl<'de> VariantAccess<'de> for Nothing {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        _seed: T,
    ) -> Result<T::Value, DecodeError> {
        Err(without_fields("a variant with a field"))
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        _length: usize,
        _visitor: V,
    ) -> Result<V::Value, DecodeError> {
        Err(without_fields("a variant with several fields"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, DecodeError> {
        Err(without_fields("a variant with named fields"))
    }
}

#[cold]
fn without_fields(expected: &'static str) -> DecodeError {
    Error::invalid_type(Unexpected::UnitVariant, &expected)
}

/// A variant in a map of one entry: its name and its fields.
pub(super) struct Entry<'a, 'de>(pub(super) &'a mut Reader<'de>);

impl<'de> EnumAccess<'de> for Entry<'_, 'de> {
    type Error = DecodeError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, Self), DecodeError> {
        Ok((seed.deserialize(&mut *self.0)?, self))
    }
}

impl<'de> VariantAccess<'de> for Entry<'_, 'de> {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        match self.0.token()? {
            Token::Nil => Ok(()),
            other => Err(other.instead_of(&"nil, since the variant has no fields")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, DecodeError> {
        seed.deserialize(self.0)
    }

    fn tuple_variant<V: Visitor<'de>>(
        self,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.0.deserialize_tuple(length, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.0.deserialize_struct("", fields, visitor)
    }
}

/// An extension value: to serde a sequence of its type, an `i8`, and its data, which are bytes.
pub(super) struct Extension<'de> {
    pub(super) tag: i8,
    pub(super) data: &'de [u8],
}

impl<'de> Deserializer<'de> for Extension<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_seq(Parts {
            tag: Some(self.tag),
            data: Some(self.data),
        })
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The parts of an extension value that were not read.
struct Parts<'de> {
    tag: Option<i8>,
    data: Option<&'de [u8]>,
}

impl<'de> SeqAccess<'de> for Parts<'de> {
    type Error = DecodeError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DecodeError> {
        if let Some(tag) = self.tag.take() {
            return seed.deserialize(tag.into_deserializer()).map(Some);
        }
        match self.data.take() {
            Some(data) => seed.deserialize(Data(data)).map(Some),
            None => Ok(None),
        }
    }
}

/// The data of an extension value.
struct Data<'de>(&'de [u8]);

impl<'de> Deserializer<'de> for Data<'de> {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_borrowed_bytes(self.0)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
