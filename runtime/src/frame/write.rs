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
use super::request::{Request, Target};
use super::response::Response;
use super::{kind, request as call, response as answer};
use crate::id::{ObjectId, RequestId};

/// What is written before a payload is mostly at most this long, its length included.
const SHORT_HEAD: usize = 96;
/// A service's name with which it is: all else takes at most fifty bytes, but for references and metadata.
const SHORT_NAME: usize = 40;

/// A call: a notification if it has no id. `rest` more bytes of its parameters follow, which are not in `out`.
#[inline]
pub(crate) fn request(out: &mut BytesMut, header: &Request<'_>, rest: usize) -> usize {
    let is_short = header.references.is_empty()
        && header.metadata.is_none()
        && match header.target {
            Target::Service(name) => name.len() <= SHORT_NAME,
            Target::Object(_) => true,
        };
    if is_short {
        return with_short_head(out, header.params, rest, |head| {
            call::write_head(head, header)
        });
    }
    long_request(out, header, rest)
}

#[inline(never)]
fn long_request(out: &mut BytesMut, header: &Request<'_>, rest: usize) -> usize {
    let length = framed(out, header.params.len() + rest, |out| {
        call::write_head(out, header)
    });
    out.put_slice(header.params);
    length
}

/// An answer. `rest` more bytes of its value follow, which are not in `out`.
#[inline]
pub(crate) fn response(out: &mut BytesMut, header: &Response<'_>, rest: usize) -> usize {
    if rest == 0
        && header.references.is_empty()
        && let Some(length) = header.plain().write(out)
    {
        return length;
    }
    long_response(out, header, rest)
}

#[inline(never)]
fn long_response(out: &mut BytesMut, header: &Response<'_>, rest: usize) -> usize {
    let length = framed(out, header.value.len() + rest, |out| {
        answer::write_head(out, header)
    });
    out.put_slice(header.value);
    length
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
pub(crate) fn release(out: &mut BytesMut, object: ObjectId, count: u64) -> usize {
    framed(out, 0, |out| {
        put_array(out, 4);
        put_unsigned(out, kind::RELEASE);
        put_nil(out);
        put_unsigned(out, object.number());
        put_unsigned(out, count);
    })
}

/// Takes an object of the sender away from the receiver.
pub(crate) fn revoke(out: &mut BytesMut, object: ObjectId, reason: &str) -> usize {
    framed(out, 0, |out| {
        put_array(out, 4);
        put_unsigned(out, kind::REVOKE);
        put_nil(out);
        put_unsigned(out, object.number());
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

/// As [`framed`], and then the payload. What comes before it is put together beside the buffer, which is asked
/// for room once for it and once for the payload: the fields are many and small.
#[inline]
fn with_short_head(
    out: &mut BytesMut,
    payload: &[u8],
    rest: usize,
    fields: impl FnOnce(&mut &mut [u8]),
) -> usize {
    let mut head = [0; SHORT_HEAD];
    let mut room = &mut head[PREFIX..];
    fields(&mut room);
    let head_length = SHORT_HEAD - room.len();
    let length = head_length - PREFIX + payload.len() + rest;
    let told = u32::try_from(length).unwrap_or(u32::MAX); // as above
    head[..PREFIX].copy_from_slice(&told.to_be_bytes());
    out.put_slice(&head[..head_length]);
    out.put_slice(payload);
    length
}
