//! Values to MessagePack and back, and the guard against nested bombs.

mod access;
mod byte;
mod bytes;
mod compound;
mod deserializer;
mod error;
mod head;
mod nesting;
mod reader;
mod serializer;
mod slice;
mod text;
mod value;
mod writer;

#[cfg(test)]
mod equivalence;
#[cfg(test)]
mod liars;
#[cfg(test)]
mod reading;
#[cfg(test)]
mod zoo;

pub(crate) use bytes::{Bytes, OwnedBytes};
pub(crate) use error::{DecodeError, EncodeError};
pub(crate) use nesting::{ScanError, scan};
pub(crate) use reader::unsigned;
pub(crate) use text::utf8;
#[cfg(test)]
pub(crate) use value::encode;
pub(crate) use value::{
    ReferenceIndex, ValueWriter, Values, read_array_head, read_reference_index, write_array_head,
    write_reference_index,
};
