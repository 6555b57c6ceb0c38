//! The scan that goes over a value before anything decodes it.
//!
//! serde decodes recursively, so a peer could overflow the stack with a kilobyte of brackets, or have a
//! vector made for a count that it only announces. After the scan neither is possible.

use std::fmt;

/// Levels that need no allocation; real values hardly ever nest deeper.
const INLINE_LEVELS: usize = 16;

/// Why some bytes are not a MessagePack value that may be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScanError {
    /// The bytes end inside the value.
    Truncated,
    /// Arrays and maps lie deeper inside each other than allowed.
    TooDeep {
        /// The levels that are allowed.
        max: u32,
    },
    /// A string, an array or the like claims to be longer than all the bytes there are.
    Oversized {
        /// What it claims: bytes, or elements of at least one byte each.
        announced: u64,
        /// The bytes that follow.
        left: usize,
    },
    /// The byte `c1`, which MessagePack leaves without a meaning.
    Reserved,
}

impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("ends too early"),
            Self::TooDeep { max } => write!(f, "is nested deeper than {max} levels"),
            Self::Oversized { announced, left } => {
                write!(
                    f,
                    "announces {announced} bytes or elements where {left} bytes follow"
                )
            }
            Self::Reserved => {
                f.write_str("contains the byte c1, which means nothing in MessagePack")
            }
        }
    }
}

impl std::error::Error for ScanError {}

/// Goes over the one MessagePack value at the front of `bytes` and returns its length in bytes.
///
/// `max_nesting` is the number of arrays and maps that may lie inside each other; the outermost one
/// counts, a plain number has none. The scan neither recurses nor allocates by what the bytes announce,
/// and takes time in proportion to the bytes that are there. It does not look into strings.
pub(crate) fn scan(bytes: &[u8], max_nesting: u32) -> Result<usize, ScanError> {
    match scan_few(bytes, max_nesting) {
        Some(length) => Ok(length),
        None => scan_levels(bytes, max_nesting),
    }
}

/// The length of a value with so few arrays and maps in all that they cannot lie too deep, wherever
/// they lie: then the values still to come need not be counted level by level. `None` if that does
/// not tell; also for large arrays, which are not worth a try, and for everything that is wrong.
fn scan_few(bytes: &[u8], max_nesting: u32) -> Option<usize> {
    let mut at: usize = 0;
    let mut awaited: usize = 1;
    let mut levels = max_nesting;
    while awaited > 0 {
        let marker = *bytes.get(at)?;
        let plain = usize::from(PLAIN[usize::from(marker)]);
        if plain > 0 {
            at += plain;
        } else if let 0x80..=0x9f = marker {
            at += 1;
            levels = levels.checked_sub(1)?;
            let shift = u32::from(marker < 0x90); // a map has a key and a value
            awaited += usize::from(marker & 0x0f) << shift;
        } else if let 0xc4 | 0xd9 = marker {
            at += 2 + usize::from(*bytes.get(at + 1)?);
        } else {
            at = after_long(bytes, at)?;
        }
        awaited -= 1;
    }
    (at <= bytes.len()).then_some(at)
}

/// The end of the value at `start`, whose length stands behind its marker. `None` for arrays and maps.
#[inline(never)]
fn after_long(bytes: &[u8], start: usize) -> Option<usize> {
    let mut at = start + 1;
    match bytes[start] {
        0xdc..=0xdf => None,
        long => {
            let length = long_length(long, bytes, &mut at).ok()?;
            at.checked_add(usize::try_from(length).ok()?)
        }
    }
}

#[inline(never)]
fn scan_levels(bytes: &[u8], max_nesting: u32) -> Result<usize, ScanError> {
    let mut at = 0;
    let mut open = Levels::new();
    // Values still to come at the level where the scan stands.
    let mut awaited: u64 = 1;
    loop {
        while awaited == 0 {
            match open.pop() {
                Some(outer) => awaited = outer,
                None => return Ok(at),
            }
        }
        awaited -= 1;
        let Some(&marker) = bytes.get(at) else {
            return Err(ScanError::Truncated);
        };
        let plain = usize::from(PLAIN[usize::from(marker)]);
        if plain > 0 {
            at += plain;
            if at > bytes.len() {
                return Err(cut_short(bytes, at - plain, plain));
            }
            continue;
        }
        at += 1;
        let inner = match marker {
            0x80..=0x8f => u64::from(marker & 0x0f) * 2,
            0x90..=0x9f => u64::from(marker & 0x0f),
            0xdc => u64::from(u16::from_be_bytes(take(bytes, &mut at)?)),
            0xdd => u64::from(u32::from_be_bytes(take(bytes, &mut at)?)),
            0xde => u64::from(u16::from_be_bytes(take(bytes, &mut at)?)) * 2,
            0xdf => u64::from(u32::from_be_bytes(take(bytes, &mut at)?)) * 2,
            long => {
                let length = long_length(long, bytes, &mut at)?;
                skip(bytes, &mut at, length)?;
                continue;
            }
        };
        // Each value takes a byte or more, so a greater count cannot be meant honestly.
        let left = bytes.len() - at;
        if inner > left as u64 {
            return Err(ScanError::Oversized {
                announced: inner,
                left,
            });
        }
        if open.len() >= max_nesting as usize {
            return Err(ScanError::TooDeep { max: max_nesting });
        }
        open.push(awaited);
        awaited = inner;
    }
}

/// The bytes of a value, its marker included, where the marker alone tells them; else 0. Most values are
/// of this kind, and this table makes the scan four times as fast as asking one after the other.
const PLAIN: [u8; 256] = {
    let mut lengths = [0; 256];
    let mut marker = 0;
    while marker < 256 {
        lengths[marker] = match marker {
            0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => 1,
            0xa0..=0xbf => 1 + (marker as u8 & 0x1f),
            0xcc | 0xd0 => 2,
            0xcd | 0xd1 => 3,
            0xca | 0xce | 0xd2 => 5,
            0xcb | 0xcf | 0xd3 => 9,
            0xd4..=0xd8 => (1 << (marker - 0xd4)) + 2, // and the type of the extension
            _ => 0,
        };
        marker += 1;
    }
    lengths
};

/// A plain value that reaches beyond the end.
#[cold]
fn cut_short(bytes: &[u8], start: usize, plain: usize) -> ScanError {
    ScanError::Oversized {
        announced: plain as u64 - 1,
        left: bytes.len() - start - 1,
    }
}

/// The bytes that follow where a length stands behind the marker.
#[inline]
fn long_length(marker: u8, bytes: &[u8], at: &mut usize) -> Result<u64, ScanError> {
    Ok(match marker {
        0xc4 | 0xd9 => u64::from(u8::from_be_bytes(take(bytes, at)?)),
        0xc5 | 0xda => u64::from(u16::from_be_bytes(take(bytes, at)?)),
        0xc6 | 0xdb => u64::from(u32::from_be_bytes(take(bytes, at)?)),
        // An extension value has one more byte, its type.
        0xc7 => u64::from(u8::from_be_bytes(take(bytes, at)?)) + 1,
        0xc8 => u64::from(u16::from_be_bytes(take(bytes, at)?)) + 1,
        0xc9 => u64::from(u32::from_be_bytes(take(bytes, at)?)) + 1,
        _ => return Err(ScanError::Reserved),
    })
}

#[inline]
fn take<const N: usize>(bytes: &[u8], at: &mut usize) -> Result<[u8; N], ScanError> {
    let taken = bytes[*at..].first_chunk().ok_or(ScanError::Truncated)?;
    *at += N;
    Ok(*taken)
}

#[inline]
fn skip(bytes: &[u8], at: &mut usize, length: u64) -> Result<(), ScanError> {
    let left = bytes.len() - *at;
    if length > left as u64 {
        return Err(ScanError::Oversized {
            announced: length,
            left,
        });
    }
    // It fits, since `left` does.
    *at += length as usize;
    Ok(())
}

/// For each open array or map, the values that come after the one in which the scan is.
///
/// It grows by one for at least a byte of input, so the input bounds it, too.
struct Levels {
    inline: [u64; INLINE_LEVELS],
    len: usize,
    deeper: Vec<u64>,
}

impl Levels {
    fn new() -> Self {
        Self {
            inline: [0; INLINE_LEVELS],
            len: 0,
            deeper: Vec::new(),
        }
    }

    fn len(&self) -> usize {
        self.len
    }

    fn push(&mut self, awaited: u64) {
        match self.inline.get_mut(self.len) {
            Some(slot) => *slot = awaited,
            None => self.deeper.push(awaited),
        }
        self.len += 1;
    }

    fn pop(&mut self) -> Option<u64> {
        self.len = self.len.checked_sub(1)?;
        match self.inline.get(self.len) {
            Some(awaited) => Some(*awaited),
            None => self.deeper.pop(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::de::{Deserialize, IgnoredAny};

    use super::*;

    const MAX: u32 = 64;

    /// `depth` arrays around a nil.
    fn nested(depth: usize) -> Vec<u8> {
        let mut bytes = vec![0x91; depth];
        bytes.push(0xc0);
        bytes
    }

    #[test]
    fn every_marker_has_its_length() {
        let long = [0; 20];
        for (head, length) in [
            (&[0x00][..], 1),
            (&[0x7f], 1),
            (&[0xe0], 1),
            (&[0xff], 1),
            (&[0xc0], 1),
            (&[0xc2], 1),
            (&[0xc3], 1),
            (&[0xcc], 2),
            (&[0xcd], 3),
            (&[0xce], 5),
            (&[0xcf], 9),
            (&[0xd0], 2),
            (&[0xd1], 3),
            (&[0xd2], 5),
            (&[0xd3], 9),
            (&[0xca], 5),
            (&[0xcb], 9),
            (&[0xa0], 1),
            (&[0xa3], 4),
            (&[0xd9, 3], 5),
            (&[0xda, 0, 3], 6),
            (&[0xdb, 0, 0, 0, 3], 8),
            (&[0xc4, 3], 5),
            (&[0xc5, 0, 3], 6),
            (&[0xc6, 0, 0, 0, 3], 8),
            (&[0xd4], 3),
            (&[0xd5], 4),
            (&[0xd6], 6),
            (&[0xd7], 10),
            (&[0xd8], 18),
            (&[0xc7, 3], 6),
            (&[0xc8, 0, 3], 7),
            (&[0xc9, 0, 0, 0, 3], 9),
            (&[0x93], 4),
            (&[0xdc, 0, 3], 6),
            (&[0xdd, 0, 0, 0, 3], 8),
            (&[0x83], 7),
            (&[0xde, 0, 3], 9),
            (&[0xdf, 0, 0, 0, 3], 11),
        ] {
            let bytes = [head, &long].concat();
            assert_eq!(scan(&bytes, MAX), Ok(length), "{head:02x?}");
            for cut in 0..length {
                assert!(
                    scan(&bytes[..cut], MAX).is_err(),
                    "{head:02x?} cut to {cut}"
                );
            }
        }
        assert_eq!(scan(&[0xc1], MAX), Err(ScanError::Reserved));
    }

    #[test]
    fn the_outermost_level_counts() {
        assert_eq!(scan(&nested(64), MAX), Ok(65));
        assert_eq!(scan(&nested(65), MAX), Err(ScanError::TooDeep { max: MAX }));
        assert_eq!(scan(&nested(0), 0), Ok(1));
        assert_eq!(scan(&nested(1), 0), Err(ScanError::TooDeep { max: 0 }));
    }

    #[test]
    fn levels_beside_each_other_are_no_depth() {
        let mut bytes = vec![0xdc, 0x03, 0xe8];
        for _ in 0..1000 {
            bytes.extend(nested(30));
        }
        assert_eq!(scan(&bytes, 31), Ok(bytes.len()));
        assert_eq!(scan(&bytes, 30), Err(ScanError::TooDeep { max: 30 }));
    }

    #[test]
    fn a_million_brackets_do_no_harm() {
        let bytes = nested(1_000_000);
        assert_eq!(scan(&bytes, u32::MAX), Ok(bytes.len()));
        assert!(matches!(scan(&bytes, MAX), Err(ScanError::TooDeep { .. })));
    }

    #[test]
    fn what_is_announced_has_to_be_there() {
        for (bomb, announced) in [
            (&[0xdd, 0xff, 0xff, 0xff, 0xff][..], 0xffff_ffff),
            (&[0xdf, 0xff, 0xff, 0xff, 0xff], 0x1_ffff_fffe),
            (&[0xc6, 0xff, 0xff, 0xff, 0xff], 0xffff_ffff),
            (&[0xdb, 0xff, 0xff, 0xff, 0xff], 0xffff_ffff),
            (&[0xc9, 0xff, 0xff, 0xff, 0xff], 0x1_0000_0000),
        ] {
            let left = 1;
            let bytes = [bomb, &[0xc0]].concat();
            assert_eq!(
                scan(&bytes, MAX),
                Err(ScanError::Oversized { announced, left })
            );
        }
    }

    #[test]
    fn what_follows_is_not_looked_at() {
        assert_eq!(scan(&[0x92, 0x01, 0x02, 0xc1], MAX), Ok(3));
        assert_eq!(scan(&[], MAX), Err(ScanError::Truncated));
    }

    proptest! {
        #[test]
        fn both_ways_agree(
            bytes in proptest::collection::vec(
                prop_oneof![0x80..=0x9fu8, 0xa0..=0xa3u8, 0xc0..=0xdfu8, 0..4u8],
                0..32,
            ),
            max in 0..6u32,
        ) {
            prop_assert_eq!(scan(&bytes, max), scan_levels(&bytes, max));
        }

        #[test]
        fn agrees_with_a_decoder(bytes in proptest::collection::vec(any::<u8>(), 0..48)) {
            let mut decoder = rmp_serde::Deserializer::new(std::io::Cursor::new(&bytes));
            let decoded = IgnoredAny::deserialize(&mut decoder).map(|_| decoder.position());
            match (scan(&bytes, MAX), decoded) {
                (Ok(scanned), Ok(decoded)) => prop_assert_eq!(scanned as u64, decoded),
                (Err(_), Err(_)) => {}
                (scanned, decoded) => prop_assert!(false, "{:?}, {:?}", scanned, decoded),
            }
        }
    }
}
