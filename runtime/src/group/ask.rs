//! A question to every member of a group.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_util::stream::{Stream, StreamExt};

use super::together::Together;

/// The answers to a question that was put to a [`Group`](crate::Group), as they come in: a stream of
/// keys and outcomes. Dropping it cancels the calls that are still open.
#[must_use = "nothing is asked before the answers are polled"]
pub struct Ask<K, Fut: Future> {
    open: Together<Answer<K, Fut>>,
}

struct Answer<K, Fut> {
    /// Taken with the answer.
    key: Option<K>,
    future: Pin<Box<Fut>>,
}

impl<K, Fut: Future> Ask<K, Fut> {
    /// The next answer, and who gave it; `None` after the last. Can be given up and called again
    /// without losing an answer.
    pub async fn next(&mut self) -> Option<(K, Fut::Output)> {
        StreamExt::next(self).await
    }

    /// How many answers are to come.
    pub fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether no answer is to come.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<K, Fut: Future> Stream for Ask<K, Fut> {
    type Item = (K, Fut::Output);

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.open.poll_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }
}

impl<K, Fut: Future> Future for Answer<K, Fut> {
    type Output = (K, Fut::Output);

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let outcome = ready!(self.future.as_mut().poll(cx));
        let key = self
            .key
            .take()
            .expect("an answer is polled once after it came");
        Poll::Ready((key, outcome))
    }
}

/// Its parts are not pinned in place.
impl<K, Fut> Unpin for Answer<K, Fut> {}

impl<K, Fut: Future> FromIterator<(K, Fut)> for Ask<K, Fut> {
    fn from_iter<I: IntoIterator<Item = (K, Fut)>>(answers: I) -> Self {
        let mut open = Together::default();
        for (key, future) in answers {
            open.add(Answer {
                key: Some(key),
                future: Box::pin(future),
            });
        }
        Self { open }
    }
}

impl<K, Fut: Future> fmt::Debug for Ask<K, Fut> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask")
            .field("open", &self.open.len())
            .finish()
    }
}
