//! A call is made: inside of what, until when, and whether it waits for its turn.

use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tokio::task::coop::poll_proceed;

use super::again::Again;
use super::answer::{Awaited, awaited};
use super::call::{Deadline, State, Waiting, not_sent};
use super::clock;
use super::context::Serving;
use super::encoder::Encoded;
use super::handle::Session;
use super::link::{Attached, Link};
use super::remote::{Callee, Method};
use crate::frame::{Metadata, Request};
use crate::id::RequestId;
use crate::proto::{Connection, NewCall, Rejected, Submitted};

/// Inside of which request of the peer a call is made, and until when.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    inside: Option<RequestId>,
    deadline: Option<Instant>,
    /// When it was made, if that is known.
    made: Option<Instant>,
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
    pub(super) fn again(deadline: Option<&Deadline>) -> Self {
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

pub(super) fn begin_again(
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
