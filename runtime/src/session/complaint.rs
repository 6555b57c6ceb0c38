//! What the log has been told, so that it is not told again: whoever fails over and over, by mistake or
//! on purpose, must not be able to fill it.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use super::link::Link;
use crate::error::{Error, ErrorKind};

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

impl Link {
    /// A one-way call of the peer failed. `error` is `None` if it is of a type of the service's own.
    pub(super) fn complain(&self, method: impl fmt::Display, error: Option<&Error>) {
        let peer = self.peer_addr();
        let kind = error.map_or(ErrorKind::Application, Error::kind);
        let error = error.map(tracing::field::display);
        if self.running.complaints.is_first(kind) {
            tracing::warn!(
                ?peer,
                %method,
                error,
                "a one-way call failed (more of the kind in this session: at debug level)"
            );
        } else {
            tracing::debug!(?peer, %method, error, "a one-way call failed");
        }
    }
}
