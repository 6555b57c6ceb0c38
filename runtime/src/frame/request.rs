//! Calls: requests, which are answered, and notifications, which are not.

use bytes::BufMut;

use super::append::{put_array, put_hash, put_nil, put_string, put_unsigned, put_unsigned_or_nil};
use super::cursor::Cursor;
use super::error::FrameError;
use super::metadata::Metadata;
use super::reference::{Reference, read_table, write_table};
use super::{Frame, PlainCall, kind};
use crate::id::{ObjectId, RequestId, method_id};

pub(super) const REQUEST_FIELDS: u32 = 10;
pub(super) const NOTIFICATION_FIELDS: u32 = 9;

/// A call, with everything that is known before its parameters are decoded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request<'a> {
    /// The number under which the answer comes; `None` for a notification.
    pub(crate) id: Option<RequestId>,
    /// What is called.
    pub(crate) target: Target<'a>,
    /// The hash of the method's name.
    pub(crate) method: u32,
    /// The receiver's request that the sender is serving while it makes this call.
    pub(crate) parent: Option<RequestId>,
    /// Milliseconds until nobody waits for the answer any more.
    pub(crate) left: Option<u64>,
    /// What the caller tells beside the arguments.
    pub(crate) metadata: Option<Metadata<'a>>,
    /// The objects that the parameters pass, in the order of their indices.
    pub(crate) references: Vec<Reference>,
    /// One MessagePack array with the arguments.
    pub(crate) params: &'a [u8],
}

impl<'a> Request<'a> {
    /// A call that is made inside of no other, has no deadline and passes nothing: a notification, as long as
    /// it has no id.
    #[inline]
    pub(crate) fn new(
        target: Target<'a>,
        method: u32,
        metadata: Option<Metadata<'a>>,
        params: &'a [u8],
    ) -> Self {
        Self {
            id: None,
            target,
            method,
            parent: None,
            left: None,
            metadata,
            references: Vec::new(),
            params,
        }
    }

    /// The part of it that every call has.
    pub(crate) fn plain(&self) -> PlainCall<'a> {
        PlainCall {
            id: self.id,
            target: self.target,
            method: self.method,
            params: self.params,
        }
    }
}

/// What a call is made to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Target<'a> {
    /// A service of the receiver, as `Name` or `Name@version`.
    Service(&'a str),
    /// An object that the receiver introduced.
    Object(ObjectId),
}

impl Target<'_> {
    /// The object, if it is one.
    #[inline]
    pub(crate) fn object(self) -> Option<ObjectId> {
        match self {
            Self::Service(_) => None,
            Self::Object(id) => Some(id),
        }
    }
}

#[inline]
pub(super) fn read_request<'a>(
    fields: &mut Cursor<'a>,
    found: u32,
    max_nesting: u32,
) -> Result<Frame<'a>, FrameError> {
    fields.arity(found, REQUEST_FIELDS)?;
    fields.number()?;
    let id = fields.request_id("id")?;
    read_call(fields, Some(id), max_nesting)
}

#[inline]
pub(super) fn read_notification<'a>(
    fields: &mut Cursor<'a>,
    found: u32,
    max_nesting: u32,
) -> Result<Frame<'a>, FrameError> {
    fields.arity(found, NOTIFICATION_FIELDS)?;
    fields.number()?;
    read_call(fields, None, max_nesting)
}

#[inline]
fn read_call<'a>(
    fields: &mut Cursor<'a>,
    id: Option<RequestId>,
    max_nesting: u32,
) -> Result<Frame<'a>, FrameError> {
    let target = read_target(fields)?;
    let method = read_method(fields)?;
    let (parent, left, metadata, references) = if fields.takes(&NOTHING_ELSE) {
        (None, None, None, Vec::new())
    } else {
        read_rest_of_head(fields)?
    };
    let params = read_params(fields, max_nesting)?;
    fields.end()?;
    let call = Request {
        id,
        target,
        method,
        parent,
        left,
        metadata,
        references,
        params,
    };
    Ok(match id {
        Some(_) => Frame::Request(call),
        None => Frame::Notification(call),
    })
}

/// No parent, no deadline, no metadata and no references, as in most calls.
pub(super) const NOTHING_ELSE: [u8; 4] = [0xc0, 0xc0, 0xc0, 0x90];

type RestOfHead<'a> = (
    Option<RequestId>,
    Option<u64>,
    Option<Metadata<'a>>,
    Vec<Reference>,
);

/// What stands between the method and the parameters.
#[inline(never)]
fn read_rest_of_head<'a>(fields: &mut Cursor<'a>) -> Result<RestOfHead<'a>, FrameError> {
    let parent = fields.unsigned_or_nil("parent")?.map(RequestId);
    let left = fields.unsigned_or_nil("left")?;
    let metadata = if fields.is_nil() {
        None
    } else {
        Some(Metadata::read(fields)?)
    };
    Ok((parent, left, metadata, read_table(fields)?))
}

#[inline]
fn read_target<'a>(fields: &mut Cursor<'a>) -> Result<Target<'a>, FrameError> {
    const FIELD: &str = "target";
    if fields.is_string() {
        return fields.string(FIELD).map(Target::Service);
    }
    let id = fields.unsigned_or(FIELD, "a service's name or an object's number")?;
    fields.check_object(id, FIELD).map(Target::Object)
}

#[inline]
fn read_method(fields: &mut Cursor<'_>) -> Result<u32, FrameError> {
    const FIELD: &str = "method";
    if fields.is_string() {
        return fields.string(FIELD).map(method_id);
    }
    let hash = fields.unsigned_or(FIELD, "a method's hash or its name")?;
    u32::try_from(hash).map_err(|_| fields.invalid(FIELD, "a hash of 32 bits"))
}

#[inline]
fn read_params<'a>(fields: &mut Cursor<'a>, max_nesting: u32) -> Result<&'a [u8], FrameError> {
    const FIELD: &str = "params";
    if let Some(&found) = fields.rest().first()
        && !fields.is_array()
    {
        return Err(fields.mismatch(FIELD, "an array", found));
    }
    // The limit is for each argument; the array that holds them all is not one of its levels.
    fields.value(FIELD, max_nesting.saturating_add(1))
}

/// Appends everything but the parameters, without the length.
#[inline]
pub(super) fn write_head(out: &mut impl BufMut, call: &Request<'_>) {
    match call.id {
        Some(RequestId(id)) => {
            put_array(out, REQUEST_FIELDS as usize);
            put_unsigned(out, kind::REQUEST);
            put_nil(out);
            put_unsigned(out, id);
        }
        None => {
            put_array(out, NOTIFICATION_FIELDS as usize);
            put_unsigned(out, kind::NOTIFICATION);
            put_nil(out);
        }
    }
    match call.target {
        Target::Service(name) => put_string(out, name),
        Target::Object(id) => put_unsigned(out, id.number()),
    }
    put_hash(out, call.method);
    let has_metadata = call.metadata.is_some();
    if call.parent.is_none() && call.left.is_none() && !has_metadata && call.references.is_empty() {
        out.put_slice(&NOTHING_ELSE);
        return;
    }
    put_unsigned_or_nil(out, call.parent.map(|RequestId(id)| id));
    put_unsigned_or_nil(out, call.left);
    match call.metadata {
        Some(metadata) => metadata.write(out),
        None => put_nil(out),
    }
    write_table(out, &call.references);
}
