//! Byte strings that are empty.
//!
//! The writer knows a byte string by its elements, so it writes an empty one as an empty array. Who
//! reads into a `Vec<u8>` does not notice. A `&[u8]` that is read in place asks for bytes and has to be
//! given some.

use std::fmt;

use serde::de::{Deserializer, Error, SeqAccess, Visitor};

/// Reads an empty array as empty bytes where bytes are asked for: at once, in an `Option`, or in a
/// newtype.
pub(super) struct EmptyBytes<D>(pub(super) D);

macro_rules! forward {
    ($($method:ident($($argument:ident: $type:ty),*);)*) => {$(
        fn $method<V: Visitor<'de>>(
            self,
            $($argument: $type,)*
            visitor: V,
        ) -> Result<V::Value, D::Error> {
            self.0.$method($($argument,)* visitor)
        }
    )*};
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for EmptyBytes<D> {
    type Error = D::Error;

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_bytes(AsBytes(visitor))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.0.deserialize_option(Inside(visitor))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.0.deserialize_newtype_struct(name, Inside(visitor))
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }

    forward! {
        deserialize_any();
        deserialize_bool();
        deserialize_i8();
        deserialize_i16();
        deserialize_i32();
        deserialize_i64();
        deserialize_i128();
        deserialize_u8();
        deserialize_u16();
        deserialize_u32();
        deserialize_u64();
        deserialize_u128();
        deserialize_f32();
        deserialize_f64();
        deserialize_char();
        deserialize_str();
        deserialize_string();
        deserialize_byte_buf();
        deserialize_unit();
        deserialize_unit_struct(name: &'static str);
        deserialize_seq();
        deserialize_tuple(len: usize);
        deserialize_tuple_struct(name: &'static str, len: usize);
        deserialize_map();
        deserialize_struct(name: &'static str, fields: &'static [&'static str]);
        deserialize_enum(name: &'static str, variants: &'static [&'static str]);
        deserialize_identifier();
        deserialize_ignored_any();
    }
}

/// A visitor that gets empty bytes for an empty sequence.
struct AsBytes<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for AsBytes<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<V::Value, A::Error> {
        if seq.size_hint() == Some(0) {
            self.0.visit_borrowed_bytes(&[])
        } else {
            self.0.visit_seq(seq)
        }
    }

    fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<V::Value, E> {
        self.0.visit_borrowed_bytes(bytes)
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<V::Value, E> {
        self.0.visit_bytes(bytes)
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<V::Value, E> {
        self.0.visit_borrowed_str(text)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<V::Value, E> {
        self.0.visit_str(text)
    }
}

/// A visitor whose inner value is read in the same way.
struct Inside<V>(V);

impl<'de, V: Visitor<'de>> Visitor<'de> for Inside<V> {
    type Value = V::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_none()
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        self.0.visit_unit()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_some(EmptyBytes(inner))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.0.visit_newtype_struct(EmptyBytes(inner))
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use crate::codec::{Values, encode};

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Blob<'a>(&'a [u8]);

    fn there_and_back<'a, T: Serialize + Deserialize<'a>>(value: &T, bytes: &'a mut Vec<u8>) -> T {
        encode(value, bytes, false, 64).unwrap();
        Values::new(bytes).next().unwrap()
    }

    #[test]
    fn bytes_in_place_may_be_empty() {
        for bytes in [&b""[..], b"\0", b"some"] {
            assert_eq!(there_and_back(&bytes, &mut Vec::new()), bytes);
            assert_eq!(there_and_back(&Some(bytes), &mut Vec::new()), Some(bytes));
            assert_eq!(there_and_back(&Blob(bytes), &mut Vec::new()), Blob(bytes));
        }
        assert_eq!(there_and_back(&None::<&[u8]>, &mut Vec::new()), None);
    }

    #[test]
    fn other_sequences_are_still_no_bytes() {
        assert!(Values::new(b"\x91\x07").next::<&[u8]>().is_err());
        assert!(Values::new(b"\xc0").next::<&[u8]>().is_err());
        assert_eq!(Values::new(b"\x90").next::<Vec<String>>().unwrap().len(), 0);
        assert_eq!(Values::new(b"\x90").next::<Vec<u8>>().unwrap().len(), 0);
        assert_eq!(Values::new(b"\xa1x").next::<&[u8]>().unwrap(), b"x");
    }
}
