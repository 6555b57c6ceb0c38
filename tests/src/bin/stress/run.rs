//! One seed: clients that act at random, and what must hold in between and at the end.

use std::sync::Arc;
use std::time::Duration;

use ringback::{Client as Builder, ErrorKind, Limits, Server};
use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::client::{Client, Setting};
use crate::connection::Medium;
use crate::expected::Expected;
use crate::hub::{HubServer, Keeper};
use crate::ledger::Ledger;
use crate::tally::Tally;
use crate::task::Task;
use crate::venue::{House, VenueServer};

/// The longest that a run may take; by the paused clock, one that is stuck takes no time to get there.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the figures may take to become what they have to be.
const SETTLE: Duration = Duration::from_secs(5);

/// What came of a seed.
pub struct Outcome {
    pub failures: Vec<String>,
    pub trace: String,
}

/// Runs a seed.
pub fn run(seed: u64, medium: Medium, tally: &Arc<Tally>) -> Outcome {
    let runtime = match medium {
        Medium::Memory => runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build(),
        Medium::Tcp => runtime::Builder::new_multi_thread()
            .worker_threads(4)
            .enable_all()
            .build(),
    };
    runtime.unwrap().block_on(async {
        let ledger = Ledger::new(tally);
        let world = live(seed, medium, &ledger);
        if timeout(PATIENCE, world).await.is_err() {
            ledger.fail(format!("not over after {PATIENCE:?}"));
        }
        let (failures, trace) = ledger.close();
        Outcome { failures, trace }
    })
}

async fn live(seed: u64, medium: Medium, ledger: &Arc<Ledger>) {
    let mut random = fastrand::Rng::with_seed(seed);
    let hub = Arc::new(Keeper::new(ledger));
    let is_tight = random.u8(..5) == 0;
    let house = Arc::new(House::new(is_tight, ledger));
    let setting = Arc::new(setting(&mut random, medium, is_tight, &hub, &house));
    let mut clients = Vec::new();
    for number in 0..random.usize(1..=4) {
        clients.push(Client::new(number, &setting, ledger, &mut random).await);
    }

    for _ in 0..2 {
        act(&clients, &mut random).await;
        for client in &clients {
            client.catch_up().await;
        }
        settle(&clients, &house, ledger, async || {
            hub.let_go(|_, ear| ear.is_closed());
            Expected::of(&hub, &house, &clients, ledger).await
        })
        .await;
    }

    hub.let_go(|_, _| true);
    house.empty();
    clients.iter().for_each(|client| client.let_go());
    settle(&clients, &house, ledger, async || Expected::default()).await;

    let ends: Vec<_> = clients
        .iter()
        .map(|client| client.connection().hub_end.clone())
        .collect();
    drop(clients);
    for end in ends {
        let why = end.closed().await; // its client is gone
        if why.kind() != ErrorKind::Closed {
            ledger.fail(format!("a session ended with {why:?}"));
        }
    }
}

fn setting(
    random: &mut fastrand::Rng,
    medium: Medium,
    is_tight: bool,
    hub: &Arc<Keeper>,
    house: &Arc<House>,
) -> Setting {
    let mut limits = || {
        let mut limits = Limits::default();
        let few = [1, 2, 3, 4096];
        limits.max_calls = few[random.usize(..few.len())];
        limits.max_object_calls = few[random.usize(..few.len())];
        if is_tight {
            limits.max_callbacks = 4;
        }
        limits
    };
    let (of_server, of_client) = (limits(), limits());
    Setting {
        medium,
        server: Server::builder()
            .service(HubServer::new(Arc::clone(hub)))
            .service(VenueServer::new(Arc::clone(house)))
            .limits(of_server)
            .compact(random.bool()),
        client: Builder::builder().limits(of_client).compact(random.bool()),
        is_tight,
    }
}

/// All clients act, each in several tasks.
async fn act(clients: &[Arc<Client>], random: &mut fastrand::Rng) {
    let mut tasks = JoinSet::new();
    let mut index = 0;
    for client in clients {
        for _ in 0..random.u8(1..=3) {
            let steps = random.usize(1..=25);
            tasks.spawn(Task::new(client, index, random).run(steps));
            index += 1;
        }
    }
    while let Some(ended) = tasks.join_next().await {
        ended.expect("a task does not panic");
    }
}

/// Waits until the figures of every session are as expected.
async fn settle(
    clients: &[Arc<Client>],
    house: &House,
    ledger: &Ledger,
    expected: impl AsyncFn() -> Expected,
) {
    let mut wrong = None;
    let settled = timeout(SETTLE, async {
        loop {
            let expected = expected().await;
            wrong = expected.wrong(clients).or_else(|| house.wrong());
            if expected.is_nothing() {
                wrong = wrong.take().or_else(|| ledger.wrong_drop());
            }
            if wrong.is_none() {
                return;
            }
            sleep(Duration::from_millis(2)).await; // there is no event for "nothing happens"
        }
    });
    if settled.await.is_err() {
        ledger.fail(format!("left over: {}", wrong.unwrap_or_default()));
    }
}
