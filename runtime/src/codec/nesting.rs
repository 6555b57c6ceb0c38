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
    let mut rest = bytes;
    let mut open = Levels::new();
    // Values still to come at the level where the scan stands.
    let mut awaited: u64 = 1;
    loop {
        while awaited == 0 {
            match open.pop() {
                Some(outer) => awaited = outer,
                None => return Ok(bytes.len() - rest.len()),
            }
        }
        awaited -= 1;
        let inner = match value(&mut rest)? {
            Step::Skip(0) => continue,
            Step::Skip(length) => {
                rest = usize::try_from(length)
                    .ok()
                    .and_then(|length| rest.get(length..))
                    .ok_or(ScanError::Oversized {
                        announced: length,
                        left: rest.len(),
                    })?;
                continue;
            }
            Step::Enter(count) => count,
        };
        if open.len() >= max_nesting as usize {
            return Err(ScanError::TooDeep { max: max_nesting });
        }
        // Each value takes a byte or more, so a greater count cannot be meant honestly.
        if inner > rest.len() as u64 {
            return Err(ScanError::Oversized {
                announced: inner,
                left: rest.len(),
            });
        }
        open.push(awaited);
        awaited = inner;
    }
}

/// What to do with a value whose marker and length were read.
enum Step {
    /// Bytes without structure follow.
    Skip(u64),
    /// That many values follow, one level deeper.
    Enter(u64),
}

fn value(rest: &mut &[u8]) -> Result<Step, ScanError> {
    let [marker] = fixed(rest)?;
    Ok(match marker {
        0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => Step::Skip(0),
        0x80..=0x8f => Step::Enter(u64::from(marker & 0x0f) * 2),
        0x90..=0x9f => Step::Enter(u64::from(marker & 0x0f)),
        0xa0..=0xbf => Step::Skip(u64::from(marker & 0x1f)),
        0xc1 => return Err(ScanError::Reserved),
        0xc4 | 0xd9 => Step::Skip(u64::from(u8::from_be_bytes(fixed(rest)?))),
        0xc5 | 0xda => Step::Skip(u64::from(u16::from_be_bytes(fixed(rest)?))),
        0xc6 | 0xdb => Step::Skip(u64::from(u32::from_be_bytes(fixed(rest)?))),
        // An extension value has one more byte, its type.
        0xc7 => Step::Skip(u64::from(u8::from_be_bytes(fixed(rest)?)) + 1),
        0xc8 => Step::Skip(u64::from(u16::from_be_bytes(fixed(rest)?)) + 1),
        0xc9 => Step::Skip(u64::from(u32::from_be_bytes(fixed(rest)?)) + 1),
        0xcc | 0xd0 => Step::Skip(1),
        0xcd | 0xd1 => Step::Skip(2),
        0xca | 0xce | 0xd2 => Step::Skip(4),
        0xcb | 0xcf | 0xd3 => Step::Skip(8),
        0xd4..=0xd8 => Step::Skip((1 << (marker - 0xd4)) + 1),
        0xdc => Step::Enter(u64::from(u16::from_be_bytes(fixed(rest)?))),
        0xdd => Step::Enter(u64::from(u32::from_be_bytes(fixed(rest)?))),
        0xde => Step::Enter(u64::from(u16::from_be_bytes(fixed(rest)?)) * 2),
        0xdf => Step::Enter(u64::from(u32::from_be_bytes(fixed(rest)?)) * 2),
    })
}

fn fixed<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], ScanError> {
    let (head, tail) = rest.split_first_chunk().ok_or(ScanError::Truncated)?;
    *rest = tail;
    Ok(*head)
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
