//! Buffers for encoding, used again by the calls of a thread.

use std::cell::Cell;

/// A buffer that grew larger by an unusual value is not kept. Of a megabyte it is: new memory of that size
/// costs more than what is written to it, since the system clears each page of it.
const KEPT: usize = 2 << 20;

thread_local! {
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

// Both may be called when the thread's locals are gone: a call may lie in one of the user's.
#[inline]
pub(crate) fn take() -> Vec<u8> {
    SPARE.try_with(Cell::take).unwrap_or_default()
}

#[inline]
pub(crate) fn put(mut buffer: Vec<u8>) {
    if (1..=KEPT).contains(&buffer.capacity()) {
        buffer.clear();
        let _ = SPARE.try_with(|spare| spare.set(buffer));
    }
}
