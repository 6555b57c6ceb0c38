//! Where values are written: the bytes, and how deep in arrays and maps they are.
//!
//! What is in this file knows nothing of serde and of the types that are written, so it is compiled once.

use super::error::{EncodeError, Unwritable};
use super::head::{Head, Kind};

/// No position in the bytes.
const NOWHERE: usize = usize::MAX;

/// Values that are being written.
pub(super) struct Writer {
    out: Vec<u8>,
    compact: bool,
    /// How many more arrays and maps may be inside of each other, and how many in all.
    levels: u32,
    max_nesting: u32,
    /// Where the `u8` that was written last begins, if it was not in anything.
    byte: usize,
}

impl Writer {
    /// Writes behind what is in `out`.
    #[inline]
    pub(super) fn new(out: Vec<u8>, compact: bool, max_nesting: u32) -> Self {
        Self {
            out,
            compact,
            levels: max_nesting,
            max_nesting,
            byte: NOWHERE,
        }
    }

    #[inline]
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.out
    }

    /// What was written, for more that is no value by itself.
    pub(super) fn bytes_mut(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Takes back a value that failed: what was written from there on, and the levels that were begun.
    #[cold]
    pub(super) fn take_back(&mut self, start: usize) {
        self.out.truncate(start);
        self.levels = self.max_nesting;
        self.byte = NOWHERE;
    }

    /// Whether structs are arrays.
    #[inline]
    pub(super) fn is_compact(&self) -> bool {
        self.compact
    }

    /// Where the next value begins.
    #[inline]
    pub(super) fn position(&self) -> usize {
        self.out.len()
    }

    #[inline]
    pub(super) fn put(&mut self, byte: u8) {
        self.out.push(byte);
    }

    #[inline]
    pub(super) fn put_all(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Writes a marker and what it says of what follows.
    fn put_marked<const N: usize>(&mut self, marker: u8, data: [u8; N]) {
        let mut bytes = [marker; 9];
        bytes[1..=N].copy_from_slice(&data);
        self.put_all(&bytes[..=N]);
    }

    pub(super) fn unsigned(&mut self, number: u64) {
        match number {
            0..=0x7f => self.put(number as u8),
            0x80..=0xff => self.put_all(&[0xcc, number as u8]),
            0x100..=0xffff => self.put_marked(0xcd, (number as u16).to_be_bytes()),
            0x1_0000..=0xffff_ffff => self.put_marked(0xce, (number as u32).to_be_bytes()),
            _ => self.put_marked(0xcf, number.to_be_bytes()),
        }
    }

    pub(super) fn signed(&mut self, number: i64) {
        match number {
            0.. => self.unsigned(number.unsigned_abs()),
            -0x20..0 => self.put(number as u8),
            -0x80..-0x20 => self.put_all(&[0xd0, number as u8]),
            -0x8000..-0x80 => self.put_marked(0xd1, (number as i16).to_be_bytes()),
            -0x8000_0000..-0x8000 => self.put_marked(0xd2, (number as i32).to_be_bytes()),
            _ => self.put_marked(0xd3, number.to_be_bytes()),
        }
    }

    /// Writes a number that may turn out to be one of a string of bytes.
    #[inline]
    pub(super) fn byte(&mut self, number: u8) {
        self.byte = self.out.len();
        match number {
            0..=0x7f => self.put(number),
            _ => self.put_all(&[0xcc, number]),
        }
    }

    /// Whether what was written from there on is a `u8` and nothing else.
    #[inline]
    pub(super) fn is_byte(&self, start: usize) -> bool {
        self.byte == start
    }

    /// What was written last is more than a `u8`, if it begins with one.
    #[inline]
    pub(super) fn forget_byte(&mut self) {
        self.byte = NOWHERE;
    }

    pub(super) fn float32(&mut self, number: f32) {
        self.put_marked(0xca, number.to_be_bytes());
    }

    pub(super) fn float64(&mut self, number: f64) {
        self.put_marked(0xcb, number.to_be_bytes());
    }

    #[inline]
    pub(super) fn text(&mut self, text: &str) -> Result<(), EncodeError> {
        match text.len() {
            length @ 0..0x20 => self.put(0xa0 | length as u8),
            length @ 0x20..0x100 => self.put_all(&[0xd9, length as u8]),
            length => self.head(Kind::Text, length)?,
        }
        self.put_all(text.as_bytes());
        Ok(())
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.head(Kind::Bytes, bytes.len())?;
        self.put_all(bytes);
        Ok(())
    }

    pub(super) fn head(&mut self, kind: Kind, length: usize) -> Result<(), EncodeError> {
        let length = u32::try_from(length).map_err(|_| Unwritable::TooLong)?;
        self.put_all(Head::new(kind, length).as_bytes());
        Ok(())
    }

    /// Puts the right head in place of the first byte of what was written from there on.
    pub(super) fn settle_head(
        &mut self,
        start: usize,
        kind: Kind,
        length: usize,
    ) -> Result<(), EncodeError> {
        let length = u32::try_from(length).map_err(|_| Unwritable::TooLong)?;
        self.insert_head(start, 1, &Head::new(kind, length));
        Ok(())
    }

    /// Puts a head in place of so many bytes, of which there are no more than the head has.
    fn insert_head(&mut self, start: usize, placeholder: usize, head: &Head) {
        let head = head.as_bytes();
        let (end, more) = (self.out.len(), head.len() - placeholder);
        if more > 0 {
            self.out.resize(end + more, 0);
            self.out
                .copy_within(start + placeholder..end, start + head.len());
        }
        self.out[start..start + head.len()].copy_from_slice(head);
    }

    /// Begins an array or a map. Gives what has to be given back at its end.
    #[inline]
    pub(super) fn open(&mut self, kind: Kind, length: usize) -> Result<Level, EncodeError> {
        let level = Level(self.levels);
        match self.levels.checked_sub(1) {
            Some(levels) => self.levels = levels,
            None => return Err(self.too_deep()),
        }
        self.container(kind, length)?;
        Ok(level)
    }

    #[inline]
    fn container(&mut self, kind: Kind, length: usize) -> Result<(), EncodeError> {
        match length {
            0..0x10 => self.put(if kind == Kind::Map { 0x80 } else { 0x90 } | length as u8),
            _ => self.head(kind, length)?,
        }
        Ok(())
    }

    /// Begins the fields of a struct.
    #[inline]
    pub(super) fn open_struct(&mut self, length: usize) -> Result<Level, EncodeError> {
        let kind = match self.compact {
            true => Kind::Array,
            false => Kind::Map,
        };
        self.open(kind, length)
    }

    /// Begins an array that may become bytes: whether it lies too deep is said at its end.
    pub(super) fn open_array_or_bytes(&mut self, length: usize) -> Result<Level, EncodeError> {
        let level = Level(self.levels);
        self.levels = self.levels.saturating_sub(1);
        self.container(Kind::Array, length)?;
        Ok(level)
    }

    /// Ends an array or a map.
    #[inline]
    pub(super) fn leave(&mut self, level: Level) {
        self.levels = level.0;
    }

    /// The same for one that was begun without a look at the level.
    pub(super) fn leave_array(&mut self, level: Level) -> Result<(), EncodeError> {
        if level.0 == 0 {
            return Err(self.too_deep());
        }
        self.leave(level);
        Ok(())
    }

    #[cold]
    fn too_deep(&self) -> EncodeError {
        let max = self.max_nesting;
        Unwritable::TooDeep { max }.into()
    }

    /// Makes bytes of an array that was begun there and has `length` elements, all of them a `u8`.
    pub(super) fn make_bytes(&mut self, start: usize, length: u32) {
        // The bytes without their markers come to stand where the array began.
        let array = &mut self.out[start..];
        let mut from = Head::new(Kind::Array, length).as_bytes().len();
        for to in 0..length as usize {
            from += usize::from(array[from] == 0xcc);
            array[to] = array[from];
            from += 1;
        }
        self.out.truncate(start + length as usize);
        self.insert_head(start, 0, &Head::new(Kind::Bytes, length));
        self.forget_byte();
    }

    /// Begins an extension value, which is at first written as the array of a number and bytes. As a value
    /// it is no level.
    pub(super) fn open_extension(&mut self) -> Level {
        let level = Level(self.levels);
        self.levels = self.levels.saturating_add(1);
        level
    }

    /// Makes an extension value of that array.
    pub(super) fn make_extension(&mut self, start: usize, level: Level) -> Result<(), EncodeError> {
        self.leave(level);
        let (tag, data) = match &self.out[start..] {
            [0x92, 0xd0, tag, bin @ ..] => (*tag, bin),
            [0x92, tag @ (0..=0x7f | 0xe0..=0xff), bin @ ..] => (*tag, bin),
            _ => return Err(Unwritable::Extension.into()),
        };
        let data = match data {
            [0xc4, _, data @ ..] | [0xc5, _, _, data @ ..] | [0xc6, _, _, _, _, data @ ..] => {
                data.to_vec()
            }
            _ => return Err(Unwritable::Extension.into()),
        };
        // It was written with a head, so its length has no more than 32 bits.
        let [a, b, c, d] = (data.len() as u32).to_be_bytes();
        self.out.truncate(start);
        match data.len() {
            1 => self.put(0xd4),
            2 => self.put(0xd5),
            4 => self.put(0xd6),
            8 => self.put(0xd7),
            16 => self.put(0xd8),
            0..=0xff => self.put_all(&[0xc7, d]),
            0x100..=0xffff => self.put_all(&[0xc8, c, d]),
            _ => self.put_all(&[0xc9, a, b, c, d]),
        }
        self.put(tag);
        self.put_all(&data);
        self.forget_byte();
        Ok(())
    }

    /// Throws away what was written from there on.
    pub(super) fn truncate(&mut self, position: usize) {
        self.out.truncate(position);
    }

    /// What was written last.
    pub(super) fn last(&self) -> Option<u8> {
        self.out.last().copied()
    }

    /// Takes away what was written from there on.
    pub(super) fn cut(&mut self, position: usize) -> Vec<u8> {
        self.out.split_off(position)
    }

    /// Makes room for so many bytes, to be filled in.
    pub(super) fn room(&mut self, length: usize) -> &mut [u8] {
        let start = self.out.len();
        self.out.resize(start + length, 0);
        &mut self.out[start..]
    }
}

/// How many levels there were before an array or a map was begun.
#[derive(Clone, Copy)]
pub(super) struct Level(u32);

/// Text is also written piece by piece, behind a byte for its head.
impl std::fmt::Write for Writer {
    fn write_str(&mut self, piece: &str) -> std::fmt::Result {
        self.put_all(piece.as_bytes());
        Ok(())
    }
}
