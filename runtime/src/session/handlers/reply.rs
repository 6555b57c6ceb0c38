//! The answer goes in: of the handler whose call is the current one.

use std::fmt;

use super::context::Serving;
use crate::error::{Error, ErrorKind};
use crate::id::RequestId;
use crate::proto::Payload;
use crate::session::link::Link;
use crate::session::method::Method;
use crate::session::objects::Passing;
use crate::session::values::{Outcome, OutcomeWriter, buffer, large};

/// Answers with what the handler returned.
pub fn reply<R: Outcome>(method: &'static Method, mut outcome: R) {
    let Some(form) = Serving::form_of_answer() else {
        if outcome.is_err() {
            one_way_failed(method, outcome.error());
        }
        return;
    };
    let mut writer = OutcomeWriter::new(form.writer(buffer::take()));
    let ((), passing) = Passing::noting(0, || outcome.write(&mut writer));
    answer(method, writer, passing);
}

/// Answers with what was written. Not before that: the user's code that writes it may panic, and then that is the
/// answer. What can't be sent is told as a failure.
fn answer(method: &'static Method, outcome: OutcomeWriter, passing: Option<Passing>) {
    let mut written = outcome.writer.into_bytes();
    Serving::answer_current(|link, id| match outcome.written {
        Ok(status) => {
            let references = passing.map(|passing| passing.over(link));
            let rest = outcome.rest;
            let rest = rest.or_else(|| large::lend(&mut written).map(Box::new));
            let value = Payload {
                bytes: &written,
                rest: rest.as_deref(),
            };
            link.with_answer(|core| {
                if let Err(rejected) = core.reply(id, status, references, value) {
                    let error = rejected.into_error(&format!("the answer of {method}"));
                    core.fail(id, error.kind(), &error.full_message());
                }
            });
        }
        Err(why) => {
            let error = Error::new(
                ErrorKind::Encode,
                format!("the answer of {method} cannot be written: {why}"),
            );
            link.fail(id, &error);
        }
    });
    buffer::put(written);
}

/// Answers that the call failed.
#[cold]
pub fn fail(method: impl fmt::Display, error: Error) {
    if Serving::has_no_answer() {
        one_way_failed(method, Some(&error));
    }
    Serving::answer_current(|link, id| link.fail(id, &error));
}

impl Link {
    pub(super) fn fail(&self, id: RequestId, error: &Error) {
        self.with_answer(|core| core.fail(id, error.kind(), &error.full_message()));
    }
}

/// Nobody but the log is told. `error` is `None` if it is of a type of the service's own.
fn one_way_failed(method: impl fmt::Display, error: Option<&Error>) {
    if let Some(link) = Serving::link() {
        link.complain(method, error);
    }
}
