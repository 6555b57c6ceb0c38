//! Answers.

use bytes::{BufMut, BytesMut};

use super::append::{put_array, put_nil, put_string, put_unsigned};
use super::cursor::Cursor;
use super::error::FrameError;
use super::reference::{Reference, read_table, write_table};
use super::{PlainAnswer, kind};
use crate::id::RequestId;

pub(super) const FIELDS: u32 = 6;

/// The one answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Response<'a> {
    /// The receiver's request that is answered.
    pub(crate) id: RequestId,
    /// What `value` is.
    pub(crate) status: Status,
    /// The objects that the value passes, in the order of their indices.
    pub(crate) references: Vec<Reference>,
    /// One MessagePack value. With [`Status::Failed`] it can be read with [`Failure::read`].
    pub(crate) value: &'a [u8],
}

impl<'a> Response<'a> {
    /// The part of it that every answer has.
    pub(crate) fn plain(&self) -> PlainAnswer<'a> {
        PlainAnswer {
            id: self.id,
            status: self.status,
            value: self.value,
        }
    }
}

/// How a call ended, by the number that stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    /// The method returned `Ok`; the value is what it holds.
    Ok = 0,
    /// The method returned an error of its own type; the value is that error.
    Application = 1,
    /// The call itself failed; the value is a [`Failure`].
    Failed = 2,
}

/// Why a call failed that was not answered by its method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Failure<'a> {
    /// The name of the error's kind.
    pub(crate) kind: &'a str,
    /// What went wrong, for a person.
    pub(crate) message: &'a str,
}

impl<'a> Failure<'a> {
    /// Reads the value of a failed response. It cannot fail for one that came out of [`super::read()`].
    pub(crate) fn read(value: &'a [u8]) -> Result<Self, FrameError> {
        let mut fields = Cursor::new("failure", value);
        let found = fields.array("value")?;
        fields.arity(found, 2)?;
        let failure = Self {
            kind: fields.string("kind")?,
            message: fields.string("message")?,
        };
        fields.end()?;
        Ok(failure)
    }

    /// The value of a failed response.
    pub(crate) fn encode(self) -> BytesMut {
        let mut out = BytesMut::with_capacity(16 + self.kind.len() + self.message.len());
        put_array(&mut out, 2);
        put_string(&mut out, self.kind);
        put_string(&mut out, self.message);
        out
    }
}

pub(super) fn read_response<'a>(
    fields: &mut Cursor<'a>,
    found: u32,
    max_nesting: u32,
) -> Result<Response<'a>, FrameError> {
    fields.arity(found, FIELDS)?;
    fields.number()?;
    let response = Response {
        id: fields.request_id("id")?,
        status: read_status(fields)?,
        references: read_table(fields)?,
        value: fields.value("value", max_nesting)?,
    };
    fields.end()?;
    if response.status == Status::Failed {
        Failure::read(response.value)?;
    }
    Ok(response)
}

fn read_status(fields: &mut Cursor<'_>) -> Result<Status, FrameError> {
    const FIELD: &str = "status";
    match fields.unsigned(FIELD)? {
        0 => Ok(Status::Ok),
        1 => Ok(Status::Application),
        2 => Ok(Status::Failed),
        _ => Err(fields.invalid(FIELD, "0, 1 or 2")),
    }
}

/// Appends everything but the value, without the length.
#[inline]
pub(super) fn write_head(out: &mut impl BufMut, response: &Response<'_>) {
    put_array(out, FIELDS as usize);
    put_unsigned(out, kind::RESPONSE);
    put_nil(out);
    put_unsigned(out, response.id.0);
    put_unsigned(out, response.status as u64);
    write_table(out, &response.references);
}
