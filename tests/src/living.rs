//! Values that are counted for as long as they live.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Counts the values that it made and that are alive. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Living(Arc<Counted>);

#[derive(Debug, Default)]
struct Counted {
    alive: AtomicUsize,
    fewer: Notify,
}

/// One living value. A clone of it is one more.
#[derive(Debug)]
pub struct Life(Arc<Counted>);

impl Living {
    /// One more.
    pub fn one(&self) -> Life {
        self.0.alive.fetch_add(1, Ordering::SeqCst);
        Life(Arc::clone(&self.0))
    }

    /// How many are alive.
    pub fn count(&self) -> usize {
        self.0.alive.load(Ordering::SeqCst)
    }

    /// Waits until no more than `left` are alive.
    pub async fn at_most(&self, left: usize) {
        loop {
            let fewer = self.0.fewer.notified();
            tokio::pin!(fewer);
            fewer.as_mut().enable();
            if self.count() <= left {
                return;
            }
            fewer.await;
        }
    }

    /// Waits until all have been dropped.
    pub async fn none(&self) {
        self.at_most(0).await;
    }
}

impl Clone for Life {
    fn clone(&self) -> Self {
        Living(Arc::clone(&self.0)).one()
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, Ordering::SeqCst);
        self.0.fewer.notify_waiters();
    }
}
