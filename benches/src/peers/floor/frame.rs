//! A frame: four numbers of fixed length, then a value in MessagePack.

use serde::{Deserialize, Serialize};

use crate::peers::{Outcome, Stop};

/// Length of the rest, kind, call, object.
const HEADER: usize = 4 + 1 + 4 + 4;

macro_rules! kinds {
    ($($kind:ident)*) => {
        /// What a frame is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(in crate::peers) enum Kind { $($kind),* }

        const KINDS: &[Kind] = &[$(Kind::$kind),*];
    };
}
kinds! {
    Item ByteString Unit
    Echo Bytes Register Push Ask Hang
    Event AskObject HangObject Credit
}

/// A received frame.
pub(in crate::peers) struct Frame<'a> {
    pub(in crate::peers) kind: Kind,
    /// The call's number; of an event that is counted its method, and of credit how many events.
    pub(in crate::peers) call: u32,
    pub(in crate::peers) object: u32,
    pub(super) value: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The first frame of `input` and its length, or how many bytes are missing.
    pub(in crate::peers) fn parse(input: &'a [u8]) -> Outcome<Result<(Self, usize), usize>> {
        let Some(header) = input.first_chunk::<HEADER>() else {
            return Ok(Err(HEADER - input.len()));
        };
        let [l0, l1, l2, l3, kind, c0, c1, c2, c3, o0, o1, o2, o3] = *header;
        let length = 4 + u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let Some(value) = input.get(HEADER..length) else {
            return Ok(Err(length - input.len()));
        };
        let kind = KINDS
            .get(usize::from(kind))
            .ok_or_else(|| Stop::Failed(format!("unknown kind {kind}")))?;
        let frame = Self {
            kind: *kind,
            call: u32::from_le_bytes([c0, c1, c2, c3]),
            object: u32::from_le_bytes([o0, o1, o2, o3]),
            value,
        };
        Ok(Ok((frame, length)))
    }

    /// Decodes the value.
    pub(in crate::peers) fn read<T: Deserialize<'a>>(&self) -> Outcome<T> {
        Ok(rmp_serde::from_slice(self.value)?)
    }

    /// Appends a frame to `out`.
    pub(in crate::peers) fn write<T: Serialize + ?Sized>(
        out: &mut Vec<u8>,
        kind: Kind,
        call: u32,
        object: u32,
        value: &T,
    ) -> Outcome<()> {
        let start = out.len();
        out.extend_from_slice(&header(0, kind, call, object));
        rmp_serde::encode::write(out, value)?;
        let length = u32::try_from(out.len() - start - 4)?;
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
        Ok(())
    }

    /// Appends a frame whose value is encoded already.
    pub(super) fn write_encoded(
        out: &mut Vec<u8>,
        kind: Kind,
        call: u32,
        object: u32,
        value: &[u8],
    ) -> Outcome<()> {
        let length = u32::try_from(HEADER - 4 + value.len())?;
        out.reserve(HEADER + value.len());
        out.extend_from_slice(&header(length, kind, call, object));
        out.extend_from_slice(value);
        Ok(())
    }
}

#[inline(always)]
fn header(length: u32, kind: Kind, call: u32, object: u32) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(&length.to_le_bytes());
    header[4] = kind as u8;
    header[5..9].copy_from_slice(&call.to_le_bytes());
    header[9..].copy_from_slice(&object.to_le_bytes());
    header
}
