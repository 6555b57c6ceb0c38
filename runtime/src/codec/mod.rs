//! Values to MessagePack and back (by rmp-serde), and the guard against nested bombs.

mod bytes;
mod empty;
mod nesting;
mod value;

pub(crate) use bytes::{Bytes, OwnedBytes};
pub(crate) use nesting::{ScanError, scan};
pub(crate) use value::{
    ReferenceIndex, Values, encode, read_reference_index, write_reference_index,
};
