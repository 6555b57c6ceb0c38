//! What is sent: a number and a text of 32 bytes.

use serde::{Deserialize, Serialize};

/// The payload of all cases but `large`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Item {
    pub(crate) id: u64,
    pub(crate) text: String,
}

/// As long as texts are. Formatting one would cost more than sending it.
const TEXT: &str = "thirty-two bytes are not so many";

impl Item {
    /// One allocation.
    pub(crate) fn new(id: u64) -> Self {
        Self {
            id,
            text: TEXT.to_owned(),
        }
    }
}
