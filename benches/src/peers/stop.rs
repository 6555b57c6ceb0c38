//! Why a peer does not do a case.

use std::error::Error;
use std::fmt;

/// What the work of peers and cases comes to.
pub(crate) type Outcome<T> = Result<T, Stop>;

/// Why there is no figure.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The peer has no such thing, for this reason. The table says so.
    Unsupported(&'static str),
    /// It should have worked.
    Failed(String),
}

impl<E: Error> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(error.to_string())
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(why) => write!(f, "not supported: {why}"),
            Self::Failed(why) => f.write_str(why),
        }
    }
}
