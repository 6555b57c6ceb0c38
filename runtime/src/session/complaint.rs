//! What the log has been told, so that it is not told again: whoever fails over and over, by mistake or
//! on purpose, must not be able to fill it.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::ErrorKind;

/// The kinds of failures that somebody has been warned of.
#[derive(Default)]
pub(crate) struct Complaints(AtomicU64);

impl Complaints {
    /// Whether a failure is the first of its kind.
    pub(crate) fn is_first(&self, kind: ErrorKind) -> bool {
        let kind = 1 << kind as u64;
        self.0.fetch_or(kind, Ordering::Relaxed) & kind == 0
    }
}
