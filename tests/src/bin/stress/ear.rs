//! What clients pass: an object that listens.

use std::sync::Arc;
use std::time::Duration;

use ringback::{Result, service};

use crate::ledger::Ledger;

/// The text of every panic that is meant.
pub const MEANT: &str = "a panic that is meant";

/// A callback.
#[service]
pub trait Ear {
    /// Gives the object's number.
    async fn number(&self) -> Result<u64>;
    /// The same, after a while.
    async fn number_slowly(&self, millis: u64) -> Result<u64>;
    /// Panics.
    async fn boom(&self) -> Result<()>;
    /// Takes the next event of a sender.
    #[oneway]
    async fn event(&self, sender: u64, event: u64) -> Result<()>;
    /// Calls `next`, which calls `after`, and so on; gives the number of calls.
    async fn nest(
        &self,
        depth: u32,
        #[callback] next: impl Ear,
        #[callback] after: impl Ear,
    ) -> Result<u32>;
}

/// An object whose drop is counted.
pub struct Counted {
    pub number: u64,
    ledger: Arc<Ledger>,
}

impl Counted {
    pub fn new(owner: usize, ledger: &Arc<Ledger>) -> Self {
        Self {
            number: ledger.made(owner),
            ledger: Arc::clone(ledger),
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.ledger.dropped(self.number);
    }
}

impl Ear for Counted {
    async fn number(&self) -> Result<u64> {
        Ok(self.number)
    }

    async fn number_slowly(&self, millis: u64) -> Result<u64> {
        tokio::time::sleep(Duration::from_millis(millis)).await;
        Ok(self.number)
    }

    async fn boom(&self) -> Result<()> {
        self.ledger.tally.panics.add();
        panic!("{MEANT}");
    }

    async fn event(&self, sender: u64, event: u64) -> Result<()> {
        self.ledger.heard(self.number, sender, event);
        if event.is_multiple_of(3) {
            tokio::time::sleep(Duration::from_millis(event % 5)).await;
        }
        Ok(())
    }

    async fn nest(&self, depth: u32, next: impl Ear, after: impl Ear) -> Result<u32> {
        nest(depth, next, after).await
    }
}

/// What `nest` does, for whatever object.
pub async fn nest(depth: u32, next: impl Ear, after: impl Ear) -> Result<u32> {
    if depth == 0 {
        return Ok(0);
    }
    let next = EarProxy::new(next);
    let calls = next.nest(depth - 1, after, next.clone()).await?;
    Ok(calls + 1)
}
