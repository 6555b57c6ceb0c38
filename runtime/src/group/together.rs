//! Calls that are all made before any is waited for.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::stream::{FuturesUnordered, StreamExt};

/// Futures, and what comes of them as it comes.
///
/// A call is made when its future is first polled, and [`FuturesUnordered`] alone may give an outcome,
/// or step back, before it has polled all of them. Then a later call to all could overtake this one at
/// some.
pub(super) struct Together<F: Future> {
    unmade: VecDeque<F>,
    ended: VecDeque<F::Output>,
    /// Made for the first of them.
    open: Option<FuturesUnordered<F>>,
}

impl<F: Future> Together<F> {
    /// Adds a call that is made when it is first polled.
    pub(super) fn add(&mut self, call: F) {
        self.unmade.push_back(call);
    }

    /// Adds a call that was made already.
    pub(super) fn add_made(&mut self, call: F) {
        self.open.get_or_insert_default().push(call);
    }

    /// How many have not told their outcome.
    pub(super) fn len(&self) -> usize {
        let open = self.open.as_ref().map_or(0, FuturesUnordered::len);
        self.unmade.len() + self.ended.len() + open
    }
}

impl<F: Future + Unpin> Together<F> {
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        // Nobody needs to be woken by this: those that wait are polled again when they are taken over.
        let mut unheard = Context::from_waker(Waker::noop());
        while let Some(mut call) = self.unmade.pop_front() {
            match Pin::new(&mut call).poll(&mut unheard) {
                Poll::Ready(outcome) => self.ended.push_back(outcome),
                Poll::Pending => self.add_made(call),
            }
        }
        match (self.ended.pop_front(), &mut self.open) {
            (None, Some(open)) => open.poll_next_unpin(cx),
            (outcome, _) => Poll::Ready(outcome),
        }
    }
}

/// Its parts are not pinned in place.
impl<F: Future> Unpin for Together<F> {}

impl<F: Future> Default for Together<F> {
    fn default() -> Self {
        Self {
            unmade: VecDeque::new(),
            ended: VecDeque::new(),
            open: None,
        }
    }
}
