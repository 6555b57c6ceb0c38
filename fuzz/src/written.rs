//! From any frame to its bytes.

use bytes::BytesMut;

use crate::frame::{Frame, write};

/// Appends the frame with its length, and gives the length. `None` for a kind that this version does not write.
pub(crate) fn write_frame(out: &mut BytesMut, frame: &Frame<'_>) -> Option<usize> {
    Some(match frame {
        Frame::Request(call) | Frame::Notification(call) => write::request(out, call, 0),
        Frame::Response(answer) => write::response(out, answer, 0),
        Frame::Cancel { id } => write::cancel(out, *id),
        Frame::Release { object, count } => write::release(out, *object, *count),
        Frame::Revoke { object, reason } => write::revoke(out, *object, reason),
        Frame::Credit(credit) => write::credit(out, credit),
        Frame::Ping(token) => write::ping(out, *token),
        Frame::Pong(token) => write::pong(out, *token),
        Frame::Hello(greeting) => write::hello(out, greeting),
        Frame::Welcome(greeting) => write::welcome(out, greeting),
        Frame::Ack(ack) => ack.write(out),
        Frame::Resume(resume) => resume.write(out),
        Frame::Goaway { reason } => write::goaway(out, reason),
        Frame::Abort { kind, message } => write::abort(out, kind, message),
        Frame::Optional(_) => return None,
    })
}
