//! A call is made: inside of what, until when, and whether it waits for its turn.

use std::cell::Cell;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tokio::task::coop::{has_budget_remaining, poll_proceed};

use super::again::Again;
use super::answer::{Awaited, Caller, awaited};
use super::call::{Deadline, State, Waiting, not_sent};
use super::encoder::Encoded;
use super::remote::Callee;
use crate::frame::{Metadata, Request};
use crate::id::RequestId;
use crate::proto::{Connection, NewCall, Rejected, Submitted};
use crate::session::clock;
use crate::session::handlers::Serving;
use crate::session::lifetime::Session;
use crate::session::link::{Attached, Link};
use crate::session::method::Method;

/// Inside of which request of the peer a call is made, and until when.
#[derive(Clone, Copy, Default)]
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
        kept: None,
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
    core.submit(call, || ask(answer), clock::now)
}

/// Who waits for the answer of a one-way call that is sent at once.
pub(super) const NOBODY: Option<fn() -> Caller> = None;

/// Sends a one-way call of the usual form, if nothing is in its way.
#[inline(always)]
pub(super) fn is_sent_at_once(callee: &Callee<'_>, method: &Method, params: &[u8]) -> bool {
    callee
        .plain_call(method, params)
        .is_some_and(|mut call| callee.link.submit_plain(&mut call, NOBODY))
}

/// Sends a request of the usual form, if nothing is in its way.
#[inline(always)]
fn asked_at_once(callee: &Callee<'_>, method: &Method, arguments: &Encoded) -> Option<Waiting> {
    if !arguments.are_plain() {
        return None;
    }
    let mut call = callee.plain_call(method, arguments.payload().bytes)?;
    let mut answer = None;
    let is_sent = callee
        .link
        .submit_plain(&mut call, Some(|| ask(&mut answer)));
    Some(Waiting {
        link: Arc::clone(callee.link),
        id: call.id.filter(|_| is_sent)?,
        answer: answer?,
        deadline: None,
        again: None,
    })
}

fn begin(
    callee: &Callee<'_>,
    method: &'static Method,
    arguments: &Encoded,
    terms: Terms,
    held: bool,
) -> State {
    let mut call = new_call(callee, method, arguments, terms);
    call.held = held;
    let mut answer = None;
    let work = |core: &mut _| submit(core, &mut call, &mut answer);
    let submitted = callee.link.with_call(method, work);
    State::new(callee.link, method, submitted, answer, terms)
}

/// The caller of a call, and the answer that it waits for.
#[inline]
pub(super) fn ask(answer: &mut Option<Awaited>) -> Caller {
    let (caller, awaited) = awaited();
    *answer = Some(awaited);
    caller
}

pub(super) fn begin_again(
    session: &Session,
    method: &'static Method,
    mut again: Box<Again>,
    terms: Terms,
) -> State {
    let (callee, arguments) = again.begin(session);
    match begin(&callee, method, arguments, terms, false) {
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

    /// Makes a call that is answered.
    #[inline]
    pub(super) fn ask(callee: &Callee<'_>, method: &'static Method, arguments: &Encoded) -> Self {
        match asked_at_once(callee, method, arguments) {
            Some(waiting) => Self::Waiting(waiting),
            None => Self::submit(callee, method, arguments, false),
        }
    }

    /// Makes a call, of whatever form and whatever is in its way. One that is held waits until the driver takes bytes
    /// to be written, though nothing else is in its way.
    #[inline(never)]
    pub(super) fn submit(
        callee: &Callee<'_>,
        method: &'static Method,
        arguments: &Encoded,
        held: bool,
    ) -> Self {
        begin(callee, method, arguments, Terms::of(callee, method), held)
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

/// So many one-way calls to a connection, that its driver has not seen to yet, take less of a turn than others.
const FEW: u32 = 16;
/// If they are no longer than this, in bytes: who encodes more takes longer.
const SHORT: usize = 1 << 10;
/// So many of those take as much of it as one of the others.
const LIGHT: u32 = 8;

/// Whether it is a task's turn still, to make one more one-way call, of so many bytes: it is an operation like tokio's
/// own. Else a loop of them would keep its thread, and with it the driver that is to write them, until the credit is
/// used up.
///
/// The turn of who calls over many connections is longer. Each of their drivers has little to write yet, and gets
/// more to write at once.
#[inline]
pub(super) fn has_its_turn(link: &Link, bytes: usize) -> bool {
    thread_local! {
        static LIGHT_CALLS: Cell<u32> = const { Cell::new(0) };
    }
    if link.gather() < FEW && bytes <= SHORT && has_budget_remaining() {
        let calls = LIGHT_CALLS.get().wrapping_add(1);
        LIGHT_CALLS.set(calls);
        if !calls.is_multiple_of(LIGHT) {
            return true;
        }
    }
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
