//! A server under attack, and the one who has nothing to do with it.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use ringback::{Client, Error, Result, Server, ServerBuilder, ServerHandle, service};
use ringback_tests::keeper::{KeeperServer, Shelf};
use ringback_tests::run::run;
use ringback_tests::{Over, Serving, until};

use crate::MEMORY;

#[service]
pub(crate) trait Target {
    async fn echo(&self, text: String) -> Result<String>;
    async fn sum(&self, numbers: Vec<u64>) -> Result<u64>;
    async fn hang(&self) -> Result<()>;
    async fn hang_over(&self, text: &str) -> Result<()>;
    #[oneway]
    async fn hang_quietly(&self) -> Result<()>;
}

struct Plain;

impl Target for Plain {
    async fn echo(&self, text: String) -> Result<String> {
        Ok(text)
    }

    async fn sum(&self, numbers: Vec<u64>) -> Result<u64> {
        Ok(numbers.iter().sum())
    }

    async fn hang(&self) -> Result<()> {
        std::future::pending().await
    }

    async fn hang_over(&self, text: &str) -> Result<()> {
        std::future::pending::<()>().await;
        Err(Error::application(text))
    }

    async fn hang_quietly(&self) -> Result<()> {
        std::future::pending().await
    }
}

/// Calls of the bystander in one measurement.
const CALLS: usize = 200;
/// Below this, a slower call is noise of the machine and not the attacker's doing.
const FLOOR: Duration = Duration::from_millis(10);
/// How often an unlucky measurement is repeated.
const ATTEMPTS: usize = 8;
/// What may be allocated for an attack while it is under way, beside what its limits allow.
const ROOM: usize = 24 << 20;
/// What may stay: buffers that are kept, and the like.
const KEPT: usize = 1 << 20;

/// Where an attacker finds the server. The handle is for looking at what becomes of his session.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    pub(crate) handle: ServerHandle,
}

/// An honest peer that is busy all the time, before the attack as well as during it: the server has other
/// work to do, and the attacker may not cost the bystander more than that does.
async fn work(target: TargetClient, stopped: Arc<AtomicBool>) {
    while !stopped.load(Ordering::SeqCst) {
        let calls = (0..8).map(|_| target.echo("x".repeat(1000)));
        for answer in join_all(calls).await {
            answer.expect("it is served");
        }
    }
}

/// Attacks a server for as long as it takes to see that nobody else notices. The attack checks for itself
/// that it fails as it has to.
pub(crate) fn withstands<A, F>(server: impl FnOnce(ServerBuilder) -> ServerBuilder, attack: A)
where
    A: Fn(Place) -> F + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    /// All that is allocated is counted, so there is one attack at a time.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let server = server(
        Server::builder()
            .service(TargetServer::new(Plain))
            .service(KeeperServer::new(Shelf::default())),
    );
    run(async {
        let serving = Serving::start(Over::Tcp, server).await;
        let bystander = serving.connect(Client::builder()).await;
        let target: TargetClient = bystander.service();
        let worker = serving.connect(Client::builder()).await;
        let stopped = Arc::<AtomicBool>::default();
        let working = tokio::spawn(work(worker.service(), stopped.clone()));
        let place = Place {
            address: serving.address(),
            handle: serving.handle().clone(),
        };
        attack(place.clone()).await; // whatever is set up once is there
        alone(&serving).await;
        let flat = MEMORY.allocated();
        let attack = Arc::new(attack);
        let (mut before, mut during) = (Vec::new(), Vec::new());
        while before.len() < ATTEMPTS {
            before.push(p99(&target, || false).await.0);
            let attacker = Attacker::start(Arc::clone(&attack), place.clone());
            let (slowest, peak) = p99(&target, || attacker.rounds() == 0).await;
            attacker.stop().await;
            during.push(slowest);
            let room = peak.saturating_sub(flat);
            assert!(room < ROOM, "{room} bytes under attack");
            if is_as_fast(&before, &during) {
                break;
            }
        }
        assert!(
            is_as_fast(&before, &during),
            "the bystander's calls, before {before:?} and during {during:?}"
        );
        alone(&serving).await;
        stopped.store(true, Ordering::SeqCst);
        working.await.expect("the honest peer is served");
        bystander.idle().await;
        worker.idle().await;
        until("memory is as before", || MEMORY.allocated() < flat + KEPT).await;
    });
}

/// Whether the attack makes no difference beyond the noise, of which there may be much where many tests run
/// at a time: it is enough that one measurement of several says so.
fn is_as_fast(before: &[Duration], during: &[Duration]) -> bool {
    let before = before.iter().copied().max().unwrap_or_default();
    during.iter().any(|&during| during <= FLOOR.max(before * 2))
}

/// Waits until there are no other sessions than those of the honest.
async fn alone(serving: &Serving) {
    until("the attackers are gone", || {
        serving.handle().sessions().len() == 2
    })
    .await;
}

/// What 99 of 100 calls take at most, and what was allocated at most meanwhile. It goes on while `more`.
async fn p99(target: &TargetClient, more: impl Fn() -> bool) -> (Duration, usize) {
    let mut times = Vec::with_capacity(CALLS);
    let mut peak = 0;
    while times.len() < CALLS || more() {
        let start = Instant::now();
        assert_eq!(target.echo("hello".into()).await.unwrap(), "hello");
        times.push(start.elapsed());
        peak = peak.max(MEMORY.allocated());
    }
    times.sort_unstable();
    (times[times.len() * 99 / 100], peak)
}

/// Repeats an attack until it is stopped.
struct Attacker {
    stopped: Arc<AtomicBool>,
    rounds: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Attacker {
    fn start<A, F>(attack: Arc<A>, place: Place) -> Self
    where
        A: Fn(Place) -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        let (stopped, rounds) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let task = tokio::spawn({
            let (stopped, rounds) = (stopped.clone(), rounds.clone());
            async move {
                while !stopped.load(Ordering::SeqCst) {
                    attack(place.clone()).await;
                    rounds.fetch_add(1, Ordering::SeqCst);
                }
            }
        });
        Self {
            stopped,
            rounds,
            task,
        }
    }

    /// How often the attack has ended as it has to. An attack that failed to counts, too, for its failure to
    /// be seen.
    fn rounds(&self) -> usize {
        self.rounds.load(Ordering::SeqCst) + usize::from(self.task.is_finished())
    }

    async fn stop(self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.task.await.expect("the attack ends as it has to");
    }
}
