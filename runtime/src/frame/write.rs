//! From a frame to bytes.
//!
//! Each function appends one whole frame, its length before it, in one pass: the length is filled in
//! when it is known. Each returns the length, as the receiver's `max_frame` counts it. Whoever finds it
//! too great cuts the buffer back to where it was; a frame that nobody saw was never sent.

use bytes::{BufMut, BytesMut};

use super::append::{put_array, put_nil, put_string, put_unsigned};
use super::control::Credit;
use super::greeting::Greeting;
use super::length::PREFIX;
use super::request::Request;
use super::response::Response;
use super::{kind, request as call, response as answer};
use crate::id::{ObjectId, RequestId};

/// A call: a notification if it has no id.
pub(crate) fn request(out: &mut BytesMut, header: &Request<'_>) -> usize {
    let length = request_head(out, header);
    out.put_slice(header.params);
    length
}

/// A call without the bytes of its parameters, which must follow at once. For large ones, which are sent
/// from where they lie instead of being copied.
pub(crate) fn request_head(out: &mut BytesMut, header: &Request<'_>) -> usize {
    framed(out, header.params.len(), |out| {
        call::write_head(out, header)
    })
}

/// An answer.
pub(crate) fn response(out: &mut BytesMut, header: &Response<'_>) -> usize {
    let length = response_head(out, header);
    out.put_slice(header.value);
    length
}

/// An answer without the bytes of its value, which must follow at once.
pub(crate) fn response_head(out: &mut BytesMut, header: &Response<'_>) -> usize {
    framed(out, header.value.len(), |out| {
        answer::write_head(out, header)
    })
}

/// The request with this id is not wanted any more.
pub(crate) fn cancel(out: &mut BytesMut, RequestId(id): RequestId) -> usize {
    framed(out, 0, |out| {
        put_array(out, 3);
        put_unsigned(out, kind::CANCEL);
        put_nil(out);
        put_unsigned(out, id);
    })
}

/// Lets go of that many introductions of an object of the receiver.
pub(crate) fn release(out: &mut BytesMut, ObjectId(object): ObjectId, count: u64) -> usize {
    framed(out, 0, |out| {
        put_array(out, 4);
        put_unsigned(out, kind::RELEASE);
        put_nil(out);
        put_unsigned(out, object);
        put_unsigned(out, count);
    })
}

/// Takes an object of the sender away from the receiver.
pub(crate) fn revoke(out: &mut BytesMut, ObjectId(object): ObjectId, reason: &str) -> usize {
    framed(out, 0, |out| {
        put_array(out, 4);
        put_unsigned(out, kind::REVOKE);
        put_nil(out);
        put_unsigned(out, object);
        put_string(out, reason);
    })
}

/// Tells what notifications have been handled.
pub(crate) fn credit(out: &mut BytesMut, credit: &Credit) -> usize {
    framed(out, 0, |out| credit.write(out))
}

/// Asks for a sign of life.
pub(crate) fn ping(out: &mut BytesMut, token: u64) -> usize {
    token_frame(out, kind::PING, token)
}

/// Gives a sign of life.
pub(crate) fn pong(out: &mut BytesMut, token: u64) -> usize {
    token_frame(out, kind::PONG, token)
}

/// What the connecting end says first.
pub(crate) fn hello(out: &mut BytesMut, greeting: &Greeting) -> usize {
    framed(out, 0, |out| greeting.write(out, kind::HELLO))
}

/// What the accepting end answers.
pub(crate) fn welcome(out: &mut BytesMut, greeting: &Greeting) -> usize {
    framed(out, 0, |out| greeting.write(out, kind::WELCOME))
}

/// No new calls, please.
pub(crate) fn goaway(out: &mut BytesMut, reason: &str) -> usize {
    framed(out, 0, |out| {
        put_array(out, 3);
        put_unsigned(out, kind::GOAWAY);
        put_nil(out);
        put_string(out, reason);
    })
}

/// The last words before closing.
pub(crate) fn abort(out: &mut BytesMut, error_kind: &str, message: &str) -> usize {
    framed(out, 0, |out| {
        put_array(out, 3);
        put_unsigned(out, kind::ABORT);
        put_string(out, error_kind);
        put_string(out, message);
    })
}

fn token_frame(out: &mut BytesMut, kind: u64, token: u64) -> usize {
    framed(out, 0, |out| {
        put_array(out, 2);
        put_unsigned(out, kind);
        put_unsigned(out, token);
    })
}

/// Puts the length before what `fields` appends; it includes the bytes of a payload that follow.
#[inline]
pub(super) fn framed(
    out: &mut BytesMut,
    payload: usize,
    fields: impl FnOnce(&mut BytesMut),
) -> usize {
    let start = out.len();
    out.put_bytes(0, PREFIX);
    fields(out);
    let length = out.len() - start - PREFIX + payload;
    // Beyond 32 bits the length cannot be told. No `max_frame` allows it, so the caller takes it back.
    let told = u32::try_from(length).unwrap_or(u32::MAX);
    out[start..start + PREFIX].copy_from_slice(&told.to_be_bytes());
    length
}
