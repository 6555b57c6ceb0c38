//! A call that arrived, and its arguments.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;
use serde::Deserialize;

use super::target::Handler;
use crate::codec::{DecodeError, Values, read_array_head};
use crate::error::{Error, ErrorKind, Result};
use crate::session::method::Method;
use crate::session::objects::References;
use crate::session::values::{Arg, read_next};

/// A call of the peer, in the memory into which it was read. Over which session it came, and whether it has its
/// answer, is in the context in which its handler runs, and nowhere else may it be answered. A handler that ends
/// without that has the call answered as cancelled.
pub struct Incoming<'a> {
    pub(super) method: u32,
    /// What was read together with it.
    pub(super) frames: &'a Bytes,
    /// Where the arguments lie.
    pub(super) params: Range<usize>,
    /// Taken when the arguments are decoded: a proxy that the handler drops is released then and
    /// not at the handler's end. Most calls have none.
    pub(super) references: Option<Box<References>>,
}

impl<'a> Incoming<'a> {
    /// The hash of the method's name.
    pub fn method(&self) -> u32 {
        self.method
    }

    /// Begins to read the arguments, of which there have to be `count`.
    #[inline]
    pub fn arguments(self, method: &'static Method, count: u32) -> Result<Arguments<'a>> {
        let params = &self.frames[self.params];
        let rest = match params {
            [few @ 0x90..=0x9f, rest @ ..] if u32::from(few & 0x0f) == count => rest,
            _ => after_array_head(params, method, count)?,
        };
        Ok(Arguments {
            method,
            values: Values::new(rest),
            frames: self.frames,
            references: self.references.map_or_else(References::default, |it| *it),
        })
    }

    /// The call for a handler that decodes its arguments later, or borrows from them.
    pub fn keep(self) -> KeptCall {
        KeptCall {
            method: self.method,
            params: self.frames.slice(self.params),
            references: self.references,
        }
    }

    /// Answers that the call failed, in place of a handler.
    #[cold]
    pub fn refuse(&self, error: Error) -> Handler {
        Handler::failed(unnamed(self.method), error)
    }

    /// Answers that `service` has no such method.
    #[cold]
    pub fn unknown_method(&self, service: &'static str) -> Handler {
        self.refuse(Error::new(
            ErrorKind::UnknownMethod,
            format!(
                "`{service}` has no method with the hash {:#010x}",
                self.method
            ),
        ))
    }
}

/// What follows on the head of the array, if that is one of so many arguments.
#[cold]
fn after_array_head<'a>(params: &'a [u8], method: &Method, count: u32) -> Result<&'a [u8]> {
    let text = match read_array_head(params) {
        Ok((found, rest)) if found == count => return Ok(rest),
        Ok((found, _)) => format!("{method} takes {count} arguments, and {found} were sent"),
        Err(why) => format!("the arguments of {method}: {why}"),
    };
    Err(Error::new(ErrorKind::Decode, text))
}

/// A call that keeps the memory into which it was read.
pub struct KeptCall {
    method: u32,
    params: Bytes,
    references: Option<Box<References>>,
}

impl KeptCall {
    /// The call. The first time it has its references.
    pub fn incoming(&mut self) -> Incoming<'_> {
        Incoming {
            method: self.method,
            frames: &self.params,
            params: 0..self.params.len(),
            references: self.references.take(),
        }
    }
}

/// A method whose name is not known, for the log.
pub(super) fn unnamed(method: u32) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "method {method:#010x}"))
}

impl fmt::Debug for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for KeptCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeptCall")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// Reads a call's arguments, in their order. Borrowed ones borrow from the received frame.
pub struct Arguments<'a> {
    method: &'static Method,
    values: Values<'a>,
    /// In which they lie.
    frames: &'a Bytes,
    references: References,
}

impl<'a> Arguments<'a> {
    /// The next argument, an owned one.
    pub fn arg<T: Arg>(&mut self, name: &'static str) -> Result<T> {
        let frames = self.frames;
        self.read(name, |values| read_next(values, frames))
    }

    /// The next argument, which may borrow from the frame.
    pub fn arg_in_place<T: Deserialize<'a>>(&mut self, name: &'static str) -> Result<T> {
        self.read(name, Values::next)
    }

    #[inline]
    fn read<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&mut Values<'a>) -> Result<T, DecodeError>,
    ) -> Result<T> {
        let values = &mut self.values;
        self.references.scope(|| read(values)).map_err(|why| {
            Error::new(
                ErrorKind::Decode,
                format!("argument `{name}` of {}: {why}", self.method),
            )
        })
    }
}
