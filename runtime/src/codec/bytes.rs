//! Byte strings that are written and read as such, in one piece, also empty ones.

use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// Writes a slice as a byte string.
///
/// A `[u8]` is a sequence to serde, and the writer learns that it is one of bytes by its first
/// element: an empty one it writes as an array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

/// Reads bytes in one piece. Also a sequence of numbers, as which others may send them.
pub(crate) struct OwnedBytes(pub(crate) Vec<u8>);

impl<'de> Deserialize<'de> for OwnedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = OwnedBytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<OwnedBytes, E> {
                Ok(OwnedBytes(bytes.to_vec()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OwnedBytes, A::Error> {
                let mut bytes = Vec::new(); // it grows with what is there
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(OwnedBytes(bytes))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::{Bytes, OwnedBytes};
    use crate::codec::{Values, encode};

    #[test]
    fn an_empty_byte_string_is_written_as_one() {
        for (bytes, wire) in [
            (&b""[..], &b"\xc4\x00"[..]),
            (b"\x01\x02", b"\xc4\x02\x01\x02"),
        ] {
            let mut written = Vec::new();
            encode(&Bytes(bytes), &mut written, false, 64).unwrap();
            assert_eq!(written, wire);
            assert_eq!(Values::new(wire).next::<&[u8]>().unwrap(), bytes);
            assert_eq!(Values::new(wire).next::<Vec<u8>>().unwrap(), bytes);
        }
    }

    #[test]
    fn bytes_are_read_also_from_numbers() {
        for (wire, bytes) in [
            (&b"\xc4\x02\x01\xff"[..], &b"\x01\xff"[..]),
            (b"\x92\x01\xcc\xff", b"\x01\xff"),
            (b"\xc4\x00", b""),
            (b"\x90", b""),
        ] {
            let mut values = Values::new(wire);
            assert_eq!(values.next::<OwnedBytes>().unwrap().0, bytes);
        }
        for wire in [&b"\x92\x01\xcd\x01\x00"[..], b"\xa1x", b"\x01", b"\xc0"] {
            assert!(Values::new(wire).next::<OwnedBytes>().is_err());
        }
    }

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Blob<'a>(&'a [u8]);

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Blobs<'a> {
        #[serde(borrow)]
        first: Blob<'a>,
        second: Option<&'a [u8]>,
    }

    fn there_and_back<'a, T: Serialize + Deserialize<'a>>(value: &T, bytes: &'a mut Vec<u8>) -> T {
        encode(value, bytes, false, 64).unwrap();
        Values::new(bytes).next().unwrap()
    }

    /// Who writes a slice of bytes knows it by its elements, so an empty one is an empty array.
    #[test]
    fn bytes_in_place_may_be_empty() {
        for bytes in [&b""[..], b"\0", b"some"] {
            assert_eq!(there_and_back(&bytes, &mut Vec::new()), bytes);
            assert_eq!(there_and_back(&Some(bytes), &mut Vec::new()), Some(bytes));
            assert_eq!(there_and_back(&Blob(bytes), &mut Vec::new()), Blob(bytes));
            let (first, second) = (Blob(bytes), Some(bytes));
            let blobs = Blobs { first, second };
            assert_eq!(there_and_back(&blobs, &mut Vec::new()), blobs);
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
