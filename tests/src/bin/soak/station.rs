//! What the server serves: it keeps callbacks, alone and in groups, and calls them all the time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback::{Callback, Error, Group, Result, context, service};
use tokio::sync::watch;

use crate::tally::Tally;

/// How many rooms there are.
pub const ROOMS: usize = 20;
/// How often each room hears of something, and each single callback.
const BEAT: Duration = Duration::from_millis(250);

/// Is told of events.
#[service(group)]
pub trait Listener {
    /// Something happened.
    #[oneway]
    async fn event(&self, number: u64, text: String) -> Result<()>;
    /// Something happened; an answer is awaited.
    async fn confirm(&self, number: u64) -> Result<()>;
}

/// What clients call.
#[service]
pub trait Station {
    /// Gives the text back.
    async fn echo(&self, text: &str) -> Result<String>;
    /// Makes the listener a member of a room.
    async fn join(
        &self,
        room: usize,
        #[callback(overflow = "drop_oldest")] listener: impl Listener,
    ) -> Result<()>;
    /// Takes the caller's listener out of a room.
    async fn leave(&self, room: usize) -> Result<bool>;
    /// Keeps the listener by itself.
    async fn keep(&self, #[callback] listener: impl Listener) -> Result<()>;
    /// Lets go of all single listeners of the caller.
    async fn forget(&self) -> Result<()>;
    /// Calls back so many times before it answers.
    async fn count(&self, to: u64, #[callback] count: impl Callback<u64, u64>) -> Result<u64>;
    /// Answers never.
    async fn wait(&self, #[callback] listener: impl Listener) -> Result<()>;
    /// Gives an object of the server's own.
    async fn lend(&self) -> Result<ListenerProxy>;
}

/// The station.
pub struct Tower {
    pub rooms: Vec<Group<u64, ListenerProxy>>,
    /// Single listeners, by the session that they came with.
    kept: Mutex<HashMap<u64, Vec<ListenerProxy>>>,
    /// For ever false, and gone with the tower: so no wait outlives it.
    over: watch::Sender<bool>,
    leak: usize,
}

impl Tower {
    pub fn new(leak: usize) -> Self {
        Self {
            rooms: (0..ROOMS).map(|_| Group::new()).collect(),
            kept: Mutex::default(),
            over: watch::Sender::new(false),
            leak,
        }
    }

    /// How many listeners are held.
    pub fn held(&self) -> usize {
        let kept: usize = self.kept.lock().unwrap().values().map(Vec::len).sum();
        kept + self.rooms.iter().map(Group::len).sum::<usize>()
    }

    /// Tells every room and every single listener of events until told to stop.
    pub async fn broadcast(self: Arc<Self>, tally: Arc<Tally>, mut stop: watch::Receiver<bool>) {
        let mut beat = tokio::time::interval(BEAT);
        let mut number = 0;
        loop {
            tokio::select! {
                _ = beat.tick() => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            number += 1;
            for room in &self.rooms {
                let told = room
                    .event(number, format!("event {number} of a room"))
                    .await;
                if let Err(error) = told {
                    tally.fail(|| format!("a room could not be told: {error:?}"));
                }
                // Members that went away are failures, which a group remembers until it is asked.
                drop(room.take_failures());
            }
            self.tell_singles(number).await;
        }
    }

    async fn tell_singles(&self, number: u64) {
        let singles: Vec<_> = {
            let mut kept = self.kept.lock().unwrap();
            kept.retain(|_, listeners| !listeners.iter().any(ListenerProxy::is_closed));
            kept.values().flatten().cloned().collect()
        };
        for listener in singles {
            // It may have gone in the meantime.
            let _ = listener.event(number, format!("event {number}")).await;
            if number.is_multiple_of(16) {
                tokio::spawn(async move { listener.confirm(number).await });
            }
        }
    }

    fn caller() -> Result<u64> {
        let session = context()
            .session()
            .ok_or_else(|| Error::application("no session"))?;
        Ok(session.id())
    }
}

impl Station for Tower {
    async fn echo(&self, text: &str) -> Result<String> {
        Ok(text.to_owned())
    }

    async fn join(&self, room: usize, listener: impl Listener) -> Result<()> {
        if self.leak > 0 {
            std::mem::forget(vec![1u8; self.leak]);
        }
        let listener = ListenerProxy::new(listener);
        drop(self.rooms[room].insert(Self::caller()?, listener));
        Ok(())
    }

    async fn leave(&self, room: usize) -> Result<bool> {
        Ok(self.rooms[room].remove(&Self::caller()?).is_some())
    }

    async fn keep(&self, listener: impl Listener) -> Result<()> {
        let listener = ListenerProxy::new(listener);
        listener.confirm(0).await?;
        let mut kept = self.kept.lock().unwrap();
        kept.entry(Self::caller()?).or_default().push(listener);
        Ok(())
    }

    async fn forget(&self) -> Result<()> {
        let gone = self.kept.lock().unwrap().remove(&Self::caller()?);
        drop(gone); // without the lock
        Ok(())
    }

    async fn count(&self, to: u64, count: impl Callback<u64, u64>) -> Result<u64> {
        let mut sum = 0;
        for number in 0..to {
            sum += count.call(number).await?;
        }
        Ok(sum)
    }

    async fn wait(&self, listener: impl Listener) -> Result<()> {
        let _ = self.over.subscribe().wait_for(|over| *over).await;
        listener.confirm(0).await
    }

    async fn lend(&self) -> Result<ListenerProxy> {
        Ok(ListenerProxy::new(Lent))
    }
}

/// An object of the server's.
struct Lent;

impl Listener for Lent {
    async fn event(&self, _number: u64, _text: String) -> Result<()> {
        Ok(())
    }

    async fn confirm(&self, _number: u64) -> Result<()> {
        Ok(())
    }
}
