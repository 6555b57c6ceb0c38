//! The small frames that keep a session going: cancel, release, revoke, credit, goaway, abort.

use bytes::BytesMut;

use super::Frame;
use super::append::{put_array, put_unsigned};
use super::cursor::Cursor;
use super::error::FrameError;
use super::kind;
use crate::id::ObjectId;

/// The objects of which one credit frame can tell. A longer list goes into several frames.
pub(crate) const MAX_CREDITED_OBJECTS: usize = 1 << 16;

/// How many notifications have been handled since the session began.
///
/// All counts only ever grow, so a frame that comes twice does no harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Credit {
    /// Notifications to any target.
    pub(crate) finished: u64,
    /// Those to single objects, where the count has changed since it was last told.
    pub(crate) objects: Vec<(ObjectId, u64)>,
}

pub(super) fn read_cancel<'a>(
    fields: &mut Cursor<'a>,
    found: u32,
) -> Result<Frame<'a>, FrameError> {
    fields.arity(found, 3)?;
    fields.number()?;
    let id = fields.request_id("id")?;
    fields.end()?;
    Ok(Frame::Cancel { id })
}

pub(super) fn read_release<'a>(
    fields: &mut Cursor<'a>,
    found: u32,
) -> Result<Frame<'a>, FrameError> {
    fields.arity(found, 4)?;
    fields.number()?;
    let object = fields.object_id("object")?;
    let count = fields.unsigned("count")?;
    if count == 0 {
        return Err(fields.invalid("count", "1 or more"));
    }
    fields.end()?;
    Ok(Frame::Release { object, count })
}

pub(super) fn read_revoke<'a>(
    fields: &mut Cursor<'a>,
    found: u32,
) -> Result<Frame<'a>, FrameError> {
    fields.arity(found, 4)?;
    fields.number()?;
    let object = fields.object_id("object")?;
    let reason = fields.string("reason")?;
    fields.end()?;
    Ok(Frame::Revoke { object, reason })
}

pub(super) fn read_goaway<'a>(
    fields: &mut Cursor<'a>,
    found: u32,
) -> Result<Frame<'a>, FrameError> {
    fields.arity(found, 3)?;
    fields.number()?;
    let reason = fields.string("reason")?;
    fields.end()?;
    Ok(Frame::Goaway { reason })
}

pub(super) fn read_abort<'a>(fields: &mut Cursor<'a>, found: u32) -> Result<Frame<'a>, FrameError> {
    fields.arity(found, 3)?;
    let kind = fields.string("kind")?;
    let message = fields.string("message")?;
    fields.end()?;
    Ok(Frame::Abort { kind, message })
}

/// The token of a ping or a pong.
pub(super) fn read_token(fields: &mut Cursor<'_>, found: u32) -> Result<u64, FrameError> {
    fields.arity(found, 2)?;
    let token = fields.unsigned("token")?;
    fields.end()?;
    Ok(token)
}

impl Credit {
    pub(super) fn read(fields: &mut Cursor<'_>, found: u32) -> Result<Self, FrameError> {
        const OBJECTS: &str = "objects";
        // The kind and the total are there in any case; each further element is a pair.
        fields.arity(found.min(2), 2)?;
        let pairs = found - 2;
        if pairs as usize > MAX_CREDITED_OBJECTS {
            return Err(fields.invalid(OBJECTS, "at most 65536 pairs"));
        }
        let finished = fields.unsigned("finished")?;
        let mut objects = Vec::new();
        for _ in 0..pairs {
            let elements = fields.array(OBJECTS)?;
            if elements != 2 {
                return Err(fields.invalid(OBJECTS, "pairs of object and count"));
            }
            objects.push((fields.object_id(OBJECTS)?, fields.unsigned(OBJECTS)?));
        }
        fields.end()?;
        Ok(Self { finished, objects })
    }

    pub(super) fn write(&self, out: &mut BytesMut) {
        put_array(out, 2 + self.objects.len());
        put_unsigned(out, kind::CREDIT);
        put_unsigned(out, self.finished);
        for &(object, finished) in &self.objects {
            put_array(out, 2);
            put_unsigned(out, object.number());
            put_unsigned(out, finished);
        }
    }
}
