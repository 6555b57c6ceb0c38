//! Calls and answers in the form that nearly all have, read and written at one go.
//!
//! What is `None` here is for [`read()`](super::read()) and [`write`](super::write): another frame, another form, or
//! something that is wrong, and then they say what.

use bytes::BytesMut;

use super::head::{Head, MOST_IN_MARKER};
use super::kind;
use super::request::{NOTHING_ELSE, NOTIFICATION_FIELDS, REQUEST_FIELDS, Target};
use super::response::{FIELDS as RESPONSE_FIELDS, Status};
use crate::codec::{scan, unsigned, utf8};
use crate::id::{ObjectId, RequestId};

const REQUEST: [u8; 3] = beginning(REQUEST_FIELDS, kind::REQUEST);
const NOTIFICATION: [u8; 3] = beginning(NOTIFICATION_FIELDS, kind::NOTIFICATION);
const RESPONSE: [u8; 3] = beginning(RESPONSE_FIELDS, kind::RESPONSE);

/// The array, its kind, and no number.
const fn beginning(fields: u32, kind: u64) -> [u8; 3] {
    [0x90 | fields as u8, kind as u8, 0xc0]
}

/// A call that is made inside of no other, has no deadline and no metadata, and passes nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PlainCall<'a> {
    /// The number under which the answer comes; `None` for a notification.
    pub(crate) id: Option<RequestId>,
    /// What is called.
    pub(crate) target: Target<'a>,
    /// The hash of the method's name.
    pub(crate) method: u32,
    /// One MessagePack array with the arguments: the end of the frame.
    pub(crate) params: &'a [u8],
}

impl<'a> PlainCall<'a> {
    /// One without an id, if the name and the hash are of the lengths that nearly all have.
    #[inline]
    pub(crate) fn new(target: Target<'a>, method: u32, params: &'a [u8]) -> Option<Self> {
        let call = Self {
            id: None,
            target,
            method,
            params,
        };
        call.can_be_written().then_some(call)
    }

    #[inline]
    fn can_be_written(&self) -> bool {
        let is_short = match self.target {
            Target::Object(_) => true,
            Target::Service(name) => name.len() <= MOST_IN_MARKER,
        };
        is_short && self.method > u32::from(u16::MAX)
    }

    /// Reads one, given without its length.
    #[inline]
    pub(crate) fn read(frame: &'a [u8], max_nesting: u32) -> Option<Self> {
        let (beginning, rest) = frame.split_first_chunk()?;
        let (id, rest) = match *beginning {
            NOTIFICATION => (None, rest),
            REQUEST => {
                let (id, rest) = unsigned(rest)?;
                (Some(RequestId(id)), rest)
            }
            _ => return None,
        };
        let (target, rest) = match *rest {
            [marker @ 0xa0..=0xbf, ref rest @ ..] => {
                let (name, rest) = rest.split_at_checked(usize::from(marker & 0x1f))?;
                (Target::Service(utf8(name)?), rest)
            }
            _ => {
                let (id, rest) = unsigned(rest)?;
                (Target::Object(ObjectId::new(id)?), rest)
            }
        };
        let (method, params) = match *rest {
            [0xce, a, b, c, d, ref rest @ ..] => {
                let params = rest.strip_prefix(&NOTHING_ELSE)?;
                (u32::from_be_bytes([a, b, c, d]), params)
            }
            _ => return None,
        };
        if !matches!(params, [0x90..=0x9f, ..]) {
            return None; // before a scan that may be long
        }
        // The array around the arguments is not one of their levels.
        let whole = scan(params, max_nesting.max(1).saturating_add(1)).ok()?;
        (whole == params.len()).then_some(Self {
            id,
            target,
            method,
            params,
        })
    }

    /// Appends it with its length before it, and gives the length, as
    /// [`write::request`](super::write::request) does. `None` if it is not of this form; then nothing was appended.
    #[inline]
    pub(crate) fn write(&self, out: &mut BytesMut) -> Option<usize> {
        if !self.can_be_written() {
            return None;
        }
        let mut head = Head::new();
        match self.id {
            None => head.put(NOTIFICATION),
            Some(RequestId(id)) => {
                head.put(REQUEST);
                head.put_unsigned(id);
            }
        }
        match self.target {
            Target::Object(id) => head.put_unsigned(id.number()),
            Target::Service(name) => head.put_short(name),
        }
        let [a, b, c, d] = self.method.to_be_bytes();
        let [w, x, y, z] = NOTHING_ELSE;
        head.put([0xce, a, b, c, d, w, x, y, z]);
        head.write(self.params, out)
    }
}

/// An answer of the method's own that passes nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PlainAnswer<'a> {
    /// The receiver's request that is answered.
    pub(crate) id: RequestId,
    /// What `value` is.
    pub(crate) status: Status,
    /// One MessagePack value: the end of the frame.
    pub(crate) value: &'a [u8],
}

impl<'a> PlainAnswer<'a> {
    /// Reads one, given without its length.
    #[inline]
    pub(crate) fn read(frame: &'a [u8], max_nesting: u32) -> Option<Self> {
        let (id, rest) = unsigned(frame.strip_prefix(&RESPONSE)?)?;
        let (status, value) = match rest {
            [0, 0x90, value @ ..] => (Status::Ok, value),
            [1, 0x90, value @ ..] => (Status::Application, value),
            _ => return None,
        };
        let whole = scan(value, max_nesting.max(1)).ok()?;
        (whole == value.len()).then_some(Self {
            id: RequestId(id),
            status,
            value,
        })
    }

    /// Appends it with its length before it, and gives the length, as
    /// [`write::response`](super::write::response) does. `None` if it is longer than can be told; then nothing was
    /// appended.
    #[inline]
    pub(crate) fn write(&self, out: &mut BytesMut) -> Option<usize> {
        let mut head = Head::new();
        head.put(RESPONSE);
        head.put_unsigned(self.id.0);
        head.put([self.status as u8, 0x90]);
        head.write(self.value, out)
    }
}
