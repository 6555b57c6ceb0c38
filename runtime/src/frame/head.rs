//! The beginnings of frames that are written most.

use bytes::{BufMut, BytesMut};

use super::append::long_unsigned;
use super::length::PREFIX;

/// The bytes of a text whose length stands in its marker.
pub(super) const MOST_IN_MARKER: usize = 0x1f;

/// As long as that of a plain call may be (the length, the array with its kind and no number, an id, a name, the
/// method, and four fields of which there is nothing), and then so many that they are copied in few steps.
const LONGEST: usize = 64;
const _: () = assert!(PREFIX + 3 + 9 + (1 + MOST_IN_MARKER) + 5 + 4 <= LONGEST);

/// What is written of a frame before its payload, where that is short: put together beside the buffer.
pub(super) struct Head {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Head {
    #[inline(always)]
    pub(super) fn new() -> Self {
        Self {
            bytes: [0; LONGEST],
            length: PREFIX,
        }
    }

    #[inline(always)]
    pub(super) fn put<const N: usize>(&mut self, bytes: [u8; N]) {
        self.bytes[self.length..][..N].copy_from_slice(&bytes);
        self.length += N;
    }

    #[inline(always)]
    pub(super) fn put_unsigned(&mut self, value: u64) {
        match value {
            0..0x80 => self.put([value as u8]),
            _ => {
                let (bytes, length) = long_unsigned(value);
                self.bytes[self.length..][..bytes.len()].copy_from_slice(&bytes);
                self.length += length;
            }
        }
    }

    #[inline(always)]
    pub(super) fn put_short(&mut self, name: &str) {
        debug_assert!(name.len() <= MOST_IN_MARKER);
        self.put([0xa0 | name.len() as u8]);
        self.bytes[self.length..][..name.len()].copy_from_slice(name.as_bytes());
        self.length += name.len();
    }

    /// Appends it, and `payload` behind it.
    #[inline(always)]
    pub(super) fn write(mut self, payload: &[u8], out: &mut BytesMut) -> Option<usize> {
        let length = self.length - PREFIX + payload.len();
        self.bytes[..PREFIX].copy_from_slice(&u32::try_from(length).ok()?.to_be_bytes());
        out.reserve(LONGEST + payload.len());
        // To copy what is known to be so long, and to cut it, is faster than to copy as much as is used.
        let start = out.len();
        out.put_slice(&self.bytes);
        out.truncate(start + self.length);
        out.put_slice(payload);
        Some(length)
    }
}
