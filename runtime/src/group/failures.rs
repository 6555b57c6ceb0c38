//! What became of the members that failed.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::error::Error;

/// How many failures are kept for whoever asks. Older ones were logged.
const KEPT: usize = 1024;

/// A member of a [`Group`](crate::Group) that failed, or that closed and left.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct GroupFailure<K> {
    /// Whose call failed.
    pub key: K,
    /// Why. Where the member failed with an error type of the service's own, it is of the kind
    /// [`Application`](crate::ErrorKind::Application) and names the method.
    pub error: Error,
}

/// Failures that nobody has been told yet.
pub(super) struct Failures<K> {
    queue: Mutex<VecDeque<GroupFailure<K>>>,
    added: Notify,
}

impl<K> Default for Failures<K> {
    fn default() -> Self {
        Self {
            queue: Mutex::default(),
            added: Notify::new(),
        }
    }
}

impl<K> Failures<K> {
    pub(super) fn push(&self, failure: GroupFailure<K>) {
        let mut queue = self.queue();
        let oldest = (queue.len() >= KEPT).then(|| queue.pop_front());
        queue.push_back(failure);
        drop(queue);
        drop(oldest);
        self.added.notify_one();
    }

    pub(super) async fn next(&self) -> GroupFailure<K> {
        loop {
            let added = self.added.notified();
            let (failure, more) = {
                let mut queue = self.queue();
                (queue.pop_front(), !queue.is_empty())
            };
            if let Some(failure) = failure {
                if more {
                    self.added.notify_one(); // for others who ask
                }
                return failure;
            }
            added.await;
        }
    }

    pub(super) fn take(&self) -> Vec<GroupFailure<K>> {
        std::mem::take(&mut *self.queue()).into()
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<GroupFailure<K>>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
