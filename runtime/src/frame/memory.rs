//! Memory of large frames, which all connections of the process use again: the system clears each page of
//! new memory, and a connection that waits for its next frame keeps none.
//!
//! A large frame begins at a certain place of a page. The system copies between this memory and pages of its own,
//! at whose beginning the bytes of a frame mostly begin, and there are processors (AMD's Zen 3) that need three
//! times as long where the one begins up to 31 bytes behind the other in their pages. That is where an allocator
//! puts large memory: 16 bytes behind the beginning of a page. Here it is farther.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::{Buf, Bytes, BytesMut};

/// So much is kept, for frames to come.
const MOST: usize = 4 << 20;

/// A frame gets no memory that could hold several like it: who keeps a part of it keeps all.
const SLACK: usize = 2;

const PAGE: usize = 4096;

/// Where in a page a frame begins: farther than the head of a frame is long, which is sent before what begins
/// here.
const START: usize = 128;

static SPARE: Mutex<Spare> = Mutex::new(Spare::new());

/// Memory that nobody uses, the oldest first.
struct Spare {
    pieces: VecDeque<BytesMut>,
    bytes: usize,
}

/// Memory for that many bytes that was used before, if there is some.
pub(super) fn used(length: usize) -> Option<BytesMut> {
    spare().take(length)
}

/// New memory for that many bytes.
pub(super) fn new(length: usize) -> BytesMut {
    let mut memory = BytesMut::with_capacity(length.saturating_add(PAGE));
    let before = before_start(&memory);
    memory.resize(before, 0);
    memory.advance(before);
    memory
}

/// Bytes of the memory that come before the place where a frame is to begin.
fn before_start(memory: &BytesMut) -> usize {
    START.wrapping_sub(memory.as_ptr().addr()) % PAGE
}

/// A copy in memory of its own.
pub(crate) fn copy(bytes: &[u8]) -> Bytes {
    let mut memory = used(bytes.len()).unwrap_or_else(|| new(bytes.len()));
    memory.extend_from_slice(bytes);
    lend(memory)
}

/// Shares what lies in the memory. When the last part of it is dropped, the memory is used again.
pub(super) fn lend(memory: BytesMut) -> Bytes {
    Bytes::from_owner(Lent(memory))
}

struct Lent(BytesMut);

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let memory = mem::take(&mut self.0);
        if before_start(&memory) == 0 {
            let gone = spare().put(memory);
            drop(gone); // without the lock
        }
    }
}

fn spare() -> MutexGuard<'static, Spare> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Spare {
    const fn new() -> Self {
        Self {
            pieces: VecDeque::new(),
            bytes: 0,
        }
    }

    fn take(&mut self, length: usize) -> Option<BytesMut> {
        let fits = length..=length.saturating_mul(SLACK);
        let mut of_each = self.pieces.iter();
        let at = of_each.rposition(|memory| fits.contains(&memory.capacity()))?;
        let memory = self.pieces.remove(at)?;
        self.bytes -= memory.capacity();
        Some(memory)
    }

    /// Keeps it, as the youngest. Gives what is too much now.
    fn put(&mut self, mut memory: BytesMut) -> Vec<BytesMut> {
        if memory.capacity() > MOST {
            return vec![memory];
        }
        memory.clear();
        self.bytes += memory.capacity();
        self.pieces.push_back(memory);
        let mut gone = Vec::new();
        while self.bytes > MOST {
            let Some(oldest) = self.pieces.pop_front() else {
                break;
            };
            self.bytes -= oldest.capacity();
            gone.push(oldest);
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn capacities(pieces: &[BytesMut]) -> Vec<usize> {
        pieces.iter().map(BytesMut::capacity).collect()
    }

    #[test]
    fn what_fits_is_given_and_nothing_much_larger() {
        let mut spare = Spare::new();
        spare.put(BytesMut::with_capacity(MIB));
        assert_eq!(spare.take(MIB + 1), None);
        assert_eq!(spare.take(MIB / 2 - 1), None);
        assert_eq!(spare.take(MIB / 2).map(|it| it.capacity()), Some(MIB));
        assert_eq!((spare.take(MIB), spare.bytes), (None, 0));
    }

    #[test]
    fn the_oldest_make_room() {
        let mut spare = Spare::new();
        for mib in [1, 2, 1] {
            assert!(spare.put(BytesMut::with_capacity(mib * MIB)).is_empty());
        }
        let gone = spare.put(BytesMut::with_capacity(2 * MIB));
        assert_eq!(capacities(&gone), [MIB, 2 * MIB]);
        assert_eq!(spare.bytes, 3 * MIB);
        // What could not be kept drives nobody out.
        let gone = spare.put(BytesMut::with_capacity(2 * MOST));
        assert_eq!(capacities(&gone), [2 * MOST]);
        assert_eq!(spare.bytes, 3 * MIB);
    }

    #[test]
    fn memory_comes_back_with_its_last_part() {
        const LENGTH: usize = 700_001; // of no other test
        let whole = copy(&[7; LENGTH]);
        let whole_at = whole.as_ptr().addr();
        assert_eq!(whole_at % PAGE, START);
        let part = whole.slice(1..2);
        drop(whole);
        assert_eq!((used(LENGTH), &part[..]), (None, &[7][..]));
        drop(part);
        let again = used(LENGTH).map(|memory| (memory.len(), memory.as_ptr().addr()));
        assert_eq!(again, Some((0, whole_at)));
    }
}
