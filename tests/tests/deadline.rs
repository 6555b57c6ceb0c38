//! How long a call may take: told by the caller or the trait, and passed on to what it calls.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use ringback::transport::memory;
use ringback::{Client, ErrorKind, Result, Server, context, service};
use ringback_tests::{Ends, Living, Over, meet, over_both};
use tokio::time::Instant;

over_both!(
    a_call_that_takes_too_long_fails_and_is_ended,
    a_deadline_reaches_the_callbacks_made_inside,
    without_a_deadline_there_is_none,
);

#[service]
trait Errand {
    /// Waits for so long, or for ever.
    async fn wait(&self, millis: Option<u64>) -> Result<()>;
    /// Nobody cancels it.
    #[oneway]
    #[timeout("4s")]
    async fn wait_quietly(&self) -> Result<()>;
    #[timeout("3s")]
    async fn wait_with_default(&self, millis: Option<u64>) -> Result<()>;
    /// Asks each of its helps, one after the other, how much time it has.
    async fn delegate(&self, #[callback] help: impl Help, millis: u64) -> Result<Vec<Option<u64>>>;
    async fn time_left(&self) -> Result<Option<u64>>;
}

#[service]
trait Help {
    async fn time_left(&self) -> Result<Option<u64>>;
    #[timeout("2s")]
    async fn time_left_by_default(&self) -> Result<Option<u64>>;
    #[timeout("2s")]
    async fn never(&self) -> Result<()>;
}

fn time_left() -> Option<u64> {
    context().time_left().map(|left| left.as_millis() as u64)
}

#[derive(Default)]
struct Runs {
    handlers: Living,
    begun: tokio::sync::Notify,
}

impl Errand for Runs {
    async fn wait(&self, millis: Option<u64>) -> Result<()> {
        let _life = self.handlers.one();
        match millis {
            None => pending().await,
            Some(millis) => {
                tokio::time::sleep(Duration::from_millis(millis)).await;
                Ok(())
            }
        }
    }

    async fn wait_quietly(&self) -> Result<()> {
        self.begun.notify_one();
        self.wait(None).await
    }

    async fn wait_with_default(&self, millis: Option<u64>) -> Result<()> {
        self.wait(millis).await
    }

    async fn delegate(&self, help: impl Help, millis: u64) -> Result<Vec<Option<u64>>> {
        let first = help.time_left().await?;
        tokio::time::sleep(Duration::from_millis(millis)).await;
        Ok(vec![
            first,
            help.time_left().await?,
            help.time_left_by_default().await?,
        ])
    }

    async fn time_left(&self) -> Result<Option<u64>> {
        Ok(time_left())
    }
}

#[derive(Default)]
struct Helps {
    handlers: Living,
}

impl Help for Helps {
    async fn time_left(&self) -> Result<Option<u64>> {
        Ok(time_left())
    }

    async fn time_left_by_default(&self) -> Result<Option<u64>> {
        Ok(time_left())
    }

    async fn never(&self) -> Result<()> {
        let _life = self.handlers.one();
        pending().await
    }
}

async fn errand(over: Over) -> (Arc<Runs>, ErrandClient, Ends) {
    let runs = Arc::<Runs>::default();
    let server = Server::builder().service(ErrandServer::new(runs.clone()));
    let ends = meet(over, server, Client::builder()).await;
    (runs, ends.service(), ends)
}

async fn a_call_that_takes_too_long_fails_and_is_ended(over: Over) {
    let (runs, errand, ends) = errand(over).await;
    let hasty = errand.with_timeout(Duration::from_millis(30));
    let error = hasty.wait(None).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.to_string().contains("`Errand.wait`"), "{error}");
    runs.handlers.none().await;
    hasty.time_left().await.unwrap();
    ends.idle().await;
}

async fn a_deadline_reaches_the_callbacks_made_inside(over: Over) {
    let (_, errand, ends) = errand(over).await;
    let long = errand.with_timeout(Duration::from_secs(100));
    let left = long.delegate(Helps::default(), 50).await.unwrap();
    let left: Vec<u64> = left.into_iter().flatten().collect();
    assert_eq!(left.len(), 3);
    assert!((90_000..=100_000).contains(&left[0]), "{left:?}");
    assert!(left[1] + 40 <= left[0], "time has passed: {left:?}");
    assert!(left[2] <= 2000, "its own is shorter: {left:?}");
    ends.idle().await;
}

async fn without_a_deadline_there_is_none(over: Over) {
    let (_, errand, _ends) = errand(over).await;
    assert_eq!(errand.time_left().await.unwrap(), None);
    let left = errand.delegate(Helps::default(), 0).await.unwrap();
    assert_eq!(left[..2], [None, None]);
    assert!(left[2].is_some());
    assert!(context().deadline().is_none() && context().time_left().is_none());
}

/// In memory, with a clock of its own.
async fn at_rest() -> (Arc<Runs>, ErrandClient, Client, ringback::Session) {
    let runs = Arc::<Runs>::default();
    let (here, there) = memory::pair();
    let server = Server::builder().service(ErrandServer::new(runs.clone()));
    let (session, client) =
        tokio::join!(server.serve_io(there), Client::builder().connect_io(here));
    let (session, client) = (session.unwrap(), client.unwrap());
    (runs, client.service(), client, session)
}

async fn fails_after(call: impl Future<Output = Result<()>>, seconds: f64) {
    let start = Instant::now();
    let error = call.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    let after = start.elapsed().as_secs_f64();
    assert!(
        (seconds..seconds + 0.1).contains(&after),
        "after {after} s: {error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_method_has_a_timeout_that_the_caller_replaces() {
    let (runs, errand, _client, _session) = at_rest().await;
    fails_after(errand.wait_with_default(None), 3.0).await;
    let hasty = errand.with_timeout(Duration::from_secs(1));
    fails_after(hasty.wait_with_default(None), 1.0).await;
    let patient = errand.with_timeout(Duration::from_secs(10));
    fails_after(patient.wait_with_default(None), 10.0).await;
    patient.wait_with_default(Some(9_000)).await.unwrap();
    fails_after(hasty.with_timeout(Duration::from_secs(4)).wait(None), 4.0).await;
    // A call without any takes as long as it takes.
    let start = Instant::now();
    errand.wait(Some(3_600_000)).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(3_600));
    runs.handlers.none().await;
}

/// The deadline alone ends it: its caller is long gone.
#[tokio::test(start_paused = true)]
async fn a_one_way_handler_ends_at_its_deadline() {
    let (runs, errand, client, session) = at_rest().await;
    let start = Instant::now();
    errand.wait_quietly().await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1));
    runs.begun.notified().await;
    runs.handlers.none().await;
    let after = start.elapsed().as_secs_f64();
    assert!((3.9..4.1).contains(&after), "after {after} s");
    ringback_tests::until::idle(&client.session()).await;
    ringback_tests::until::idle(&session).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_left_grows_less_with_time() {
    let (_, errand, _client, _session) = at_rest().await;
    let timed = errand.with_timeout(Duration::from_secs(10));
    let left = timed.delegate(Helps::default(), 7_000).await.unwrap();
    let left: Vec<u64> = left.into_iter().flatten().collect();
    assert!((9_900..=10_000).contains(&left[0]), "{left:?}");
    assert!((2_900..=3_000).contains(&left[1]), "{left:?}");
    assert!((1_900..=2_000).contains(&left[2]), "{left:?}");
    let short = errand.with_timeout(Duration::from_secs(8));
    let left = short.delegate(Helps::default(), 7_000).await.unwrap();
    assert!(
        left[2].unwrap() <= 1_000,
        "the caller's is shorter: {left:?}"
    );
}

/// The handler at the far end learns of it as well, and stops what it has called in turn.
#[tokio::test(start_paused = true)]
async fn a_deadline_ends_the_whole_chain() {
    #[service]
    trait Chain {
        async fn relay(&self, #[callback] help: impl Help) -> Result<()>;
    }
    struct Relays(Living);
    impl Chain for Relays {
        async fn relay(&self, help: impl Help) -> Result<()> {
            let _life = self.0.one();
            help.never().await
        }
    }

    let (here, there) = memory::pair();
    let relays = Living::default();
    let server = Server::builder().service(ChainServer::new(Relays(relays.clone())));
    let (session, client) =
        tokio::join!(server.serve_io(there), Client::builder().connect_io(here));
    let (session, client) = (session.unwrap(), client.unwrap());
    let helps = Arc::<Helps>::default();
    let chain: ChainClient = client.service();
    let hasty = chain.with_timeout(Duration::from_secs(1));
    fails_after(hasty.relay(helps.clone()), 1.0).await;
    relays.none().await;
    helps.handlers.none().await;

    // Where the inner call's own timeout comes first, it is the handler that fails by it.
    let start = Instant::now();
    let error = chain.relay(helps.clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!(error.is_remote());
    assert!(error.to_string().contains("`Help.never`"), "{error}");
    assert!((2.0..2.1).contains(&start.elapsed().as_secs_f64()));
    ringback_tests::until::idle(&client.session()).await;
    ringback_tests::until::idle(&session).await;
}

/// It counts from when the call is made, not from when there is room to send it.
#[tokio::test(start_paused = true)]
async fn a_deadline_counts_while_a_call_waits_for_credit() {
    let mut limits = ringback::Limits::default();
    limits.max_calls = 1;
    let (here, there) = memory::pair();
    let runs = Arc::<Runs>::default();
    let server = Server::builder()
        .service(ErrandServer::new(runs.clone()))
        .limits(limits);
    let (session, client) =
        tokio::join!(server.serve_io(there), Client::builder().connect_io(here));
    let (_session, client) = (session.unwrap(), client.unwrap());
    let errand: ErrandClient = client.service();
    let first = tokio::spawn({
        let errand = errand.clone();
        async move { errand.wait(Some(5_000)).await }
    });
    tokio::task::yield_now().await;
    fails_after(errand.with_timeout(Duration::from_secs(2)).wait(None), 2.0).await;
    let timed = errand.with_timeout(Duration::from_secs(8));
    let left = timed.time_left().await.unwrap().unwrap();
    first.await.unwrap().unwrap();
    assert!(
        (4_900..=5_000).contains(&left),
        "three seconds went by in the line: {left}"
    );
}

/// Both ends see the deadline, and whoever sees it first, the other one is not disturbed.
#[tokio::test(start_paused = true)]
async fn many_calls_may_run_out_of_time_at_once() {
    let (runs, errand, client, session) = at_rest().await;
    let calls = (1..=200).map(async |no: u64| {
        let timed = errand.with_timeout(Duration::from_millis(no % 7 + 1));
        let error = timed.wait(None).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout);
    });
    futures_util::future::join_all(calls).await;
    runs.handlers.none().await;
    ringback_tests::until::idle(&client.session()).await;
    ringback_tests::until::idle(&session).await;
}
