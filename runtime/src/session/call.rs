//! A call from the moment at which it is submitted: the wait for its answer, and the answer.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use tokio::task::coop::poll_proceed;
use tokio::time::Sleep;

use super::again::{Again, Between};
use super::answer::{Answer, Awaited, Reply, awaited};
use super::clock;
use super::context::Serving;
use super::encoder::Encoded;
use super::handle::Session;
use super::link::{Attached, Link};
use super::remote::{Callee, Method};
use super::value::{Outcome, OutcomeReader};
use crate::error::{Error, ErrorKind};
use crate::frame::{Failure, Metadata, Request, Status};
use crate::id::RequestId;
use crate::proto::{Connection, NewCall, Rejected, Submitted};

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
    link: Arc<Link>,
    id: RequestId,
    answer: Awaited,
    deadline: Option<Deadline>,
    /// How it is made again when its session is lost, if it may be.
    again: Option<Box<Again>>,
}

/// Inside of which request of the peer a call is made, and until when.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    inside: Option<RequestId>,
    deadline: Option<Instant>,
    /// When it was made, if that is known.
    made: Option<Instant>,
}

pub(super) struct Deadline {
    made: Instant,
    sleep: Pin<Box<Sleep>>,
}

impl Deadline {
    fn new(made: Instant, at: Instant) -> Self {
        let sleep = Box::pin(tokio::time::sleep_until(at.into()));
        Self { made, sleep }
    }

    fn at(&self) -> Instant {
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

impl Terms {
    #[inline]
    pub(super) fn of(callee: &Callee<'_>, method: &Method) -> Self {
        let (inside, inherited) = Serving::current(callee.link);
        let timeout = callee.timeout().or(method.default_timeout());
        // Looking at the clock costs as much as a small argument, and most calls have no deadline.
        let made = timeout.map(|timeout| (clock::now(), timeout));
        let own = made.and_then(|(now, timeout)| now.checked_add(timeout));
        Self {
            inside,
            deadline: match (own, inherited) {
                (Some(own), Some(inherited)) => Some(own.min(inherited)),
                (own, inherited) => own.or(inherited),
            },
            made: made.map(|(now, _)| now),
        }
    }

    /// Those of a call that is made once more: on another session than any handler's.
    fn again(deadline: Option<&Deadline>) -> Self {
        Self {
            inside: None,
            deadline: deadline.map(Deadline::at),
            made: deadline.map(|deadline| deadline.made),
        }
    }

    #[inline]
    fn deadline(&self) -> Option<Deadline> {
        let made = || self.made.unwrap_or_else(clock::now);
        self.deadline.map(|at| Deadline::new(made(), at))
    }
}

/// A call as the protocol core takes it.
#[inline(always)] // else what it is made of is moved to and fro
pub(super) fn new_call<'a>(
    callee: &'a Callee<'a>,
    method: &'static Method,
    arguments: &'a Encoded,
    terms: Terms,
) -> NewCall<'a, Attached> {
    let metadata = callee.metadata();
    let metadata = (!metadata.is_empty())
        .then(|| Metadata::new(metadata).ok())
        .flatten();
    let params = arguments.payload();
    NewCall {
        request: Request::new(callee.target, method.id(), metadata, params.bytes),
        rest: params.rest,
        one_way: method.is_one_way(),
        held: false,
        inside: terms.inside,
        deadline: terms.deadline,
        overflow: callee.overflow(),
        passed: arguments.passing().map(|passing| passing.over(callee.link)),
    }
}

/// Hands it over. `answer` is filled if there will be one, or the word that it was sent.
#[inline(always)]
pub(super) fn submit(
    core: &mut Connection<Attached>,
    call: &mut NewCall<'_, Attached>,
    answer: &mut Option<Awaited>,
) -> Result<Submitted, Rejected> {
    let caller = || {
        let (caller, awaited) = awaited();
        *answer = Some(awaited);
        caller
    };
    core.submit(call, caller, clock::now)
}

#[inline(always)]
fn begin(callee: &Callee<'_>, method: &'static Method, arguments: &Encoded, terms: Terms) -> State {
    let mut call = new_call(callee, method, arguments, terms);
    call.held = method.is_one_way() && !has_its_turn();
    let mut answer = None;
    let work = |core: &mut _| submit(core, &mut call, &mut answer);
    let submitted = callee.link.with_call(method, work);
    State::new(callee.link, method, submitted, answer, terms)
}

fn begin_again(
    session: &Session,
    method: &'static Method,
    mut again: Box<Again>,
    terms: Terms,
) -> State {
    let (callee, arguments) = again.begin(session);
    match begin(&callee, method, arguments, terms) {
        State::Waiting(mut waiting) => {
            waiting.again = Some(again);
            State::Waiting(waiting)
        }
        State::Failed(error) => State::waits(again, session.link(), terms.deadline(), error),
        state => state,
    }
}

impl State {
    /// That of a call that was submitted.
    #[inline(always)]
    pub(super) fn new(
        link: &Arc<Link>,
        method: &'static Method,
        submitted: Result<Submitted, Rejected>,
        answer: Option<Awaited>,
        terms: Terms,
    ) -> Self {
        match (submitted, answer) {
            (Err(why), _) => Self::Failed(not_sent(method, why)),
            (Ok(_), None) => Self::Sent,
            (Ok(Submitted::Sent(id) | Submitted::Waiting(id)), Some(answer)) => {
                Self::Waiting(Waiting {
                    link: Arc::clone(link),
                    id,
                    answer,
                    deadline: terms.deadline(),
                    again: None,
                })
            }
        }
    }

    /// Makes a call.
    #[inline]
    pub(super) fn submit(
        callee: &Callee<'_>,
        method: &'static Method,
        arguments: &Encoded,
    ) -> Self {
        begin(callee, method, arguments, Terms::of(callee, method))
    }

    /// Makes a call that is made again if its session is lost.
    pub(super) fn submit_again(
        session: &Session,
        method: &'static Method,
        again: Box<Again>,
    ) -> Self {
        let terms = Terms::of(&again.callee(session), method);
        begin_again(session, method, again, terms)
    }

    /// The session has ended before the call was answered.
    fn waits(again: Box<Again>, link: &Link, deadline: Option<Deadline>, why: Error) -> Self {
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
    pub fn ended_at_once(self) -> Result<R, Self> {
        match self.state {
            State::Sent => Ok((self.outcome)(self.method, Ended::Sent)),
            State::Failed(error) => Ok((self.outcome)(self.method, Ended::Failed(error))),
            state => Err(Self { state, ..self }),
        }
    }
}

/// Whether it is a task's turn still, to make one more one-way call: it is an operation like tokio's own. Else
/// a loop of them would keep its thread, and with it the driver that is to write them, until the credit is used
/// up.
#[inline]
fn has_its_turn() -> bool {
    // Nobody has to be woken: who has no turn waits until the driver sends the call.
    let mut unheard = Context::from_waker(Waker::noop());
    match poll_proceed(&mut unheard) {
        Poll::Ready(proceeds) => {
            proceeds.made_progress();
            true
        }
        Poll::Pending => false,
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
fn sent<R: Outcome>() -> R {
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
fn not_sent(method: &Method, why: Rejected) -> Error {
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
