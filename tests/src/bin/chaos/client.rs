//! One client: it hears of events, and makes calls.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::poll;
use ringback::{Client, ClientBuilder, Result};
use ringback_tests::living::Life;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::body::{body, is_body};
use crate::ledger::{EARS, Ledger, SINGLES};
use crate::radio::{CALLS, Ear, Radio, RadioClient, answer};

/// How many calls are made at a time.
const AT_A_TIME: usize = 16;
/// Beside every so manieth call one is given up.
const GIVEN_UP: u64 = 50;

/// One listener.
struct Listener {
    ledger: Arc<Ledger>,
    index: usize,
    _life: Life,
}

impl Ear for Listener {
    async fn event(&self, number: u64, body: Vec<u8>) -> Result<()> {
        let ledger = &self.ledger;
        // All members of a group hear the same.
        let row_id = ledger.row_id(self.index.min(SINGLES));
        if is_body(row_id, number, &body) {
            ledger.arrive(&ledger.events[self.index], number);
        } else {
            ledger.fail(format!("event {number} arrived damaged"));
        }
        Ok(())
    }
}

/// Does all that a client has to do, and gives its connection, if there ever was one.
pub async fn live(
    ledger: Arc<Ledger>,
    builder: ClientBuilder,
    address: SocketAddr,
    seed: u64,
) -> Option<Client> {
    let client = match builder.connect(address).await {
        Ok(client) => client,
        Err(error) => {
            ledger.fail(format!("no connection: {error}"));
            return None;
        }
    };
    let mut watching = JoinSet::new();
    let (session, watcher) = (client.session().clone(), Arc::clone(&ledger));
    watching.spawn(async move {
        let why = session.closed().await;
        watcher.is_lost.store(true, Ordering::SeqCst);
        watcher.fail(format!("the session was lost: {why}"));
    });
    if let Err(error) = act(&ledger, client.service(), seed).await {
        ledger.fail(error.to_string());
    }
    Some(client)
}

async fn act(ledger: &Arc<Ledger>, radio: RadioClient, seed: u64) -> Result<()> {
    let ears = (0..EARS).map(|index| Listener {
        ledger: Arc::clone(ledger),
        index,
        _life: ledger.ears.one(),
    });
    radio.tune_in(ledger.number, ears.collect()).await?;
    call(ledger, &radio, seed).await;
    if ledger.complete().await {
        radio.switch_off(ledger.number).await?;
    }
    Ok(())
}

/// Makes all calls, in their order, several at a time.
async fn call(ledger: &Arc<Ledger>, radio: &RadioClient, seed: u64) {
    let mut random = fastrand::Rng::with_seed(seed);
    let room = Arc::new(Semaphore::new(AT_A_TIME));
    let mut calls = JoinSet::new();
    for number in 0..ledger.calls.planned {
        if !ledger.may_send(&ledger.calls, number).await {
            break;
        }
        let permit = Arc::clone(&room).acquire_owned().await;
        if number.is_multiple_of(GIVEN_UP) {
            let patience = Duration::from_micros(random.u64(..5000));
            calls.spawn(give_up(Arc::clone(ledger), radio.clone(), patience));
        }
        let call = one(Arc::clone(ledger), radio.clone(), number);
        let mut call = Box::pin(async move {
            call.await;
            drop(permit);
        });
        // A call is made when it is polled for the first time, so this one comes before the next.
        if poll!(&mut call).is_pending() {
            calls.spawn(call);
        }
        while calls.try_join_next().is_some() {}
    }
    // Calls that fail end by themselves.
    while calls.join_next().await.is_some() {}
}

async fn one(ledger: Arc<Ledger>, radio: RadioClient, number: u64) {
    ledger.calls.send();
    ledger.answers.send();
    let body = body(ledger.row_id(CALLS), number);
    let answered = if Ledger::inner_of(number).is_some() {
        let (life, inner) = (ledger.passed.one(), Arc::clone(&ledger));
        let ask = async move |number: u64| {
            let _alive = &life;
            inner.arrive(&inner.inner, number);
            Ok(answer(number))
        };
        radio.call_back(ledger.number, number, body, ask).await
    } else {
        radio.call(ledger.number, number, body).await
    };
    match answered {
        Ok(told) if told == answer(number) => ledger.arrive(&ledger.answers, number),
        Ok(told) => ledger.fail(format!("call {number} was answered {told}")),
        Err(error) => ledger.fail(format!("call {number} failed: {error}")),
    }
}

async fn give_up(ledger: Arc<Ledger>, radio: RadioClient, patience: Duration) {
    match timeout(patience, radio.hang(ledger.number)).await {
        Err(_) => {
            ledger.cancels.fetch_add(1, Ordering::SeqCst);
        }
        Ok(outcome) => ledger.fail(format!("a call that hangs ended: {outcome:?}")),
    }
}
