//! A call as its handler sees it: arguments come out, the answer goes in.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use serde::Deserialize;

use super::context::Serving;
use super::encoder::buffer;
use super::large;
use super::passing::Passing;
use super::received::References;
use super::remote::Method;
use super::target::Handler;
use super::value::{Arg, Outcome, OutcomeWriter, read_next};
use crate::codec::{DecodeError, Values, read_array_head};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Status;
use crate::proto::Payload;

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

    /// Answers with what the handler returned.
    pub fn reply<R: Outcome>(self, method: &'static Method, mut outcome: R) {
        let Some(form) = Serving::form_of_answer() else {
            if outcome.is_err() {
                one_way_failed(method, outcome.error());
            }
            return;
        };
        buffer::with(|out| {
            let (written, passing) = Passing::noting(0, || {
                let mut writer = OutcomeWriter {
                    out,
                    form,
                    rest: None,
                    written: Ok(Status::Ok),
                };
                outcome.write(&mut writer);
                writer.written.map(|status| (status, writer.rest))
            });
            // Not before: the user's code that writes it may panic, and then that is the answer.
            let Some((link, id)) = Serving::take_answer() else {
                return;
            };
            match written {
                Ok((status, rest)) => {
                    let references = passing.map(|passing| passing.over(&link));
                    let rest = rest.or_else(|| large::lend(out).map(Box::new));
                    let value = Payload {
                        bytes: out,
                        rest: rest.as_deref(),
                    };
                    link.reply(id, status, references, value, || method.to_string());
                }
                Err(why) => {
                    let error = Error::new(
                        ErrorKind::Encode,
                        format!("the answer of {method} cannot be written: {why}"),
                    );
                    link.fail(id, &error);
                }
            }
        });
    }

    /// Answers that the call failed.
    pub fn fail(self, error: Error) {
        if Serving::form_of_answer().is_none() {
            one_way_failed(unnamed(self.method), Some(&error));
        } else if let Some((link, id)) = Serving::take_answer() {
            link.fail(id, &error);
        }
    }

    /// Answers that `service` has no such method.
    pub fn unknown_method(self, service: &'static str) -> Handler {
        let error = Error::new(
            ErrorKind::UnknownMethod,
            format!(
                "`{service}` has no method with the hash {:#010x}",
                self.method
            ),
        );
        Handler::inline(async move { self.fail(error) })
    }
}

impl Incoming {
    /// Answers that the object can't be called any more.
    pub fn closed(self, error: Error) -> Handler {
        Handler::inline(async move { self.fail(error) })
    }
}

/// A method whose name is not known, for the log.
pub(super) fn unnamed(method: u32) -> impl fmt::Display {
    fmt::from_fn(move |f| write!(f, "method {method:#010x}"))
}

/// Nobody but the log is told. `error` is `None` if it is of a type of the service's own.
fn one_way_failed(method: impl fmt::Display, error: Option<&Error>) {
    if let Some(link) = Serving::link() {
        link.complain(method, error);
    }
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
