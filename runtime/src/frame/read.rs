//! From bytes to a frame.

use super::control::{
    Credit, read_abort, read_cancel, read_goaway, read_release, read_revoke, read_token,
};
use super::cursor::Cursor;
use super::error::FrameError;
use super::greeting::Greeting;
use super::request::{read_notification, read_request};
use super::response::read_response;
use super::resume::{read_ack, read_resume};
use super::{Frame, kind};

/// Reads one frame, given without its length.
///
/// Only a table of references or a credit for objects allocates. Payloads are scanned: what comes out
/// is whole, at most `max_nesting` deep, and announces nothing that is not there.
#[inline]
pub(crate) fn read(frame: &[u8], max_nesting: u32) -> Result<Frame<'_>, FrameError> {
    // As in the greeting: no end can ask for less.
    let max_nesting = max_nesting.max(1);
    let mut fields = Cursor::new("frame", frame);
    let found = fields.array("array")?;
    let kind = fields.unsigned("kind")?;
    let named = |kind| fields.named(kind);
    match kind {
        kind::REQUEST => read_request(&mut named("request"), found, max_nesting),
        kind::RESPONSE => {
            read_response(&mut named("response"), found, max_nesting).map(Frame::Response)
        }
        kind::NOTIFICATION => read_notification(&mut named("notification"), found, max_nesting),
        kind::CANCEL => read_cancel(&mut named("cancel"), found),
        kind::RELEASE => read_release(&mut named("release"), found),
        kind::REVOKE => read_revoke(&mut named("revoke"), found),
        kind::CREDIT => Credit::read(&mut named("credit"), found).map(Frame::Credit),
        kind::PING => read_token(&mut named("ping"), found).map(Frame::Ping),
        kind::PONG => read_token(&mut named("pong"), found).map(Frame::Pong),
        kind::HELLO => Greeting::read(&mut named("hello"), found).map(Frame::Hello),
        kind::WELCOME => Greeting::read(&mut named("welcome"), found).map(Frame::Welcome),
        kind::ACK => read_ack(&mut named("ack"), found),
        kind::RESUME => read_resume(&mut named("resume"), found),
        kind::GOAWAY => read_goaway(&mut named("goaway"), found),
        kind::ABORT => read_abort(&mut named("abort"), found),
        kind::FIRST_OPTIONAL.. => Ok(Frame::Optional(kind)),
        _ => Err(FrameError::Kind(kind)),
    }
}
