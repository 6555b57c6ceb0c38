//! Values to MessagePack and back. Structs travel as maps unless the peer asked for arrays, and
//! byte sequences as `bin`, whatever their Rust type.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::error::{DecodeError, EncodeError};
use super::head::{Head, Kind};
use super::reader::{Reader, Token};
use super::serializer::EXTENSION;
use super::writer::Writer;

/// The MessagePack extension type of a reference: its data is an index into the frame's table.
pub(crate) const REFERENCE_TAG: i8 = 1;

/// Writes values one after the other.
pub(crate) struct ValueWriter(Writer);

impl ValueWriter {
    /// Writes behind what is in `out`. With `compact`, structs are arrays; a value nested deeper than
    /// `max_nesting` is an error, since the peer would end the connection over it.
    #[inline]
    pub(crate) fn new(out: Vec<u8>, compact: bool, max_nesting: u32) -> Self {
        Self(Writer::new(out, compact, max_nesting))
    }

    /// Appends one value, whatever its `Serialize` does, or nothing.
    #[inline]
    pub(crate) fn write<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let start = self.0.position();
        let written = value.serialize(&mut self.0);
        if written.is_err() {
            self.0.take_back(start);
        }
        written
    }

    /// What was written, for more that comes from elsewhere.
    #[inline]
    pub(crate) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        self.0.bytes_mut()
    }

    #[inline]
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}

/// Appends `value` to `out`.
#[cfg(test)]
pub(crate) fn encode<T: Serialize + ?Sized>(
    value: &T,
    out: &mut Vec<u8>,
    compact: bool,
    max_nesting: u32,
) -> Result<(), EncodeError> {
    let mut writer = ValueWriter::new(std::mem::take(out), compact, max_nesting);
    let written = writer.write(value);
    *out = writer.into_bytes();
    written
}

/// Reads values one after the other from a slice that `scan` has passed.
pub(crate) struct Values<'a>(Reader<'a>);

impl<'a> Values<'a> {
    #[inline]
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(Reader::new(bytes))
    }

    /// Reads the next value.
    #[inline]
    pub(crate) fn next<T: Deserialize<'a>>(&mut self) -> Result<T, DecodeError> {
        T::deserialize(&mut self.0)
    }
}

#[cfg(test)]
impl Values<'_> {
    /// The bytes that were not read.
    pub(super) fn left(&self) -> usize {
        self.0.rest().len()
    }
}

/// Appends the head of an array of so many values, which have to follow.
pub(crate) fn write_array_head(out: &mut Vec<u8>, length: u32) {
    out.extend_from_slice(Head::new(Kind::Array, length).as_bytes());
}

/// Reads the head of an array: the number of its values, and the bytes from the first one on.
pub(crate) fn read_array_head(bytes: &[u8]) -> Result<(u32, &[u8]), DecodeError> {
    let mut reader = Reader::new(bytes);
    match reader.token()? {
        Token::Array(length) => Ok((length, reader.rest())),
        other => Err(other.instead_of(&"an array")),
    }
}

/// A reference inside a value: the index of its entry in the frame's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReferenceIndex(pub(crate) u32);

/// Writes a reference to entry `index`: one byte of data below 256, else four.
pub(crate) fn write_reference_index<S: Serializer>(
    index: ReferenceIndex,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    struct Data<'a>(&'a [u8]);
    impl Serialize for Data<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_bytes(self.0)
        }
    }
    let wide = index.0.to_be_bytes();
    let data = if index.0 < 256 { &wide[3..] } else { &wide[..] };
    serializer.serialize_newtype_struct(EXTENSION, &(REFERENCE_TAG, Data(data)))
}

/// Reads a reference.
pub(crate) fn read_reference_index<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<ReferenceIndex, D::Error> {
    struct Extension;
    struct Data;

    impl<'de> Visitor<'de> for Extension {
        type Value = ReferenceIndex;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a reference (extension type {REFERENCE_TAG})")
        }

        fn visit_newtype_struct<D: Deserializer<'de>>(
            self,
            deserializer: D,
        ) -> Result<ReferenceIndex, D::Error> {
            deserializer.deserialize_tuple(2, self)
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<ReferenceIndex, A::Error> {
            let tag: i8 = seq
                .next_element()?
                .ok_or_else(|| de::Error::invalid_length(0, &self))?;
            if tag != REFERENCE_TAG {
                return Err(de::Error::custom(format_args!(
                    "extension type {tag} where a reference (extension type {REFERENCE_TAG}) belongs"
                )));
            }
            seq.next_element_seed(Data)?
                .ok_or_else(|| de::Error::invalid_length(1, &self))
        }
    }

    impl<'de> DeserializeSeed<'de> for Data {
        type Value = ReferenceIndex;

        fn deserialize<D: Deserializer<'de>>(
            self,
            deserializer: D,
        ) -> Result<ReferenceIndex, D::Error> {
            deserializer.deserialize_bytes(self)
        }
    }

    impl Visitor<'_> for Data {
        type Value = ReferenceIndex;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an index of 1 or 4 bytes")
        }

        fn visit_bytes<E: de::Error>(self, data: &[u8]) -> Result<ReferenceIndex, E> {
            match *data {
                [index] => Ok(ReferenceIndex(index.into())),
                [a, b, c, d] => Ok(ReferenceIndex(u32::from_be_bytes([a, b, c, d]))),
                _ => Err(E::invalid_length(data.len(), &self)),
            }
        }
    }

    deserializer.deserialize_newtype_struct(EXTENSION, Extension)
}

#[cfg(test)]
mod tests {
    use serde::ser::SerializeStruct;

    use super::*;

    /// Writes two fields, and announces so many.
    struct Announces(usize);

    impl Serialize for Announces {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_struct("Announces", self.0)?;
            fields.serialize_field("a", &1)?;
            fields.serialize_field("b", &2)?;
            fields.end()
        }
    }

    #[test]
    fn what_announces_another_number_of_elements_than_it_has_is_an_error() {
        for compact in [false, true] {
            for (announced, is_right) in [(1, false), (2, true), (3, false)] {
                let written = encode(&Announces(announced), &mut Vec::new(), compact, 64);
                assert_eq!(written.is_ok(), is_right, "{announced}: {written:?}");
            }
        }
    }

    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    struct Order {
        id: u64,
        bytes: Vec<u8>,
    }

    struct Ref(ReferenceIndex);
    impl Serialize for Ref {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            write_reference_index(self.0, serializer)
        }
    }
    impl<'de> Deserialize<'de> for Ref {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            read_reference_index(deserializer).map(Ref)
        }
    }

    #[test]
    fn structs_are_maps_unless_compact_and_bytes_are_bin() {
        let order = Order {
            id: 7,
            bytes: vec![1, 2],
        };
        let mut map = Vec::new();
        encode(&order, &mut map, false, 64).unwrap();
        assert_eq!(map, b"\x82\xa2id\x07\xa5bytes\xc4\x02\x01\x02");
        let mut array = Vec::new();
        encode(&order, &mut array, true, 64).unwrap();
        assert_eq!(array, b"\x92\x07\xc4\x02\x01\x02");
        for bytes in [map, array] {
            assert_eq!(Values::new(&bytes).next::<Order>().unwrap(), order);
        }
    }

    #[test]
    fn values_follow_one_another_and_borrow() {
        let mut bytes = Vec::new();
        encode("key", &mut bytes, false, 64).unwrap();
        encode(&[1u8, 2][..], &mut bytes, false, 64).unwrap();
        let mut values = Values::new(&bytes);
        assert_eq!(values.next::<&str>().unwrap(), "key");
        assert_eq!(values.next::<&[u8]>().unwrap(), [1, 2]);
        assert!(values.next::<u8>().is_err());
    }

    #[test]
    fn a_reference_is_an_extension_value() {
        for (index, wire) in [
            (0, &b"\xd4\x01\x00"[..]),
            (255, b"\xd4\x01\xff"),
            (256, b"\xd6\x01\0\0\x01\0"),
        ] {
            let mut bytes = Vec::new();
            encode(&Ref(ReferenceIndex(index)), &mut bytes, false, 64).unwrap();
            assert_eq!(bytes, wire);
            assert_eq!(Values::new(&bytes).next::<Ref>().unwrap().0.0, index);
        }
        assert!(Values::new(b"\xd4\x02\x00").next::<Ref>().is_err());
        assert!(Values::new(b"\xd5\x01\x00\x00").next::<Ref>().is_err());
        assert!(Values::new(b"\x07").next::<Ref>().is_err());
    }

    #[test]
    fn a_value_that_is_nested_too_deep_is_not_written() {
        let mut deep = rmpv_like(80);
        let error = encode(&deep, &mut Vec::new(), false, 64).unwrap_err();
        assert!(
            error.to_string().contains("64 levels (max_nesting)"),
            "{error}"
        );
        deep = rmpv_like(60);
        let mut bytes = Vec::new();
        encode(&deep, &mut bytes, false, 64).unwrap();
        assert_eq!(crate::codec::scan(&bytes, 64).unwrap(), bytes.len());
    }

    #[derive(serde::Serialize)]
    struct Nest(Vec<Nest>);

    fn rmpv_like(depth: usize) -> Nest {
        (0..depth).fold(Nest(Vec::new()), |inner, _| Nest(vec![inner]))
    }
}
