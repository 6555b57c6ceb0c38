//! What is a member of groups: an object that hears casts.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use ringback::{Error, Result, service};

use crate::casts::At;
use crate::ear::{Ear, MEANT};
use crate::ledger::Ledger;

/// A member.
#[service(group)]
pub trait Fan {
    /// Hears a cast, and answers.
    async fn told(&self, hall: u8, cast: u64) -> Result<()>;
    /// Hears a cast.
    #[oneway]
    async fn event(&self, hall: u8, cast: u64) -> Result<()>;
    /// Hears a cast, and asks the object that comes with it for its number.
    async fn met(
        &self,
        hall: u8,
        cast: u64,
        number: u64,
        #[callback] other: impl Ear,
    ) -> Result<()>;
}

/// How a member takes what it hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Good,
    /// Some casts it fails.
    Fails,
    /// At some casts it panics.
    Panics,
}

impl Mood {
    /// Most are good.
    pub fn of(number: u8) -> Self {
        match number % 5 {
            0 => Self::Fails,
            1 => Self::Panics,
            _ => Self::Good,
        }
    }
}

/// A member whose drop is counted.
pub struct Follower {
    pub number: u64,
    mood: Mood,
    ledger: Arc<Ledger>,
}

impl Follower {
    pub fn new(owner: usize, mood: Mood, ledger: &Arc<Ledger>) -> Self {
        Self {
            number: ledger.made(owner),
            mood,
            ledger: Arc::clone(ledger),
        }
    }

    async fn hear(&self, hall: u8, cast: u64) -> Result<()> {
        let at = At {
            object: self.number,
            hall,
            cast,
        };
        self.ledger.tally.casts_heard.add();
        if let Err(why) = self.ledger.casts.heard(at) {
            self.ledger.fail(why);
        }
        match (cast + self.number) % 6 {
            0 => tokio::time::sleep(Duration::from_millis(cast % 5)).await,
            1 => tokio::task::yield_now().await,
            2 => step_back().await,
            _ => {}
        }
        match self.mood {
            Mood::Fails if cast.is_multiple_of(3) => {
                self.ledger.casts.failed(at);
                Err(Error::application(at))
            }
            Mood::Panics if cast.is_multiple_of(4) => {
                self.ledger.tally.panics.add();
                self.ledger.casts.failed(at);
                panic!("{MEANT}: {at}");
            }
            _ => Ok(()),
        }
    }
}

/// Lets others run, by waking itself at once.
async fn step_back() {
    let mut has_stepped_back = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut has_stepped_back, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.ledger.dropped(self.number);
    }
}

impl Fan for Follower {
    async fn told(&self, hall: u8, cast: u64) -> Result<()> {
        self.hear(hall, cast).await
    }

    async fn event(&self, hall: u8, cast: u64) -> Result<()> {
        self.hear(hall, cast).await
    }

    async fn met(&self, hall: u8, cast: u64, number: u64, other: impl Ear) -> Result<()> {
        self.hear(hall, cast).await?;
        // It fails where the cast is given up, or the connection cut.
        if let Ok(told) = other.number().await
            && told != number
        {
            self.ledger.fail(format!(
                "object {number} was passed by a cast, and is {told}"
            ));
        }
        Ok(())
    }
}
