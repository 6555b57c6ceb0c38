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
}
