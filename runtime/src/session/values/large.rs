//! Large values, which are not copied into the stream: they are sent from where they lie.

use std::any::Any;
use std::fmt;
use std::mem;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

use super::buffer;
use crate::frame::memory;

/// To copy what is shorter costs less than a piece of its own.
const LARGE: usize = 32 << 10;

/// A byte string cannot be longer, nor can a frame.
const MOST: usize = u32::MAX as usize;

/// What a buffer may be larger than what is in it: else a short value would keep much memory.
const SLACK: usize = 4;

/// An encoding buffer that is sent as it is. When it has left, it is used again.
struct Lent(Vec<u8>);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        buffer::put(mem::take(&mut self.0));
    }
}

/// Takes what was written out of its buffer, if it is large.
#[inline]
pub(crate) fn lend(written: &mut Vec<u8>) -> Option<Bytes> {
    is_large(written).then(|| lend_large(written)).flatten()
}

#[cold]
fn lend_large(written: &mut Vec<u8>) -> Option<Bytes> {
    let is_full = written.len() >= written.capacity() / SLACK;
    is_full.then(|| Bytes::from_owner(Lent(mem::take(written))))
}

/// The large byte string that a value is, if it is one.
#[inline]
pub(crate) fn bytes_of<T: 'static>(value: &T) -> Option<Bytes> {
    let value = value as &dyn Any;
    if let Some(bytes) = value.downcast_ref::<Vec<u8>>() {
        return copy(bytes);
    }
    let bytes = value.downcast_ref::<Bytes>()?;
    is_large(bytes).then(|| bytes.clone())
}

/// As [`bytes_of`], of a value that nobody needs any more.
#[inline]
pub(crate) fn taken<T: 'static>(value: &mut T) -> Option<Bytes> {
    if let Some(bytes) = (value as &mut dyn Any).downcast_mut::<Vec<u8>>() {
        return is_large(bytes).then(|| mem::take(bytes).into());
    }
    bytes_of(value)
}

/// A copy of bytes, if they are many.
#[inline]
pub(crate) fn copy(bytes: &[u8]) -> Option<Bytes> {
    is_large(bytes).then(|| memory::copy(bytes))
}

/// Whether they are many bytes, but not too many for one byte string.
#[inline]
pub(crate) fn is_large(bytes: &[u8]) -> bool {
    (LARGE..=MOST).contains(&bytes.len())
}

/// Writes what stands before the bytes of a large byte string.
pub(crate) fn write_head(out: &mut Vec<u8>, bytes: &Bytes) {
    match u16::try_from(bytes.len()) {
        Ok(length) => {
            out.push(0xc5);
            out.extend_from_slice(&length.to_be_bytes());
        }
        Err(_) => {
            out.push(0xc6);
            out.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
        }
    }
}

/// Bytes in a received frame, or as others may send them.
pub(crate) enum Found<'a> {
    InFrame(&'a [u8]),
    Owned(Vec<u8>),
}

impl Found<'_> {
    /// They share the memory of the frame if they are large, and much of it. Others would keep all that came
    /// with them.
    pub(crate) fn into_bytes(self, frame: &Bytes) -> Bytes {
        match self {
            Self::InFrame(part) if part.len() >= LARGE.max(frame.len() / SLACK) => {
                frame.slice_ref(part)
            }
            Self::InFrame(part) => Bytes::copy_from_slice(part),
            Self::Owned(bytes) => bytes.into(),
        }
    }
}

impl<'de> Deserialize<'de> for Found<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Found<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_borrowed_bytes<E: Error>(self, bytes: &'de [u8]) -> Result<Found<'de>, E> {
                Ok(Found::InFrame(bytes))
            }

            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Found<'de>, E> {
                Ok(Found::Owned(bytes.to_vec()))
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Found<'de>, E> {
                Ok(Found::InFrame(text.as_bytes()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Found<'de>, A::Error> {
                let mut bytes = Vec::new(); // it grows with what is there
                while let Some(byte) = seq.next_element()? {
                    bytes.push(byte);
                }
                Ok(Found::Owned(bytes))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(frame: &Bytes, part: usize) -> bool {
        let bytes = Found::InFrame(&frame[1..=part]).into_bytes(frame);
        assert_eq!(bytes.len(), part);
        frame.as_ptr_range().contains(&bytes.as_ptr())
    }

    #[test]
    fn what_is_large_and_much_of_its_frame_shares_it() {
        let frame = Bytes::from(vec![0; 10 * LARGE]);
        assert!(!shares(&frame, LARGE), "it would keep ten times as much");
        assert!(shares(&frame, 9 * LARGE));
        let frame = Bytes::from(vec![0; LARGE]);
        assert!(!shares(&frame, LARGE - 1));
    }
}
