//! The time.

use std::time::Instant;

/// Now, by tokio's clock: what its timers go by, and what a test can pause.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
