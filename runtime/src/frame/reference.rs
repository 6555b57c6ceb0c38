//! The table of the objects that a call or an answer passes.

use bytes::BufMut;

use super::append::{put_array, put_signed};
use super::cursor::Cursor;
use super::error::FrameError;
use crate::id::ObjectId;

/// The references that one frame can pass.
///
/// A byte on the wire becomes sixteen in the table; without an end to it, a frame of the largest size
/// would need a multiple of its own size before anyone asks how many callbacks are allowed.
pub(crate) const MAX_REFERENCES: usize = 1 << 20;

/// One entry of the table, from the sender's point of view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Reference {
    /// An object of the sender, passed for the first time or once more.
    Introduced(ObjectId),
    /// An object of the receiver, passed back to its owner.
    Returned(ObjectId),
}

pub(super) fn read_table(fields: &mut Cursor<'_>) -> Result<Vec<Reference>, FrameError> {
    const FIELD: &str = "references";
    let count = fields.array(FIELD)?;
    if count as usize > MAX_REFERENCES {
        return Err(fields.invalid(FIELD, "at most 1048576 references"));
    }
    // The vector grows with what is there, never by what the count announces.
    let mut table = Vec::new();
    for _ in 0..count {
        let value = fields.signed(FIELD)?;
        let object = fields.check_object(value.unsigned_abs(), FIELD)?;
        table.push(if value > 0 {
            Reference::Introduced(object)
        } else {
            Reference::Returned(object)
        });
    }
    Ok(table)
}

pub(super) fn write_table(out: &mut impl BufMut, table: &[Reference]) {
    put_array(out, table.len());
    for reference in table {
        match *reference {
            Reference::Introduced(id) => put_signed(out, id.number().cast_signed()),
            Reference::Returned(id) => put_signed(out, id.number().cast_signed().wrapping_neg()),
        }
    }
}
