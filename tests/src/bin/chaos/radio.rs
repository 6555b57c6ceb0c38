//! What the server serves: it tells listeners of numbered events, and answers numbered calls.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback::{Callback, Error, Group, Result, service};
use tokio::task::JoinSet;

use crate::body::{body, is_body};
use crate::ledger::{EARS, Ledger, MEMBERS, SINGLES};

/// The row of bodies that calls carry; events have those before.
pub const CALLS: usize = EARS;

/// Hears of events.
#[service(group)]
pub trait Ear {
    /// The next event.
    #[oneway]
    async fn event(&self, number: u64, body: Vec<u8>) -> Result<()>;
}

/// What clients call.
#[service]
pub trait Radio {
    /// From now on the listeners hear of events.
    async fn tune_in(&self, client: usize, #[callback] ears: Vec<impl Ear>) -> Result<()>;
    /// A numbered call.
    async fn call(&self, client: usize, number: u64, body: Vec<u8>) -> Result<u64>;
    /// A numbered call that calls back before it is answered.
    async fn call_back(
        &self,
        client: usize,
        number: u64,
        body: Vec<u8>,
        #[callback] ask: impl Callback<u64, u64>,
    ) -> Result<u64>;
    /// A call that only a cancel ends.
    async fn hang(&self, client: usize) -> Result<()>;
    /// Lets go of the listeners.
    async fn switch_off(&self, client: usize) -> Result<()>;
}

/// The right answer to a call.
pub fn answer(number: u64) -> u64 {
    number * 3 + 1
}

/// The server's one object.
pub struct Sender {
    ledgers: Vec<Arc<Ledger>>,
    /// By client.
    tuned_in: Mutex<HashMap<usize, TunedIn>>,
}

/// What is held for one client, and the tasks that send. Both end together.
struct TunedIn {
    _ears: Vec<EarProxy>,
    _tasks: JoinSet<()>,
}

impl Sender {
    pub fn new(ledgers: &[Arc<Ledger>]) -> Self {
        Self {
            ledgers: ledgers.to_vec(),
            tuned_in: Mutex::default(),
        }
    }

    /// How many listeners are held.
    pub fn held(&self) -> usize {
        self.tuned_in.lock().unwrap().len()
    }

    fn ledger(&self, client: usize) -> Result<&Arc<Ledger>> {
        let ledger = self.ledgers.get(client);
        ledger.ok_or_else(|| Error::application(format!("no client {client}")))
    }

    /// A call has arrived.
    fn begin(&self, client: usize, number: u64, body: &[u8]) -> Result<&Arc<Ledger>> {
        let ledger = self.ledger(client)?;
        if is_body(ledger.row_id(CALLS), number, body) {
            ledger.arrive(&ledger.calls, number);
        } else {
            ledger.fail(format!("call {number} arrived damaged"));
        }
        Ok(ledger)
    }
}

/// Sends all events of one row.
async fn send_alone(ledger: Arc<Ledger>, index: usize, ear: EarProxy) {
    let row = &ledger.events[index];
    for number in 0..row.planned {
        if !ledger.may_send(row, number).await {
            return;
        }
        row.send();
        let sent = ear.event(number, body(ledger.row_id(index), number)).await;
        if let Err(error) = sent {
            ledger.fail(format!("event {number} could not be sent: {error}"));
            return;
        }
    }
}

/// Sends all events of the rows of a group.
async fn send_to_group(ledger: Arc<Ledger>, ears: Vec<EarProxy>) {
    let group = Group::new();
    for (index, ear) in ears.into_iter().enumerate() {
        group.insert(index, ear);
    }
    let rows = &ledger.events[SINGLES..];
    for number in 0..rows[0].planned {
        if !ledger.may_send(&rows[0], number).await {
            return;
        }
        rows.iter().for_each(|row| row.send());
        let sent = group
            .event(number, body(ledger.row_id(SINGLES), number))
            .await;
        let failures = group.take_failures();
        if sent.is_err() || !failures.is_empty() || group.len() < MEMBERS {
            ledger.fail(format!(
                "event {number} for a group: {sent:?}, {failures:?}"
            ));
            return;
        }
    }
}

impl Radio for Sender {
    async fn tune_in(&self, client: usize, ears: Vec<impl Ear>) -> Result<()> {
        let ledger = self.ledger(client)?;
        let ears: Vec<_> = ears.into_iter().map(EarProxy::new).collect();
        if ears.len() != EARS {
            return Err(Error::application("too many or too few listeners"));
        }
        let mut tasks = JoinSet::new();
        for (index, ear) in ears.iter().take(SINGLES).enumerate() {
            tasks.spawn(send_alone(Arc::clone(ledger), index, ear.clone()));
        }
        tasks.spawn(send_to_group(Arc::clone(ledger), ears[SINGLES..].to_vec()));
        let tuned_in = TunedIn {
            _ears: ears,
            _tasks: tasks,
        };
        let before = self.tuned_in.lock().unwrap().insert(client, tuned_in);
        if before.is_some() {
            ledger.fail("it was tuned in twice".to_owned());
        }
        Ok(())
    }

    async fn call(&self, client: usize, number: u64, body: Vec<u8>) -> Result<u64> {
        self.begin(client, number, &body)?;
        if number % 4 == 1 {
            // So that some are always being handled when the connection breaks.
            tokio::time::sleep(Duration::from_micros(number % 3000)).await;
        }
        Ok(answer(number))
    }

    async fn call_back(
        &self,
        client: usize,
        number: u64,
        body: Vec<u8>,
        ask: impl Callback<u64, u64>,
    ) -> Result<u64> {
        let ledger = self.begin(client, number, &body)?;
        let inner = Ledger::inner_of(number).unwrap_or(u64::MAX);
        ledger.inner.send();
        let told = ask.call(inner).await?;
        if told != answer(inner) {
            ledger.fail(format!("callback {inner} in a call was answered {told}"));
        }
        Ok(answer(number))
    }

    async fn hang(&self, client: usize) -> Result<()> {
        let ledger = Arc::clone(self.ledger(client)?);
        ledger.hanging.fetch_add(1, Ordering::SeqCst);
        let _until_cancelled = Hanging(ledger);
        std::future::pending().await
    }

    async fn switch_off(&self, client: usize) -> Result<()> {
        let gone = self.tuned_in.lock().unwrap().remove(&client);
        drop(gone); // without the lock
        Ok(())
    }
}

/// A handler that hangs, until it is dropped.
struct Hanging(Arc<Ledger>);

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.hanging.fetch_sub(1, Ordering::SeqCst);
    }
}
