//! Processes that are killed, stopped or told to end, at random points, and what their peers make of it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ringback::{Client, ClientBuilder, ErrorKind, Result, Session};
use ringback_tests::keeper::{Keeper, KeeperClient, Shelf};
use ringback_tests::living::Life;
use ringback_tests::run::run;
use ringback_tests::services::{Idle, Listener};
use ringback_tests::{Living, Over, Serving, until};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

const ROUNDS: usize = 12;
/// Far sooner than a heartbeat of the defaults could find it; what it takes is a moment.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A process at the other end. It is killed when the test lets go of it.
struct Mortal(Child);

impl Mortal {
    fn start(arguments: &[&str]) -> Self {
        let process = Command::new(env!("CARGO_BIN_EXE_mortal"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        Self(process.expect("the program"))
    }

    /// A server, and where it listens.
    fn serve() -> (Self, String) {
        Self::serve_with(&[])
    }

    fn serve_with(arguments: &[&str]) -> (Self, String) {
        let mut server = Self::start(&[&["serve"], arguments].concat());
        let mut output = BufReader::new(server.0.stdout.take().expect("its output"));
        let mut line = String::new();
        output.read_line(&mut line).expect("a line");
        (server, line.trim().to_owned())
    }

    /// As `kill -9`: it can say nothing to anybody.
    fn kill(&mut self) {
        self.0.kill().expect("it can be killed");
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.0.id().to_string()])
            .status();
        assert!(sent.expect("the command `kill`").success());
    }
}

impl Drop for Mortal {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A listener that tells of each call.
#[derive(Clone)]
struct Hears(mpsc::UnboundedSender<()>, #[allow(dead_code)] Life);

impl Listener for Hears {
    async fn changed(&self, _msg: String) -> Result<()> {
        self.0.send(()).ok();
        Ok(())
    }
}

/// Waits for so many calls.
async fn hear(calls: &mut mpsc::UnboundedReceiver<()>, count: usize) {
    for _ in 0..count {
        calls.recv().await.expect("it is called");
    }
}

/// A client in the middle of everything.
struct Busy {
    client: Client,
    calls: Vec<JoinHandle<ringback::Error>>,
    objects: Living,
    heard: mpsc::UnboundedReceiver<()>,
}

impl Busy {
    async fn with(address: &str, client: ClientBuilder) -> Self {
        let client = client.connect(address).await.expect("the server");
        let keeper: KeeperClient = client.service();
        let objects = Living::default();
        let (sender, heard) = mpsc::unbounded_channel();
        let mut calls = Vec::new();
        for _ in 0..10 {
            keeper
                .keep(Hears(sender.clone(), objects.one()))
                .await
                .expect("it is kept");
            let (keeper, object) = (keeper.clone(), Idle(objects.one()));
            calls.push(tokio::spawn({
                let keeper = keeper.clone();
                async move { keeper.hang(object).await.unwrap_err() }
            }));
            calls.push(tokio::spawn(async move {
                loop {
                    if let Err(error) = keeper.ignore(async |_msg: String| Ok(())).await {
                        return error;
                    }
                }
            }));
        }
        Self {
            client,
            calls,
            objects,
            heard,
        }
    }

    /// Every call has failed within that time, and nothing is left.
    async fn ends_within(self, time: Duration) {
        self.ends_with(ErrorKind::Closed, time).await;
    }

    async fn ends_with(self, kind: ErrorKind, time: Duration) {
        let start = Instant::now();
        for call in self.calls {
            let error = call.await.unwrap();
            assert_eq!(error.kind(), kind, "{error}");
        }
        let took = start.elapsed();
        assert!(took < time, "{took:?}");
        self.objects.none().await;
        ringback_tests::until::idle(&self.client.session()).await;
    }
}

#[test]
fn a_server_that_is_killed_is_noticed_at_once() {
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..ROUNDS {
        let after = random.usize(0..300);
        run(async move {
            let (mut server, address) = Mortal::serve();
            let mut busy = Busy::with(&address, Client::builder()).await;
            hear(&mut busy.heard, after).await;
            server.kill();
            busy.ends_within(AT_ONCE).await;
        });
    }
}

/// For how long sessions wait for a connection, where they do.
const GRACE: Duration = Duration::from_millis(1500);

#[test]
fn a_server_that_is_killed_is_waited_for_until_the_grace_is_over() {
    let mut random = fastrand::Rng::with_seed(4);
    for _ in 0..4 {
        let after = random.usize(0..300);
        run(async move {
            let (mut server, address) = Mortal::serve_with(&["1500"]);
            let mut busy = Busy::with(&address, Client::builder().resume(GRACE)).await;
            hear(&mut busy.heard, after).await;
            let start = Instant::now();
            server.kill();
            busy.ends_with(ErrorKind::SessionLost, GRACE + AT_ONCE)
                .await;
            assert!(start.elapsed() >= GRACE, "{:?}", start.elapsed());
        });
    }
}

#[test]
fn a_server_that_stops_is_given_up_after_the_heartbeat_and_the_grace() {
    run(async move {
        let (server, address) = Mortal::serve_with(&["1500"]);
        let impatient = Client::builder()
            .resume(GRACE)
            .heartbeat(Duration::from_millis(500))
            .heartbeat_misses(2);
        let mut busy = Busy::with(&address, impatient).await;
        hear(&mut busy.heard, 100).await;
        server.signal("STOP");
        // A second and a half of silence, and the grace: its kernel takes connections, and it does not answer.
        let promise = GRACE + Duration::from_millis(1500);
        busy.ends_with(ErrorKind::SessionLost, promise + AT_ONCE)
            .await;
    });
}

#[test]
fn a_server_that_is_killed_and_comes_back_knows_of_nothing() {
    run(async move {
        let (mut server, address) = Mortal::serve_with(&["30000"]);
        let grace = Duration::from_secs(30);
        let mut busy = Busy::with(&address, Client::builder().resume(grace)).await;
        hear(&mut busy.heard, 100).await;
        server.kill();
        // Another one takes its port.
        let again = loop {
            let again = Shelf::serve().1.resume(grace).bind(address.clone());
            match again.await {
                Ok(again) => break again,
                Err(_) => tokio::task::yield_now().await, // the killed one is not quite gone
            }
        };
        let handle = again.handle();
        tokio::spawn(again.run());
        busy.ends_with(ErrorKind::SessionLost, AT_ONCE).await;
        handle.close();
    });
}

#[test]
fn a_server_that_stops_is_noticed_by_the_heartbeat() {
    let mut random = fastrand::Rng::with_seed(2);
    for _ in 0..3 {
        let after = random.usize(0..300);
        run(async move {
            let (server, address) = Mortal::serve();
            // Silent for 1.5 s: that is the promise.
            let impatient = Client::builder()
                .heartbeat(Duration::from_millis(500))
                .heartbeat_misses(2);
            let mut busy = Busy::with(&address, impatient).await;
            hear(&mut busy.heard, after).await;
            let start = Instant::now();
            server.signal("STOP");
            let session = busy.client.session().clone();
            busy.ends_within(Duration::from_millis(1500) + AT_ONCE)
                .await;
            let took = start.elapsed();
            assert!(took > Duration::from_secs(1), "{took:?}");
            let why = session.closed().await;
            assert!(why.to_string().contains("silent"), "{why}");
        });
    }
}

/// What a server has of a client that is in the middle of everything: calls to serve that never end, and
/// callbacks that are not answered.
async fn client_dies(
    serving: &Serving,
    shelf: &Shelf,
    after: usize,
    grace: Duration,
    dies: impl FnOnce(&mut Mortal),
) {
    let address = serving.address().to_string();
    let mut arguments = vec!["call", &address];
    if !grace.is_zero() {
        arguments.push("1500");
    }
    let mut client = Mortal::start(&arguments);
    until("it has left its listeners", || shelf.len() == 10).await;
    let session: Session = serving.handle().sessions().remove(0);
    let calls: Vec<_> = (0..20)
        .map(|no| {
            let listener = shelf.kept.lock().unwrap()[no % 10].clone();
            tokio::spawn(async move { listener.changed("news".into()).await.unwrap_err() })
        })
        .collect();
    until("its calls hang", || session.stats().calls_served >= 10).await;
    for _ in 0..after {
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    dies(&mut client);
    for call in calls {
        let error = call.await.unwrap();
        let kind = match grace {
            Duration::ZERO => ErrorKind::Closed,
            _ => ErrorKind::SessionLost,
        };
        assert_eq!(error.kind(), kind, "{error}");
    }
    let took = start.elapsed();
    assert!(took >= grace && took < grace + AT_ONCE, "{took:?}");
    until("it has no session", || {
        serving.handle().sessions().is_empty()
    })
    .await;
    assert!(shelf.kept.lock().unwrap().iter().all(|it| it.is_closed()));
    shelf.clear();
    ringback_tests::until::idle(&session).await;
}

#[test]
fn a_client_that_is_killed_is_noticed_at_once() {
    run(async {
        let mut random = fastrand::Rng::with_seed(3);
        let (shelf, server) = Shelf::serve();
        let serving = Serving::start(Over::Tcp, server).await;
        for _ in 0..ROUNDS {
            let after = random.usize(0..1000);
            client_dies(&serving, &shelf, after, Duration::ZERO, Mortal::kill).await;
        }
    });
}

#[test]
fn a_client_that_is_killed_is_waited_for_until_the_grace_is_over() {
    run(async {
        let mut random = fastrand::Rng::with_seed(5);
        let (shelf, server) = Shelf::serve();
        let serving = Serving::start(Over::Tcp, server.resume(GRACE)).await;
        for _ in 0..4 {
            let after = random.usize(0..1000);
            client_dies(&serving, &shelf, after, GRACE, Mortal::kill).await;
        }
    });
}

#[test]
fn a_client_that_stops_is_noticed_by_the_heartbeat() {
    run(async {
        let (shelf, server) = Shelf::serve();
        let server = server
            .heartbeat(Duration::from_millis(500))
            .heartbeat_misses(2);
        let serving = Serving::start(Over::Tcp, server).await;
        for _ in 0..3 {
            client_dies(&serving, &shelf, 100, Duration::ZERO, |client| {
                client.signal("STOP");
            })
            .await;
        }
    });
}

/// A listener whose calls end when they are told to.
struct Waits(Arc<Notify>, Arc<Notify>);

impl Listener for Waits {
    async fn changed(&self, _msg: String) -> Result<()> {
        self.0.notify_one();
        self.1.notified().await;
        Ok(())
    }
}

/// A server with a call in flight, inside of which it calls back.
async fn in_flight(address: &str) -> (KeeperClient, JoinHandle<Result<()>>, Arc<Notify>) {
    let keeper = KeeperClient::connect(address.to_owned()).await.unwrap();
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let call = tokio::spawn({
        let (keeper, listener) = (keeper.clone(), Waits(begun.clone(), go_on.clone()));
        async move { keeper.tell(listener, "hello".into()).await }
    });
    begun.notified().await;
    (keeper, call, go_on)
}

async fn until_it_leaves(keeper: &KeeperClient) {
    let error = loop {
        if let Err(error) = keeper.kept().await {
            break error;
        }
    };
    assert_eq!(error.kind(), ErrorKind::Closed);
    let text = error.to_string();
    assert!(text.contains("the server is shutting down"), "{text}");
}

#[test]
fn a_server_that_is_told_to_end_drains() {
    for signal in ["TERM", "INT"] {
        run(async move {
            let (mut server, address) = Mortal::serve();
            let (keeper, call, go_on) = in_flight(&address).await;
            server.signal(signal);
            until_it_leaves(&keeper).await;
            assert!(!call.is_finished());
            assert!(server.0.try_wait().unwrap().is_none(), "it did not wait");
            let refused = Client::builder().connect(address).await.unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::Connect);
            go_on.notify_one();
            call.await.unwrap().unwrap();
            let status = tokio::task::spawn_blocking(move || server.0.wait());
            assert!(status.await.unwrap().unwrap().success());
        });
    }
}

#[test]
fn a_server_that_is_told_twice_ends_at_once() {
    run(async {
        let (mut server, address) = Mortal::serve();
        let (keeper, call, _go_on) = in_flight(&address).await;
        server.signal("TERM");
        until_it_leaves(&keeper).await;
        let start = Instant::now();
        server.signal("TERM");
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed);
        let status = tokio::task::spawn_blocking(move || server.0.wait());
        assert!(status.await.unwrap().unwrap().success());
        let took = start.elapsed();
        assert!(took < AT_ONCE, "{took:?}");
    });
}
