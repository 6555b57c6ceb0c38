//! A call from the moment at which it is submitted: the wait for its answer, and the answer.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use tokio::time::Sleep;

use super::again::{Again, Between};
use super::answer::{Answer, Awaited, Reply};
use super::submit::{Terms, begin_again};
use crate::error::{Error, ErrorKind};
use crate::frame::{Failure, Status};
use crate::id::RequestId;
use crate::proto::Rejected;
use crate::session::lifetime::Session;
use crate::session::link::Link;
use crate::session::method::Method;
use crate::session::values::{Outcome, OutcomeReader};

/// A call that was made. Dropping it cancels the call.
#[must_use = "a call that is dropped is cancelled"]
pub struct Call<R> {
    state: State,
    method: &'static Method,
    /// What the end of the call is to the caller. As a value, so that only who makes a call has to
    /// know that `R` is an outcome, and rustc complains of one that is none in one place.
    outcome: fn(&'static Method, Ended) -> R,
}

/// How a call ended.
enum Ended {
    Sent,
    Failed(Error),
    Answered(Answer),
}

pub(super) enum State {
    /// It could not even be made.
    Failed(Error),
    /// A one-way call that was sent at once.
    Sent,
    Waiting(Waiting),
    /// Its session has ended, and it is made again on the next one.
    Between(Box<Between>),
    Over,
}

pub(super) struct Waiting {
    pub(super) link: Arc<Link>,
    pub(super) id: RequestId,
    pub(super) answer: Awaited,
    pub(super) deadline: Option<Deadline>,
    /// How it is made again when its session is lost, if it may be.
    pub(super) again: Option<Box<Again>>,
}

pub(super) struct Deadline {
    pub(super) made: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl Deadline {
    pub(super) fn new(made: Instant, at: Instant) -> Self {
        let sleep = Box::pin(tokio::time::sleep_until(at.into()));
        Self { made, sleep }
    }

    pub(super) fn at(&self) -> Instant {
        self.sleep.deadline().into()
    }

    /// Ready with the error when it has passed.
    pub(super) fn poll(&mut self, method: &Method, cx: &mut Context<'_>) -> Poll<Error> {
        ready!(self.sleep.as_mut().poll(cx));
        let after = self.at().saturating_duration_since(self.made);
        let text = format!("{method} was not answered within {after:?}");
        Poll::Ready(Error::new(ErrorKind::Timeout, text))
    }
}

impl<R: Outcome> Call<R> {
    #[inline]
    pub(super) fn new(method: &'static Method, state: State) -> Self {
        Self {
            state,
            method,
            outcome,
        }
    }
}

fn outcome<R: Outcome>(method: &'static Method, end: Ended) -> R {
    match end {
        Ended::Sent => sent(),
        Ended::Failed(error) => R::failed(error),
        Ended::Answered(answer) => answered(method, answer),
    }
}

#[inline(never)] // else one that was only sent pays for it, too
fn answered<R: Outcome>(method: &'static Method, answer: Answer) -> R {
    match answer {
        Answer::Reply(reply) => read(method, &reply).unwrap_or_else(R::failed),
        Answer::Entered => sent(),
        Answer::Rejected(why) => R::failed(not_sent(method, why)),
        Answer::Ended(error) => R::failed(lost(method, error)),
    }
}

impl State {
    /// The session has ended before the call was answered.
    pub(super) fn waits(
        again: Box<Again>,
        link: &Link,
        deadline: Option<Deadline>,
        why: Error,
    ) -> Self {
        again
            .wait(link, deadline, why)
            .map_or_else(Self::Failed, Self::Between)
    }
}

impl Waiting {
    /// What follows on the answer, if it is not for the caller: it tells that the session has ended, and
    /// the call is made again on the next one.
    fn goes_on(&mut self, method: &Method, answer: &Answer) -> Option<State> {
        let why = match answer {
            Answer::Ended(error) => lost(method, error.clone()),
            Answer::Rejected(why @ Rejected::Closed(_)) => not_sent(method, why.clone()),
            _ => return None,
        };
        let again = self.again.take()?;
        let deadline = self.deadline.take();
        Some(State::waits(again, &self.link, deadline, why))
    }
}

impl State {
    fn poll(&mut self, method: &'static Method, cx: &mut Context<'_>) -> Poll<Ended> {
        loop {
            let waiting = match self {
                Self::Waiting(waiting) => waiting,
                Self::Sent => return Poll::Ready(Ended::Sent),
                Self::Between(between) => {
                    let next = ready!(between.poll(method, cx));
                    self.next_session(method, next);
                    continue;
                }
                _ => match std::mem::replace(self, Self::Over) {
                    Self::Failed(error) => return Poll::Ready(Ended::Failed(error)),
                    _ => panic!("a call was polled after it was over"),
                },
            };
            if let Poll::Ready(answer) = waiting.answer.poll(cx) {
                match waiting.goes_on(method, &answer) {
                    None => {
                        *self = Self::Over;
                        return Poll::Ready(Ended::Answered(answer));
                    }
                    Some(state) => {
                        *self = state;
                        continue;
                    }
                }
            }
            if let Some(deadline) = &mut waiting.deadline
                && let Poll::Ready(error) = deadline.poll(method, cx)
            {
                *self = Self::Over;
                return Poll::Ready(Ended::Failed(error));
            }
            return Poll::Pending;
        }
    }

    /// There is another session for a call that is made again, or there will be none.
    fn next_session(&mut self, method: &'static Method, next: Result<Session, Error>) {
        let Self::Between(between) = std::mem::replace(self, Self::Over) else {
            return;
        };
        let (again, deadline) = between.into_parts();
        *self = match next {
            Ok(session) => begin_again(&session, method, again, Terms::again(deadline.as_ref())),
            Err(error) => Self::Failed(error),
        };
    }
}

/// A call that is not answered yet is cancelled.
impl Drop for Waiting {
    fn drop(&mut self) {
        if self.answer.is_open() {
            self.link.with(|core| core.cancel(self.id));
        }
    }
}

impl<R> Future for Call<R> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let method = self.method;
        let end = ready!(self.state.poll(method, cx));
        Poll::Ready((self.outcome)(method, end))
    }
}

impl<R> Call<R> {
    /// What became of it, if that is clear without waiting.
    #[inline]
    pub(crate) fn ended_at_once(self) -> Result<R, Self> {
        match self.state {
            State::Sent => Ok((self.outcome)(self.method, Ended::Sent)),
            State::Failed(error) => Ok((self.outcome)(self.method, Ended::Failed(error))),
            state => Err(Self { state, ..self }),
        }
    }
}

impl<R> fmt::Debug for Call<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("method", self.method)
            .finish_non_exhaustive()
    }
}

/// The outcome of a one-way call that was sent: it is `Result<(), E>`, of which no value is read.
pub(super) fn sent<R: Outcome>() -> R {
    let mut value = None::<R::Ok>;
    let unit = (&mut value as &mut dyn Any).downcast_mut::<Option<()>>();
    if let Some(unit) = unit {
        *unit = Some(());
    }
    let nothing = || Error::new(ErrorKind::Decode, "a one-way call has no value to give");
    value.map_or_else(|| R::failed(nothing()), R::succeeded)
}

fn read<R: Outcome>(method: &'static Method, reply: &Reply) -> Result<R, Error> {
    if reply.status == Status::Failed {
        let failure = Failure::read(&reply.value).map_err(|why| {
            Error::new(ErrorKind::Decode, format!("the answer of {method}: {why}"))
        })?;
        return Err(Error::new(
            ErrorKind::from_name(failure.kind),
            failure_text(method, failure.message),
        ));
    }
    let reader = OutcomeReader {
        status: reply.status,
        value: &reply.value,
    };
    reply
        .references
        .scope(|| R::read(reader))
        .map_err(|why| Error::new(ErrorKind::Decode, format!("the answer of {method}: {why}")))
}

/// What the far runtime says often names the method itself.
fn failure_text(method: &Method, message: &str) -> String {
    let name = method.to_string();
    if message.contains(&name) {
        message.to_owned()
    } else {
        format!("{name}: {message}")
    }
}

/// The call never left.
pub(super) fn not_sent(method: &Method, why: Rejected) -> Error {
    match why {
        Rejected::Closed(why) => {
            Error::new(why.kind(), format!("{method}: {why}")).with_source(why)
        }
        why => why.into_error(&method.to_string()),
    }
}

/// The session has ended while the call was under way.
fn lost(method: &Method, why: Error) -> Error {
    let text = format!("{method}: {why}; whether it was handled is not known");
    Error::new(why.kind(), text).with_source(why)
}
