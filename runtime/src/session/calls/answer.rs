//! Where a caller waits for the answer of its call.
//!
//! A slot that one end fills and the other empties, once. It could be a channel; but each call needs one,
//! and slots that are done with are kept by the thread and used again, which saves the way to the
//! allocator and back.

use std::cell::RefCell;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::error::{Error, ErrorKind};
use crate::frame::Status;
use crate::proto::Rejected;
use crate::session::objects::References;

/// What somebody who made a call is told.
pub(crate) enum Answer {
    Reply(Reply),
    /// The one-way call was sent.
    Entered,
    /// The call could not be sent.
    Rejected(Rejected),
    /// The connection ended.
    Ended(Error),
}

/// A response, not decoded yet: that is done where it is awaited.
pub(crate) struct Reply {
    pub(crate) status: Status,
    pub(crate) value: bytes::Bytes,
    pub(crate) references: References,
}

/// Who waits for an answer, as the session knows it. Dropped, it tells that there is none.
pub(crate) struct Caller(Option<Arc<Slot>>);

/// The answer to come, as the caller knows it.
pub(super) struct Awaited(Option<Arc<Slot>>);

#[derive(Default)]
struct Slot(Mutex<State>);

#[derive(Default)]
enum State {
    /// Nobody has asked yet.
    #[default]
    New,
    Waiting(Waker),
    Answered(Answer),
}

/// Spare slots that a thread keeps: as many as it may well have calls under way.
const KEPT: usize = 256;

thread_local! {
    static SPARE: RefCell<Vec<Arc<Slot>>> = const { RefCell::new(Vec::new()) };
}

/// Both ends of a slot.
pub(super) fn awaited() -> (Caller, Awaited) {
    let spare = SPARE.try_with(|spare| spare.borrow_mut().pop());
    let slot = spare.ok().flatten().unwrap_or_default();
    (Caller(Some(Arc::clone(&slot))), Awaited(Some(slot)))
}

impl Caller {
    pub(crate) fn tell(mut self, answer: Answer) {
        self.fill(answer);
    }

    fn fill(&mut self, answer: Answer) {
        let Some(slot) = self.0.take() else {
            return;
        };
        let before = mem::replace(&mut *slot.lock(), State::Answered(answer));
        // Before the caller wakes, so that it finds the slot to be its own and can keep it.
        drop(slot);
        if let State::Waiting(waker) = before {
            waker.wake();
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        if self.0.is_some() {
            let error = Error::new(ErrorKind::Cancelled, "the call was given up");
            self.fill(Answer::Ended(error));
        }
    }
}

impl Awaited {
    /// The answer, which comes once.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Answer> {
        let Some(slot) = &self.0 else {
            return Poll::Pending;
        };
        let mut state = slot.lock();
        if matches!(*state, State::Answered(_))
            && let State::Answered(answer) = mem::take(&mut *state)
        {
            drop(state);
            self.let_go();
            return Poll::Ready(answer);
        }
        let outdated = match &mut *state {
            State::Waiting(waker) if waker.will_wake(cx.waker()) => return Poll::Pending,
            state => mem::replace(state, State::Waiting(cx.waker().clone())),
        };
        drop(state);
        drop(outdated); // what it wakes may be the caller's code, so not under the lock
        Poll::Pending
    }

    /// Whether it is still to come.
    pub(super) fn is_open(&self) -> bool {
        self.0.is_some()
    }

    /// Keeps the slot for another call, unless the session still has it.
    fn let_go(&mut self) {
        let Some(mut slot) = self.0.take() else {
            return;
        };
        let Some(own) = Arc::get_mut(&mut slot) else {
            return;
        };
        let state = own.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        *state = State::New;
        let _ = SPARE.try_with(|spare| {
            let mut spare = spare.borrow_mut();
            if spare.len() < KEPT {
                spare.push(slot);
            }
        });
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        self.let_go();
    }
}

impl Slot {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    fn poll(awaited: &mut Awaited) -> Poll<Answer> {
        awaited.poll(&mut Context::from_waker(Waker::noop()))
    }

    fn is_entered(answer: &Poll<Answer>) -> bool {
        matches!(answer, Poll::Ready(Answer::Entered))
    }

    #[test]
    fn an_answer_comes_whether_it_is_awaited_yet_or_not() {
        let (caller, mut early) = awaited();
        assert!(poll(&mut early).is_pending());
        caller.tell(Answer::Entered);
        assert!(is_entered(&poll(&mut early)));

        let (caller, mut late) = awaited();
        caller.tell(Answer::Entered);
        assert!(is_entered(&poll(&mut late)));
    }

    #[test]
    fn a_caller_that_is_dropped_says_so() {
        let (caller, mut answer) = awaited();
        drop(caller);
        let told = poll(&mut answer);
        assert!(
            matches!(told, Poll::Ready(Answer::Ended(error)) if error.kind() == ErrorKind::Cancelled)
        );
    }

    #[test]
    fn a_slot_that_is_used_again_is_empty() {
        for _ in 0..3 {
            let (caller, mut answer) = awaited();
            assert!(poll(&mut answer).is_pending());
            caller.tell(Answer::Entered);
            drop(answer); // with an answer that nobody took
            let (_caller, mut answer) = awaited();
            assert!(poll(&mut answer).is_pending());
        }
    }

    #[test]
    fn a_slot_that_the_session_still_has_is_not_used_again() {
        let (late, given_up) = awaited();
        drop(given_up);
        let (_caller, mut other) = awaited();
        late.tell(Answer::Entered);
        assert!(poll(&mut other).is_pending());
    }

    #[tokio::test]
    async fn whoever_polled_last_is_woken() {
        let (caller, mut answer) = awaited();
        assert!(poll(&mut answer).is_pending());
        let mut told = pin!(std::future::poll_fn(|cx| answer.poll(cx)));
        assert!(futures_util::poll!(&mut told).is_pending());
        let telling = tokio::spawn(async move { caller.tell(Answer::Entered) });
        assert!(matches!(told.await, Answer::Entered));
        telling.await.unwrap();
    }
}
