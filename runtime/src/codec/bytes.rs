//! Byte strings that are written as such, also empty ones.

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

#[cfg(test)]
mod tests {
    use super::Bytes;
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
}
