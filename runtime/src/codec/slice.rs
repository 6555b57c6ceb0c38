//! Slices, which are written as bytes if they are slices of bytes. serde tells them from others in no
//! way, so it is found out by what they give.

use serde::ser::{Serialize, SerializeTuple};

use super::byte::OnlyByte;
use super::compound::Tuple;
use super::error::EncodeError;
use super::writer::Writer;

/// Bytes that are gone through between two enlargements of what is written.
const CHUNK: usize = 4096;

/// The number of elements, if these may be a slice of bytes. An empty one is an array, whatever it is of.
pub(super) fn length_of_slice<I: Iterator>(values: &I) -> Option<usize> {
    let item = size_of::<I::Item>();
    let is_slice = (item == 1 || item == size_of::<&u8>())
        && size_of::<I>() <= size_of::<std::slice::Iter<'_, u8>>();
    match values.size_hint() {
        (least @ 1.., Some(most)) if is_slice && least == most => Some(least),
        _ => None,
    }
}

/// Writes `length` elements as bytes if they are, else as an array.
pub(super) fn write_slice<I>(
    writer: &mut Writer,
    mut values: I,
    length: usize,
) -> Result<(), EncodeError>
where
    I: Iterator,
    I::Item: Serialize,
{
    let mut array = Tuple::slice(writer, length)?;
    let mut next = values.next();
    if let Some(first) = next.take() {
        array.serialize_element(&first)?;
        if array.has_only_bytes() {
            next = write_bytes(&mut array, &mut values, length)?;
        }
    }
    let mut rest = next.into_iter().chain(values);
    rest.try_for_each(|value| array.serialize_element(&value))?;
    array.end()
}

/// Goes on after a first byte. Gives the first element that is none.
fn write_bytes<I>(
    array: &mut Tuple<'_>,
    values: &mut I,
    length: usize,
) -> Result<Option<I::Item>, EncodeError>
where
    I: Iterator,
    I::Item: Serialize,
{
    array.make_raw()?;
    let mut left = length - 1;
    while left > 0 {
        let room = array.room(left.min(CHUNK));
        let (size, mut filled) = (room.len(), 0);
        let mut stranger = None;
        for (slot, value) in room.iter_mut().zip(&mut *values) {
            match value.serialize(OnlyByte) {
                Ok(byte) => *slot = byte,
                Err(_) => {
                    stranger = Some(value);
                    break;
                }
            }
            filled += 1;
        }
        array.count_raw(size, filled);
        if filled < size {
            array.make_numbers()?;
            return Ok(stranger);
        }
        left -= filled;
    }
    Ok(None)
}
