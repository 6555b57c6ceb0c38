//! How a MessagePack value begins, if a length belongs to it.

/// The sorts of values that begin with their length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Array,
    Map,
    Text,
    Bytes,
}

/// The first bytes of a value: a marker, and its length unless the marker says that, too.
pub(super) struct Head {
    bytes: [u8; 5],
    length: usize,
}

impl Head {
    /// The shortest head of something of that length.
    pub(super) fn new(kind: Kind, length: u32) -> Self {
        // What fits into the marker itself, and the markers in front of 8, 16 and 32 bits. Arrays and
        // maps have none for 8.
        let (fixed, fixed_end, short, middle, long) = match kind {
            Kind::Array => (0x90, 16, None, 0xdc, 0xdd),
            Kind::Map => (0x80, 16, None, 0xde, 0xdf),
            Kind::Text => (0xa0, 32, Some(0xd9), 0xda, 0xdb),
            Kind::Bytes => (0, 0, Some(0xc4), 0xc5, 0xc6),
        };
        let [a, b, c, d] = length.to_be_bytes();
        match (length, short) {
            _ if length < fixed_end => Self::of([fixed | d, 0, 0, 0, 0], 1),
            (0..=0xff, Some(short)) => Self::of([short, d, 0, 0, 0], 2),
            (0..=0xffff, _) => Self::of([middle, c, d, 0, 0], 3),
            _ => Self::of([long, a, b, c, d], 5),
        }
    }

    fn of(bytes: [u8; 5], length: usize) -> Self {
        Self { bytes, length }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}
