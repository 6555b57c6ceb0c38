//! Where events end: they are counted, and somebody waits for the last one.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::item::Item;

/// Counts what arrives.
#[derive(Default)]
pub(crate) struct Sink {
    arrived: AtomicU64,
    awaited: AtomicU64,
    complete: Notify,
}

impl Sink {
    /// From now on so many more are awaited.
    pub(crate) fn expect(&self, more: u64) {
        self.awaited.fetch_add(more, Ordering::SeqCst);
    }

    /// An event has arrived.
    pub(crate) fn take(&self, item: Item) {
        black_box(&item);
        let arrived = self.arrived.fetch_add(1, Ordering::SeqCst) + 1;
        if arrived == self.awaited.load(Ordering::SeqCst) {
            self.complete.notify_one();
        }
    }

    /// Waits for the last of those that are expected.
    pub(crate) async fn complete(&self) {
        while self.arrived.load(Ordering::SeqCst) < self.awaited.load(Ordering::SeqCst) {
            self.complete.notified().await;
        }
    }
}
