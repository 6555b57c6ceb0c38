//! Who holds something of the peer learns that the peer is gone, and why.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ringback::testing::{Link, Network};
use ringback::transport::memory;
use ringback::{Client, ClientBuilder, ErrorKind, Result, Server, Session, service};
use ringback_tests::keeper::{Keeper, KeeperClient, KeeperServer, Shelf};
use ringback_tests::services::{Idle, Listener, ListenerProxy};
use ringback_tests::{Living, Over, Serving, meet, over_both, until};
use tokio::sync::Notify;

over_both!(
    whoever_waits_is_told_that_the_peer_left,
    nothing_is_closed_before_its_time,
    what_is_called_after_the_end_fails_at_once,
    the_handlers_of_a_peer_that_left_are_ended,
);

/// A listener whose calls hang, and that tells of each.
struct Hangs(
    Arc<Notify>,
    #[allow(dead_code)] ringback_tests::living::Life,
);

impl Listener for Hangs {
    async fn changed(&self, _msg: String) -> Result<()> {
        self.0.notify_one();
        std::future::pending().await
    }
}

async fn whoever_waits_is_told_that_the_peer_left(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let living = Living::default();
    for _ in 0..3 {
        keeper.keep(Idle(living.one())).await.unwrap();
    }
    let mut tasks = Vec::new();
    for listener in shelf.kept.lock().unwrap().iter() {
        for _ in 0..10 {
            let listener = listener.clone();
            tasks.push(tokio::spawn(async move { listener.closed().await }));
        }
    }
    for session in [ends.session.clone(), ends.client.session()] {
        let session = session.clone();
        tasks.push(tokio::spawn(async move { session.closed().await }));
    }
    tokio::task::yield_now().await;
    assert!(tasks.iter().all(|task| !task.is_finished()));
    ends.client.close();
    for task in tasks {
        assert_eq!(task.await.unwrap().kind(), ErrorKind::Closed);
    }
    assert!(
        shelf
            .kept
            .lock()
            .unwrap()
            .iter()
            .all(ListenerProxy::is_closed)
    );
    // Also whoever comes late.
    assert_eq!(shelf.last().closed().await.kind(), ErrorKind::Closed);
    assert!(ends.session.is_closed() && ends.client.session().is_closed());
}

async fn nothing_is_closed_before_its_time(over: Over) {
    let (shelf, server) = Shelf::serve();
    let serving = Serving::start(over, server).await;
    let [one, other] = [
        serving.connect(Client::builder()).await,
        serving.connect(Client::builder()).await,
    ];
    let living = Living::default();
    for ends in [&one, &other] {
        let keeper: KeeperClient = ends.service();
        keeper.keep(Idle(living.one())).await.unwrap();
    }
    one.client.close();
    let (first, second) = {
        let kept = shelf.kept.lock().unwrap();
        (kept[0].clone(), kept[1].clone())
    };
    first.closed().await;
    assert!(!second.is_closed() && !other.session.is_closed());
    second.changed("still there".into()).await.unwrap();
    let local = ListenerProxy::new(Idle(living.one()));
    assert!(!local.is_closed());
    let never = tokio::spawn(async move { local.closed().await });
    second.changed("still there".into()).await.unwrap();
    assert!(!never.is_finished());
}

async fn what_is_called_after_the_end_fails_at_once(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let living = Living::default();
    keeper.keep(Idle(living.one())).await.unwrap();
    ends.session.close();
    ends.session.closed().await;
    ends.client.session().closed().await;

    let error = keeper.kept().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert!(!error.is_remote());
    assert_eq!(
        error.to_string(),
        "`Keeper.kept`: the peer closed the connection"
    );
    let error = keeper.keep_quietly(Idle(living.one())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    let error = shelf.last().changed("gone".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert_eq!(
        error.to_string(),
        "`Listener.changed`: the session was closed by this end"
    );
    living.none().await;
}

async fn the_handlers_of_a_peer_that_left_are_ended(over: Over) {
    let (shelf, server) = Shelf::serve();
    let ends = meet(over, server, Client::builder()).await;
    let keeper: KeeperClient = ends.service();
    let (living, entered) = (Living::default(), Arc::new(Notify::new()));
    // One handler at each end, as a call and as a callback.
    let object = Arc::new(Hangs(entered.clone(), living.one()));
    keeper.keep(object.clone()).await.unwrap();
    let hangs = tokio::spawn({
        let keeper = keeper.clone();
        async move { keeper.hang(object).await }
    });
    shelf.hangs.notified().await;
    let listener = shelf.last();
    let back = tokio::spawn(async move { listener.changed("hang".into()).await });
    entered.notified().await;
    ends.client.close();
    assert_eq!(hangs.await.unwrap().unwrap_err().kind(), ErrorKind::Closed);
    assert_eq!(back.await.unwrap().unwrap_err().kind(), ErrorKind::Closed);
    shelf.clear();
    living.none().await; // the handlers held it as well
    ends.idle().await;
}

/// Long before a heartbeat could find it.
const AT_ONCE: Duration = Duration::from_secs(1);

/// All that may be waiting for something when the connection is reset.
#[test]
fn calls_in_flight_fail_at_once_when_the_connection_is_reset() {
    ringback_tests::run::run(async {
        let mut limits = ringback::Limits::default();
        limits.max_calls = 8;
        let (shelf, server) = Shelf::serve();
        let serving = Serving::start(Over::Memory, server.limits(limits)).await;
        let link = serving.link();
        let client = Client::builder().limits(limits);
        let ends = serving.connect_over(&link, client).await;
        let keeper: KeeperClient = ends.service();
        let (living, entered) = (Living::default(), Arc::new(Notify::new()));
        keeper
            .keep(Hangs(entered.clone(), living.one()))
            .await
            .unwrap();

        let mut waiting = Vec::new();
        for _ in 0..12 {
            // Eight are sent, four wait for credit; and some of each the other way.
            let (keeper, listener, life) = (keeper.clone(), shelf.last(), living.one());
            waiting.push(tokio::spawn(async move { keeper.hang(Idle(life)).await }));
            waiting.push(tokio::spawn(async move {
                listener.changed("hang".into()).await
            }));
        }
        until("all calls are under way", || {
            let (near, far) = (ends.client.session().stats(), ends.session.stats());
            let in_flight = (near.calls_in_flight, far.calls_in_flight);
            // One object alone does not get all of the credit.
            in_flight == (12, 12) && far.calls_served == 8 && near.calls_served >= 2
        })
        .await;
        for _ in 0..2 {
            let listener = shelf.last();
            waiting.push(tokio::spawn(async move { Err(listener.closed().await) }));
        }

        let reset = Instant::now();
        link.cut();
        for call in waiting {
            let error = call.await.unwrap().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Closed);
        }
        let elapsed = reset.elapsed();
        assert!(elapsed < AT_ONCE, "it took {elapsed:?}");
        shelf.clear();
        living.none().await;
        ends.idle().await;
        until("the server forgets the session", || {
            serving.handle().sessions().is_empty()
        })
        .await;
    });
}

/// Two ends in memory, and the link between them.
async fn over_link(client: ClientBuilder) -> (Link, Arc<Shelf>, Client, Session) {
    let (shelf, server) = Shelf::serve();
    let link = Network::new(1).link();
    let (here, there) = link.pair();
    let server = server.heartbeat(Duration::from_secs(2)).heartbeat_misses(4);
    let (session, client) = tokio::join!(server.serve_io(there), client.connect_io(here));
    (link, shelf, client.unwrap(), session.unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_found_by_the_heartbeat() {
    let heartbeat = Client::builder()
        .heartbeat(Duration::from_secs(3))
        .heartbeat_misses(2);
    let (link, shelf, client, session) = over_link(heartbeat).await;
    let keeper: KeeperClient = client.service();
    let (living, entered) = (Living::default(), Arc::new(Notify::new()));
    keeper
        .keep(Hangs(entered.clone(), living.one()))
        .await
        .unwrap();
    let listener = shelf.last();
    let back = tokio::spawn(async move { listener.changed("hang".into()).await });
    entered.notified().await;
    let silent = tokio::time::Instant::now();
    link.stall();

    // The client pings after 3 s, again after 6, and gives up after 9; the server after 2, 4, 6, 8
    // and 10. Some bytes may just have arrived.
    let found = tokio::spawn({
        let session = client.session();
        async move { (session.closed().await, silent.elapsed()) }
    });
    let hang = keeper.hang(Idle(living.one())).await.unwrap_err();
    assert_eq!(hang.kind(), ErrorKind::Closed);
    assert!(hang.to_string().contains("silent"), "{hang}");
    let (why, after) = found.await.unwrap();
    assert_eq!(why.kind(), ErrorKind::Closed);
    assert!((8.9..9.2).contains(&after.as_secs_f64()), "{after:?}");

    let error = back.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    let after = silent.elapsed().as_secs_f64();
    assert!((9.9..10.2).contains(&after), "{after:?}");
    assert!(session.is_closed());
    shelf.clear();
    living.none().await;
}

/// The promise of the defaults: 5 seconds, three misses.
#[tokio::test(start_paused = true)]
async fn a_silent_peer_is_found_within_twenty_seconds_by_default() {
    let (link, _shelf, client, _session) = over_link(Client::builder()).await;
    let silent = tokio::time::Instant::now();
    link.stall();
    let error = client.session().closed().await;
    assert_eq!(error.kind(), ErrorKind::Closed);
    let after = silent.elapsed().as_secs_f64();
    assert!((19.9..20.2).contains(&after), "{after:?}");
}

#[tokio::test(start_paused = true)]
async fn an_idle_peer_that_answers_pings_is_kept() {
    let (_link, _shelf, client, session) = over_link(Client::builder()).await;
    let start = tokio::time::Instant::now();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(!client.session().is_closed() && !session.is_closed());
    let keeper: KeeperClient = client.service();
    assert!(keeper.kept().await.unwrap().is_empty());
    assert!(start.elapsed() >= Duration::from_secs(3600));
}

#[tokio::test(start_paused = true)]
async fn without_a_heartbeat_silence_is_not_noticed() {
    let server = Server::builder()
        .service(KeeperServer::new(Shelf::default()))
        .heartbeat(Duration::ZERO);
    let link = Network::new(1).link();
    let (here, there) = link.pair();
    let client = Client::builder().heartbeat(Duration::ZERO);
    let (session, client) = tokio::join!(server.serve_io(there), client.connect_io(here));
    let (session, client) = (session.unwrap(), client.unwrap());
    link.stall();
    tokio::time::sleep(Duration::from_secs(86_400)).await;
    assert!(!client.session().is_closed() && !session.is_closed());
}

#[tokio::test]
async fn the_end_of_a_server_closes_its_sessions() {
    let (_shelf, server) = Shelf::serve();
    let server = server.bind("127.0.0.1:0").await.unwrap();
    let (address, handle) = (server.local_addr(), server.handle());
    let running = tokio::spawn(server.run());
    let clients = [
        Client::builder().connect(address).await.unwrap(),
        Client::builder().connect(address).await.unwrap(),
    ];
    handle.close();
    running.await.unwrap().unwrap();
    for client in clients {
        assert_eq!(client.session().closed().await.kind(), ErrorKind::Closed);
    }
    until("no session is left", || handle.sessions().is_empty()).await;
    let error = Client::builder().connect(address).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains(&address.to_string()), "{error}");
}

/// The runtime of one end goes away with all that ran on it.
#[test]
fn the_end_of_a_runtime_ends_its_sessions() {
    #[service]
    trait Sleepy {
        async fn sleep(&self) -> Result<()>;
    }
    struct Sleeps(Arc<Notify>);
    impl Sleepy for Sleeps {
        async fn sleep(&self) -> Result<()> {
            self.0.notify_one();
            std::future::pending().await
        }
    }

    let runtime = tokio::runtime::Runtime::new().unwrap();
    ringback_tests::run::run(async move {
        let (here, there) = memory::pair();
        let entered = Arc::new(Notify::new());
        let server = Server::builder().service(SleepyServer::new(Sleeps(entered.clone())));
        let serving = runtime.spawn(async move { server.serve_io(there).await });
        let client = Client::builder().connect_io(here).await.unwrap();
        let session = serving.await.unwrap().unwrap();
        let sleepy: SleepyClient = client.service();
        let call = tokio::spawn(async move { sleepy.sleep().await });
        entered.notified().await;
        runtime.shutdown_background();
        let kind = call.await.unwrap().unwrap_err().kind();
        // The handler's task may have ended a moment before the connection's.
        assert!(
            matches!(kind, ErrorKind::Closed | ErrorKind::Cancelled),
            "{kind:?}"
        );
        assert_eq!(session.closed().await.kind(), ErrorKind::Closed);
    });
}
