//! In which form of the same values the peer reads them.

use crate::codec::ValueWriter;

/// How the peer wants values to be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) compact: bool,
    pub(crate) max_nesting: u32,
}

impl Form {
    /// Writes behind what is in `out`.
    #[inline]
    pub(crate) fn writer(self, out: Vec<u8>) -> ValueWriter {
        ValueWriter::new(out, self.compact, self.max_nesting)
    }
}
