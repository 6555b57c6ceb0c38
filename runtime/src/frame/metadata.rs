//! What a caller tells beside the arguments: texts by name.

use bytes::{BufMut, BytesMut};

use super::append::{put_map, put_string};
use super::cursor::Cursor;
use super::error::FrameError;

const FIELD: &str = "metadata";

/// Texts by name, as they stand in a frame. Known to be well-formed; decoded when somebody looks.
///
/// A stub that always sends the same metadata encodes it once with [`encode`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Metadata<'a> {
    encoded: &'a [u8],
}

/// The bytes of these pairs, for [`Metadata::new`]. Names should be there once.
pub(crate) fn encode<'p, I>(pairs: I) -> BytesMut
where
    I: IntoIterator<Item = (&'p str, &'p str)>,
    I::IntoIter: ExactSizeIterator,
{
    let pairs = pairs.into_iter();
    let mut out = BytesMut::new();
    put_map(&mut out, pairs.len());
    for (name, value) in pairs {
        put_string(&mut out, name);
        put_string(&mut out, value);
    }
    out
}

impl<'a> Metadata<'a> {
    /// Takes encoded pairs, such as [`encode`] gives, after a look at all of them.
    pub(crate) fn new(encoded: &'a [u8]) -> Result<Self, FrameError> {
        let mut cursor = Cursor::new(FIELD, encoded);
        let metadata = Self::read(&mut cursor)?;
        cursor.end()?;
        Ok(metadata)
    }

    pub(super) fn read(fields: &mut Cursor<'a>) -> Result<Self, FrameError> {
        let start = fields.rest();
        for _ in 0..fields.map(FIELD)? {
            fields.string(FIELD)?;
            fields.string(FIELD)?;
        }
        Ok(Self {
            encoded: &start[..start.len() - fields.rest().len()],
        })
    }

    pub(super) fn write(self, out: &mut impl BufMut) {
        out.put_slice(self.encoded);
    }

    /// The bytes, as they stand in the frame.
    pub(crate) fn encoded(self) -> &'a [u8] {
        self.encoded
    }

    /// The pairs, in the order in which they were sent.
    pub(crate) fn pairs(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let mut cursor = Cursor::new(FIELD, self.encoded);
        // `new` or `read` has been over it, so nothing here can fail any more.
        let mut left = cursor.map(FIELD).unwrap_or(0);
        std::iter::from_fn(move || {
            left = left.checked_sub(1)?;
            Some((cursor.string(FIELD).ok()?, cursor.string(FIELD).ok()?))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_come_back_in_their_order() {
        let pairs = [("tenant", "acme"), ("empty", ""), ("a", "é")];
        let encoded = encode(pairs);
        let metadata = Metadata::new(&encoded).unwrap();
        assert_eq!(metadata.pairs().collect::<Vec<_>>(), pairs);
        assert_eq!(metadata.encoded(), &encoded[..]);
        assert_eq!(Metadata::new(&encode([])).unwrap().pairs().count(), 0);
    }

    #[test]
    fn only_texts_are_taken() {
        for wrong in [
            &[0xc0][..],                     // nil
            &[0x81, 0xa1, b'a', 0x01],       // a number for a value
            &[0x81, 0x01, 0xa1, b'a'],       // a number for a name
            &[0x81, 0xa1, 0xff, 0xa0],       // not UTF-8
            &[0x82, 0xa1, b'a', 0xa0],       // a pair is missing
            &[0x80, 0x00],                   // something follows
            &[0xdf, 0xff, 0xff, 0xff, 0xff], // an announcement
        ] {
            assert!(Metadata::new(wrong).is_err(), "{wrong:02x?}");
        }
    }
}
