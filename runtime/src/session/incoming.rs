//! A call as its handler sees it: arguments come out, the answer goes in.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::Deserialize;

use super::context::Serving;
use super::encoder::buffer;
use super::large;
use super::link::Link;
use super::passing::Passing;
use super::received::References;
use super::remote::Method;
use super::target::Handler;
use super::value::{Arg, Outcome, OutcomeWriter, read_next};
use crate::codec::{DecodeError, Values, read_array_head};
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Status;
use crate::id::RequestId;
use crate::proto::Payload;

/// A call of the peer. It owns the received frame and the duty to answer: dropped without an answer,
/// it answers that the call was cancelled.
pub struct Incoming {
    pub(super) link: Arc<Link>,
    /// `None` for a one-way call.
    pub(super) id: Option<RequestId>,
    pub(super) method: u32,
    pub(super) frame: Bytes,
    /// Where in the frame the arguments begin.
    pub(super) params: usize,
    /// Taken when the arguments are decoded: a proxy that the handler drops is released then and
    /// not at the handler's end. Most calls have none.
    pub(super) references: Option<Box<Mutex<References>>>,
    pub(super) answered: bool,
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
    pub fn reply<R: Outcome>(mut self, method: &'static Method, mut outcome: R) {
        self.answered = true;
        let Some(id) = self.id else {
            if outcome.is_err() {
                self.one_way_failed(Some(method), outcome.error());
            }
            return;
        };
        buffer::with(|out| {
            let mut passing = Passing::default();
            let written = passing.scope(|| {
                let mut writer = OutcomeWriter {
                    out,
                    form: self.link.form(),
                    rest: None,
                    written: Ok(Status::Ok),
                };
                outcome.write(&mut writer);
                writer.written.map(|status| (status, writer.rest))
            });
            // Not before: the user's code that writes it may panic, and then that is the answer.
            if !Serving::take_answer(&self.link, id) {
                return;
            }
            match written {
                Ok((status, rest)) => {
                    let references = passing.over(&self.link);
                    let rest = rest.or_else(|| large::lend(out).map(Box::new));
                    let value = Payload {
                        bytes: out,
                        rest: rest.as_deref(),
                    };
                    self.link
                        .reply(id, status, references, value, || method.to_string());
                }
                Err(why) => {
                    let error = Error::new(
                        ErrorKind::Encode,
                        format!("the answer of {method} cannot be written: {why}"),
                    );
                    self.link.fail(id, &error);
                }
            }
        });
    }

    /// `error` is `None` if it is of a type of the service's own.
    fn one_way_failed(&self, method: Option<&Method>, error: Option<&Error>) {
        let method = || match method {
            Some(method) => method.to_string(),
            None => format!("method {:#010x}", self.method),
        };
        let peer = self.link.peer_addr();
        let kind = error.map_or(ErrorKind::Application, Error::kind);
        let error = error.map(tracing::field::display);
        if self.link.running.complaints.is_first(kind) {
            tracing::warn!(
                ?peer,
                method = method(),
                error,
                "a one-way call failed (more of the kind in this session: at debug level)"
            );
        } else {
            tracing::debug!(?peer, method = method(), error, "a one-way call failed");
        }
    }

    /// Answers that the call failed.
    pub fn fail(mut self, error: Error) {
        self.answered = true;
        match self.id {
            Some(id) => self.answer_failed(id, &error),
            None => self.one_way_failed(None, Some(&error)),
        }
    }

    fn answer_failed(&self, id: RequestId, error: &Error) {
        if Serving::take_answer(&self.link, id) {
            self.link.fail(id, error);
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

impl Drop for Incoming {
    fn drop(&mut self) {
        let Some(id) = self.id.filter(|_| !self.answered) else {
            return;
        };
        // Whoever catches a panic knows what it said, and answers.
        if !std::thread::panicking() {
            let error = Error::new(
                ErrorKind::Cancelled,
                "the handler was ended before it answered",
            );
            self.answer_failed(id, &error);
        }
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming")
            .field("id", &self.id)
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
