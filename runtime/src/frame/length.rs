//! Takes the stream apart into frames.

use bytes::{Buf, Bytes, BytesMut};

use super::error::FrameError;
use super::memory;
use crate::limits::Limits;

/// The bytes of a frame's length.
pub(crate) const PREFIX: usize = 4;

/// Room that a frame gets for its announcement alone; for more, bytes must have come.
const TRUST: usize = 64 << 10;

/// From this length on a frame has memory of its own, which is used again after it.
pub(crate) const LARGE: usize = 64 << 10;

/// So much of a large frame must have come before it gets memory that others have used.
const BEGUN: usize = 4 << 10;
/// Or such a part of it, if that is more.
const BEGUN_OF: usize = 16;

/// The length that a frame announces, as soon as that much of it is there.
pub(crate) fn frame_len(prefix: &[u8]) -> Option<u32> {
    prefix
        .first_chunk()
        .map(|length| u32::from_be_bytes(*length))
}

/// Takes one whole frame, without its length, off the front of what was received.
///
/// `None` means that more bytes must come first, and there is room for some. The length is checked
/// before any room is made, and new room at most doubles what has come: four bytes do not make this end
/// set aside the largest frame that it would take. (Room that others have used is there anyway, and goes to who
/// has sent a sixteenth of the frame.)
pub(crate) fn split(buffer: &mut BytesMut, max_frame: usize) -> Result<Option<Bytes>, FrameError> {
    let Some(whole) = first_len(buffer, max_frame)? else {
        return Ok(None);
    };
    let mut frame = buffer.split_to(whole);
    frame.advance(PREFIX);
    Ok(Some(frame.freeze()))
}

/// As [`split`], but takes all frames that are whole, for [`Frames`] to tell them apart: one piece of
/// memory for everything that came with one read. A length that is too great shows when it is the first.
pub(crate) fn split_all(
    buffer: &mut BytesMut,
    max_frame: usize,
) -> Result<Option<Bytes>, FrameError> {
    let Some(mut whole) = first_len(buffer, max_frame)? else {
        return Ok(None);
    };
    if whole >= LARGE {
        let rest = BytesMut::from(&buffer[whole..]); // nothing, if nobody reads more than is missing
        let mut frame = std::mem::replace(buffer, rest);
        frame.truncate(whole);
        return Ok(Some(memory::lend(frame)));
    }
    while let Some(length) = whole_len(&buffer[whole..], max_frame) {
        whole += length;
    }
    Ok(Some(buffer.split_to(whole).freeze()))
}

/// The length of the first frame, its prefix included, if it is whole. Else makes room for more of it.
fn first_len(buffer: &mut BytesMut, max_frame: usize) -> Result<Option<usize>, FrameError> {
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
        make_room(buffer, whole);
        return Ok(None);
    }
    Ok(Some(whole))
}

/// Makes room for more of a frame of that length.
fn make_room(buffer: &mut BytesMut, whole: usize) {
    let missing = whole - buffer.len();
    let room = missing.min(buffer.len().max(TRUST));
    if whole < LARGE || buffer.capacity() >= whole {
        buffer.reserve(room);
        return;
    }
    let has_begun = buffer.len() >= BEGUN.max(whole / BEGUN_OF);
    let used = has_begun.then(|| memory::used(whole)).flatten();
    let memory = used.or_else(|| (room == missing).then(|| memory::new(whole)));
    match memory {
        Some(mut memory) => {
            memory.extend_from_slice(buffer);
            *buffer = memory;
        }
        None => buffer.reserve(room),
    }
}

/// How many bytes of a frame that is so long are still to come, if one has begun. More should not be read together
/// with them: from [`LARGE`] on they would have to be moved.
pub(crate) fn missing(buffer: &[u8], long: usize) -> Option<usize> {
    let whole = PREFIX + frame_len(buffer)? as usize;
    let missing = whole.checked_sub(buffer.len())?;
    (whole >= long && missing > 0).then_some(missing)
}

/// The length of the frame at the front, its prefix included, if it is whole and may be so long.
fn whole_len(bytes: &[u8], max_frame: usize) -> Option<usize> {
    let length = usize::try_from(frame_len(bytes)?).ok()?;
    let whole = PREFIX.checked_add(length)?;
    (length <= max_frame && whole <= bytes.len()).then_some(whole)
}

/// Whole frames, one behind the other, each given without its length.
pub(crate) struct Frames<'a>(&'a [u8]);

impl<'a> Frames<'a> {
    /// The frames in what [`split_all`] gave.
    pub(crate) fn of(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (frame, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_taken_when_it_is_whole() {
        let mut buffer = BytesMut::new();
        for byte in [0, 0, 0, 2, 0x91] {
            assert_eq!(split(&mut buffer, 4096), Ok(None));
            buffer.extend_from_slice(&[byte]);
        }
        assert_eq!(split(&mut buffer, 4096), Ok(None));
        buffer.extend_from_slice(&[0x40, 0xff]);
        assert_eq!(
            split(&mut buffer, 4096),
            Ok(Some(Bytes::from_static(&[0x91, 0x40])))
        );
        assert_eq!(&buffer[..], [0xff]);
    }

    #[test]
    fn the_length_is_checked_before_room_is_made() {
        let mut buffer = BytesMut::from(&[0xff, 0xff, 0xff, 0xff][..]);
        let room = buffer.capacity();
        let error = split(&mut buffer, 4096).unwrap_err();
        assert_eq!(
            error,
            FrameError::TooLong {
                length: u32::MAX,
                max: 4096
            }
        );
        assert_eq!(
            error.to_string(),
            "a frame of 4294967295 bytes, where max_frame is 4096"
        );
        assert_eq!(buffer.capacity(), room);
    }

    #[test]
    fn the_largest_frame_is_taken_and_no_larger_one() {
        let frame = |length: u32| [&length.to_be_bytes()[..], &vec![7; length as usize]].concat();
        let mut buffer = BytesMut::from(&frame(4096)[..]);
        assert_eq!(
            split(&mut buffer, 4096).unwrap().map(|frame| frame.len()),
            Some(4096)
        );
        let mut buffer = BytesMut::from(&frame(4097)[..]);
        assert!(split(&mut buffer, 4096).is_err());
    }

    #[test]
    fn no_limit_is_so_low_that_a_failure_could_not_be_told() {
        let mut buffer = BytesMut::from(&[0, 0, 4, 0][..]);
        assert_eq!(split(&mut buffer, 0), Ok(None));
        let mut buffer = BytesMut::from(&[0, 0, 4, 1][..]);
        assert!(split(&mut buffer, 0).is_err());
    }

    #[test]
    fn all_frames_that_are_whole_are_taken_at_once() {
        let mut buffer =
            BytesMut::from(&[0, 0, 0, 1, 7, 0, 0, 0, 0, 0, 0, 0, 2, 8, 9, 0, 0, 0, 1][..]);
        let taken = split_all(&mut buffer, 4096).unwrap().unwrap();
        let frames: Vec<_> = Frames::of(&taken).collect();
        assert_eq!(frames, [&[7][..], &[], &[8, 9]]);
        assert_eq!(&buffer[..], [0, 0, 0, 1]);
        assert_eq!(split_all(&mut buffer, 4096), Ok(None));
    }

    #[test]
    fn frames_before_one_that_is_too_long_are_taken() {
        let mut buffer = BytesMut::from(&[0, 0, 0, 1, 7, 0xff, 0xff, 0xff, 0xff, 1][..]);
        let taken = split_all(&mut buffer, 4096).unwrap().unwrap();
        assert_eq!(Frames::of(&taken).collect::<Vec<_>>(), [&[7][..]]);
        assert!(split_all(&mut buffer, 4096).is_err());
    }

    #[test]
    fn an_announcement_alone_gets_little_room() {
        const LARGEST: u32 = 1 << 30;
        let mut buffer = BytesMut::from(&LARGEST.to_be_bytes()[..]);
        assert_eq!(split(&mut buffer, LARGEST as usize), Ok(None));
        assert!(buffer.capacity() < 4 * TRUST, "{} bytes", buffer.capacity());
        buffer.extend_from_slice(&vec![0; 10 * TRUST]);
        assert_eq!(split(&mut buffer, LARGEST as usize), Ok(None));
        let room = buffer.capacity() - buffer.len();
        assert!((10 * TRUST..40 * TRUST).contains(&room), "{room} bytes");
    }

    #[test]
    fn a_large_frame_takes_its_memory_along() {
        let mut buffer = BytesMut::from(&(LARGE as u32).to_be_bytes()[..]);
        assert_eq!(missing(&buffer, LARGE), Some(LARGE));
        buffer.extend_from_slice(&[7; LARGE]);
        assert_eq!(missing(&buffer, LARGE), None);
        buffer.extend_from_slice(&[0, 0, 0, 1, 8, 0]);
        let taken = split_all(&mut buffer, LARGE).unwrap().unwrap();
        let frames: Vec<_> = Frames::of(&taken).collect();
        assert_eq!(frames, [&[7; LARGE][..]]);
        let taken = split_all(&mut buffer, LARGE).unwrap().unwrap();
        assert_eq!(Frames::of(&taken).collect::<Vec<_>>(), [[8]]);
        assert_eq!((&buffer[..], missing(&buffer, LARGE)), (&[0][..], None));
        assert!(buffer.capacity() < LARGE, "{} bytes", buffer.capacity());
    }

    #[test]
    fn whole_small_frames_are_not_what_is_missing() {
        for bytes in [&[][..], &[0, 0, 0], &[0, 0, 0, 2, 1], &[0, 1, 0, 0]] {
            let is_large = bytes == [0, 1, 0, 0];
            assert_eq!(missing(bytes, LARGE).is_some(), is_large, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_missing_fits_without_moving() {
        let mut buffer = BytesMut::from(&[0, 0, 0x80, 0, 1, 2, 3][..]);
        assert_eq!(split(&mut buffer, 1 << 20), Ok(None));
        assert!(buffer.capacity() >= PREFIX + 0x8000);
    }
}
