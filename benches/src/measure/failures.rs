//! When calls of this process have failed, for the case `kill`.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use super::process::monotonic;

static FAILED: AtomicU64 = AtomicU64::new(0);
static LAST: AtomicU64 = AtomicU64::new(0);

/// A call has ended. One that did not fail counts for nothing.
pub(crate) fn note(failed: bool) {
    if failed {
        LAST.fetch_max(monotonic(), SeqCst);
        FAILED.fetch_add(1, SeqCst);
    }
}

/// How many have failed, and when the last one did, by the clock that processes share.
pub(crate) fn noted() -> (u64, u64) {
    (FAILED.load(SeqCst), LAST.load(SeqCst))
}
