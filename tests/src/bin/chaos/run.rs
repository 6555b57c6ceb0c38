//! The run: a server, clients, a proxy for each of them, and one who sees that it goes on.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringback::{
    Client, ClientBuilder, Server, ServerBuilder, ServerHandle, SessionEvent, SessionEvents, Stats,
};
use tokio::runtime;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::Arguments;
use crate::client::live;
use crate::course::Course;
use crate::ledger::Ledger;
use crate::proxy::Proxy;
use crate::radio::{RadioServer, Sender};
use crate::report::Report;
use crate::tally::Tally;

/// How many heartbeats stay unanswered before the link counts as broken.
const MISSES: u32 = 2;
/// How long nothing may arrive, beyond the grace, before the run is given up.
const STUCK: Duration = Duration::from_secs(30);
/// How long what is left may take to go.
const SETTLE: Duration = Duration::from_secs(20);

/// Runs it all.
pub fn run(arguments: &Arguments) -> Report {
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .expect("a runtime");
    let report = runtime.block_on(chaos(arguments));
    runtime.shutdown_background();
    report
}

async fn chaos(arguments: &Arguments) -> Report {
    let began = Instant::now();
    let tally = Arc::<Tally>::default();
    let clients = arguments.clients;
    let share = |of: u64, index: u64| of / clients + u64::from(index < of % clients);
    let ledgers: Vec<_> = (0..clients)
        .map(|index| {
            let (events, calls) = (
                share(arguments.events, index),
                share(arguments.calls, index),
            );
            Arc::new(Ledger::new(index as usize, events, calls))
        })
        .collect();
    let courses: Vec<_> = (0..)
        .zip(&ledgers)
        .map(|(index, ledger)| {
            let seed = arguments.seed.wrapping_mul(1000) + index;
            Course::new(seed, share(arguments.cuts, index), ledger, &tally)
        })
        .collect();

    let sender = Arc::new(Sender::new(&ledgers));
    let server = server(arguments, &sender)
        .bind("127.0.0.1:0")
        .await
        .expect("a free port");
    let handle = server.handle();
    let mut serving = JoinSet::new();
    let counting = count(handle.events(), Arc::clone(&tally));
    serving.spawn(async move {
        let _ = tokio::join!(server.run(), counting);
    });

    let mut proxies = Vec::new();
    let mut living = JoinSet::new();
    for (seed, (course, ledger)) in (arguments.seed..).zip(courses.iter().zip(&ledgers)) {
        let proxy = Proxy::start(Arc::clone(course), handle.local_addr()).await;
        let proxy = proxy.expect("a free port");
        living.spawn(live(
            Arc::clone(ledger),
            client(arguments),
            proxy.address,
            seed,
        ));
        proxies.push(proxy);
    }
    let mut connected = Vec::new();
    tokio::select! {
        () = watch(&ledgers, Duration::from_secs(arguments.grace) + STUCK) => {}
        () = async { while let Some(ended) = living.join_next().await { connected.extend(ended) } } => {}
    }
    // If something is stuck the ledgers know by now, and the clients end.
    while let Ok(Some(ended)) = timeout(SETTLE, living.join_next()).await {
        connected.extend(ended);
    }
    let took = began.elapsed();
    let connected: Vec<_> = connected.into_iter().flatten().collect();
    let grace = arguments.resume().unwrap_or_default();
    let left_over = settle(&handle, connected, &sender, &ledgers, grace).await;
    Report {
        took,
        left_over,
        cuts_left: courses.iter().map(|course| course.left()).sum(),
        ledgers,
        tally,
    }
}

/// Counts what the server tells of its sessions.
async fn count(mut events: SessionEvents, tally: Arc<Tally>) {
    while let Some(event) = events.next().await {
        match event {
            SessionEvent::Resumed { .. } => tally.told_resumed.add(),
            SessionEvent::Lost { .. } => tally.told_lost.add(),
            _ => {}
        }
    }
}

fn server(arguments: &Arguments, sender: &Arc<Sender>) -> ServerBuilder {
    let server = Server::builder()
        .service(RadioServer::new(Arc::clone(sender)))
        .heartbeat(Duration::from_millis(arguments.heartbeat))
        .heartbeat_misses(MISSES);
    match arguments.resume() {
        Some(grace) => server.resume(grace),
        None => server,
    }
}

fn client(arguments: &Arguments) -> ClientBuilder {
    let client = Client::builder()
        .heartbeat(Duration::from_millis(arguments.heartbeat))
        .heartbeat_misses(MISSES);
    match arguments.resume() {
        Some(grace) => client.resume(grace),
        None => client,
    }
}

/// Returns when nothing has arrived anywhere for so long; prints now and then where things stand.
async fn watch(ledgers: &[Arc<Ledger>], patience: Duration) {
    const PRINTED: Duration = Duration::from_secs(10);
    let arrived = || -> u64 {
        ledgers
            .iter()
            .flat_map(|ledger| ledger.rows())
            .map(|row| row.arrived())
            .sum()
    };
    let (mut before, mut since) = (arrived(), Instant::now());
    let mut printed = Instant::now();
    loop {
        sleep(Duration::from_millis(500)).await;
        if arrived() != before {
            (before, since) = (arrived(), Instant::now());
        }
        if printed.elapsed() >= PRINTED {
            printed = Instant::now();
            println!("{before} arrived");
        }
        if since.elapsed() >= patience {
            break;
        }
    }
    for ledger in ledgers {
        if !ledger.is_complete() {
            println!("stuck: {}", ledger.state());
            ledger.fail(format!("nothing arrived for {patience:?}"));
        }
    }
    pending::<()>().await;
}

/// Lets everything go, and counts what stays: first in the tables of both ends, then sessions and objects.
async fn settle(
    server: &ServerHandle,
    clients: Vec<Client>,
    sender: &Sender,
    ledgers: &[Arc<Ledger>],
    grace: Duration,
) -> u64 {
    let in_tables = || {
        let near = clients.iter().map(|client| client.session().stats());
        let far = server.sessions().into_iter().map(|session| session.stats());
        near.chain(far).map(|stats| entries(&stats)).sum::<u64>()
    };
    // After a failure much may be left, and nobody waits for it to go.
    let has_failed = ledgers.iter().any(|ledger| ledger.has_failed());
    let (patience, grace) = match has_failed {
        true => (Duration::ZERO, Duration::ZERO),
        false => (SETTLE, grace),
    };
    let in_tables = falls_to_zero(patience, in_tables).await;
    if in_tables > 0 && !has_failed {
        for client in &clients {
            println!("left with a client: {:?}", client.session().stats());
        }
        for session in server.sessions() {
            println!("left with the server: {:?}", session.stats());
        }
    }
    drop(clients);
    let rest = || {
        let objects: u64 = ledgers.iter().map(|ledger| ledger.left_over()).sum();
        objects + (server.sessions().len() + sender.held()) as u64
    };
    // The last word of a client whose link was just broken does not arrive; then its session waits out its grace.
    let left = in_tables + falls_to_zero(patience + grace, rest).await;
    if left > in_tables {
        let sessions = server.sessions().len();
        println!(
            "left at the end: {sessions} sessions, {} clients tuned in",
            sender.held()
        );
    }
    left
}

fn entries(stats: &Stats) -> u64 {
    let entries = stats.calls_in_flight + stats.calls_served + stats.exported + stats.imported;
    (entries + stats.queued_bytes) as u64
}

/// Waits until nothing is left, and tells what is left if that does not come.
async fn falls_to_zero(patience: Duration, left: impl Fn() -> u64) -> u64 {
    let began = Instant::now();
    while left() > 0 && began.elapsed() < patience {
        sleep(Duration::from_millis(10)).await; // nothing announces it
    }
    left()
}
