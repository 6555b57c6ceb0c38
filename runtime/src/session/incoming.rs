//! A call as its handler sees it: arguments come out.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde::Deserialize;

use super::received::References;
use super::remote::Method;
use super::reply;
use super::target::Handler;
use super::value::{Arg, read_next};
use crate::codec::{DecodeError, Values, read_array_head};
use crate::error::{Error, ErrorKind, Result};

/// A call of the peer: the received frame. Over which session it came, and whether it has its answer, is in
/// the context in which its handler runs, and nowhere else may it be answered. A handler that ends without
/// that has the call answered as cancelled.
pub struct Incoming {
    pub(super) method: u32,
    pub(super) frame: Bytes,
    /// Where in the frame the arguments begin.
    pub(super) params: usize,
    /// Taken when the arguments are decoded: a proxy that the handler drops is released then and
    /// not at the handler's end. Most calls have none.
    pub(super) references: Option<Box<Mutex<References>>>,
}

impl Incoming {
    /// The hash of the method's name.
    pub fn method(&self) -> u32 {
        self.method
    }

    /// Begins to read the arguments, of which there have to be `count`.
    pub fn arguments(&self, method: &'static Method, count: u32) -> Result<Arguments<'_>> {
        let references = self.references.as_ref().map(|references| {
            let mut references = references.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *references)
        });
        let (found, rest) = match &self.frame[self.params..] {
            [few @ 0x90..=0x9f, rest @ ..] => (u32::from(few & 0x0f), rest),
            rest => read_array_head(rest).map_err(|why| {
                Error::new(
                    ErrorKind::Decode,
                    format!("the arguments of {method}: {why}"),
                )
            })?,
        };
        if found != count {
            return Err(Error::new(
                ErrorKind::Decode,
                format!("{method} takes {count} arguments, and {found} were sent"),
            ));
        }
        Ok(Arguments {
            method,
            values: Values::new(rest),
            frame: &self.frame,
            references: references.unwrap_or_default(),
        })
    }

    /// Answers that the call failed.
    pub fn fail(&self, error: Error) {
        reply::fail(unnamed(self.method), error);
    }

    /// The same, in place of a handler.
    #[cold]
    pub fn refuse(&self, error: Error) -> Handler {
        self.fail(error);
        Handler::inline(async {})
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

/// A method whose name is not known, for the log.
pub(super) fn unnamed(method: u32) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "method {method:#010x}"))
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

/// Reads a call's arguments, in their order. Borrowed ones borrow from the received frame.
pub struct Arguments<'a> {
    method: &'static Method,
    values: Values<'a>,
    /// In which they lie.
    frame: &'a Bytes,
    references: References,
}

impl<'a> Arguments<'a> {
    /// The next argument, an owned one.
    pub fn arg<T: Arg>(&mut self, name: &'static str) -> Result<T> {
        let frame = self.frame;
        self.read(name, |values| read_next(values, frame))
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
