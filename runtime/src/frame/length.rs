//! Takes the stream apart into frames.

use bytes::{Buf, Bytes, BytesMut};

use super::error::FrameError;
use crate::limits::Limits;

/// The bytes of a frame's length.
pub(crate) const PREFIX: usize = 4;

/// Room that a frame gets for its announcement alone; for more, bytes must have come.
const TRUST: usize = 64 << 10;

/// The length that a frame announces, as soon as that much of it is there.
pub(crate) fn frame_len(prefix: &[u8]) -> Option<u32> {
    prefix
        .first_chunk()
        .map(|length| u32::from_be_bytes(*length))
}

/// Takes one whole frame, without its length, off the front of what was received.
///
/// `None` means that more bytes must come first, and there is room for some. The length is checked
/// before any room is made, and the room at most doubles what has come: four bytes do not make this end
/// set aside the largest frame that it would take.
pub(crate) fn split(buffer: &mut BytesMut, max_frame: usize) -> Result<Option<Bytes>, FrameError> {
    let max = max_frame.max(Limits::LEAST_FRAME);
    let Some(length) = frame_len(buffer) else {
        buffer.reserve(PREFIX);
        return Ok(None);
    };
    let whole = match usize::try_from(length) {
        Ok(length) if length <= max => PREFIX.saturating_add(length),
        _ => return Err(FrameError::TooLong { length, max }),
    };
    if buffer.len() < whole {
        let missing = whole - buffer.len();
        buffer.reserve(missing.min(buffer.len().max(TRUST)));
        return Ok(None);
    }
    let mut frame = buffer.split_to(whole);
    frame.advance(PREFIX);
    Ok(Some(frame.freeze()))
}
