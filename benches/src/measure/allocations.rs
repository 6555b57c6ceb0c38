//! The system's allocator, with two counters that are off unless asked for: they would cost the
//! wall-clock cases their share.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

static ON: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicU64 = AtomicU64::new(0);
static HEAP: AtomicI64 = AtomicI64::new(0);

/// Counts from now on.
pub(crate) fn start() {
    ON.store(true, Relaxed);
}

/// How often memory was allocated or moved since the start.
pub(crate) fn count() -> u64 {
    COUNT.load(Relaxed)
}

/// How many bytes more were allocated than freed since the start.
pub(crate) fn heap() -> u64 {
    u64::try_from(HEAP.load(Relaxed)).unwrap_or(0)
}

struct Counting;

fn note(count: u64, bytes: i64) {
    if ON.load(Relaxed) {
        COUNT.fetch_add(count, Relaxed);
        HEAP.fetch_add(bytes, Relaxed);
    }
}

fn signed(size: usize) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

// SAFETY: every request goes to the system's allocator unchanged; the counters neither allocate nor
// panic. (There is no safe way to count allocations.)
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        note(1, signed(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        note(1, signed(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        note(1, signed(new_size) - signed(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { System.realloc(at, layout, new_size) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        note(0, -signed(layout.size()));
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}
