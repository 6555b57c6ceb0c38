//! How a client comes to its next connection: what it does when that is hard.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ringback::testing::{Link, Network};
use ringback::{Client, ErrorKind, Result, Server, ServerHandle, SessionEvent, service};
use ringback_tests::road::Road;
use tokio::time::Instant;

#[service]
trait Echo {
    async fn echo(&self, number: u32) -> Result<u32>;
}

struct Plain;

impl Echo for Plain {
    async fn echo(&self, number: u32) -> Result<u32> {
        Ok(number)
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

fn serve(network: &Network) -> ServerHandle {
    let server = Server::builder()
        .resume(30 * SECOND)
        .service(EchoServer::new(Plain))
        .listen(network.listen("echo"));
    let handle = server.handle();
    tokio::spawn(server.run());
    handle
}

#[tokio::test(start_paused = true)]
async fn a_panic_while_it_connects_is_an_attempt_that_failed() {
    for resumes in [true, false] {
        let network = Network::new(1);
        let server = serve(&network);
        let link = network.link();
        let attempts = Arc::<AtomicU32>::default();
        let mut client = Client::builder().on_session(async |_| Ok(()));
        if resumes {
            client = client.resume(30 * SECOND);
        }
        let client = client.connect_with({
            let (link, attempts) = (link.clone(), Arc::clone(&attempts));
            async move || match attempts.fetch_add(1, Ordering::SeqCst) {
                1 | 2 => panic!("no connection today"),
                _ => link.connect("echo").await,
            }
        });
        let client = client.await.unwrap();
        let first = client.session().id();
        let echo = client.service::<EchoClient>();
        let mut events = client.events();
        link.cut();
        link.heal();
        loop {
            let event = tokio::time::timeout(10 * SECOND, events.next()).await;
            match event.expect("the client goes on").expect("an event") {
                SessionEvent::Resumed { .. } | SessionEvent::Connected { .. } => break,
                _ => {}
            }
        }
        tokio::time::sleep(MS).await;
        assert_eq!(echo.echo(1).await.unwrap(), 1);
        assert_eq!(client.session().id() == first, resumes);
        assert_eq!(attempts.load(Ordering::SeqCst), 4);
        server.close();
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_at_the_first_connection_is_told() {
    let client = Client::builder().resume(SECOND);
    let connect = async || -> std::io::Result<tokio::io::Empty> { panic!("no connection today") };
    let error = client.connect_with(connect).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connect);
    assert!(error.to_string().contains("no connection today"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_panic_of_on_session_is_a_session_that_is_begun_again() {
    let network = Network::new(1);
    let server = serve(&network);
    let link = network.link();
    let begun = Arc::<AtomicU32>::default();
    let counts = Arc::clone(&begun);
    let client =
        Client::builder().on_session(async move |_| match counts.fetch_add(1, Ordering::SeqCst) {
            1 | 2 => panic!("not this one"),
            _ => Ok(()),
        });
    let client = client.connect_with({
        let link = link.clone();
        async move || link.connect("echo").await
    });
    let client = client.await.unwrap();
    let first = client.session().id();
    link.cut();
    link.heal();
    let waits = Instant::now();
    while client.session().id() == first {
        tokio::time::sleep(MS).await;
        assert!(waits.elapsed() < 10 * SECOND, "no new session");
    }
    assert_eq!(begun.load(Ordering::SeqCst), 4);
    assert_eq!(client.service::<EchoClient>().echo(1).await.unwrap(), 1);
    tokio::time::sleep(SECOND).await;
    assert_eq!(server.sessions().len(), 1); // the others were left
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_brings_nothing_on_is_no_reason_to_hurry() {
    // Each connection of a session is cut as soon as it was resumed, before anything of use came.
    let network = Network::new(1);
    let _server = serve(&network);
    let link = network.link();
    let attempts = Arc::<AtomicU32>::default();
    let client = Client::builder().resume(10 * SECOND).connect_with({
        let (link, attempts) = (link.clone(), Arc::clone(&attempts));
        async move || {
            let stream = link.connect("echo").await;
            if attempts.fetch_add(1, Ordering::SeqCst) > 0 {
                let link: Link = link.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(5 * MS).await;
                    link.cut();
                    link.heal();
                });
            }
            stream
        }
    });
    let client = client.await.unwrap();
    let echo = client.service::<EchoClient>();
    echo.echo(1).await.unwrap();
    tokio::time::sleep(2 * SECOND).await;
    link.cut();
    link.heal();
    let broke = Instant::now();
    let why = client.session().closed().await;
    assert_eq!(why.kind(), ErrorKind::SessionLost, "{why}");
    // The grace counts from when the session was last of use.
    assert_eq!(broke.elapsed().as_secs(), 10);
    let attempts = attempts.load(Ordering::SeqCst);
    assert!(attempts < 20, "{attempts} attempts");
}

async fn serve_by_tcp() -> ServerHandle {
    let server = Server::builder()
        .resume(30 * SECOND)
        .service(EchoServer::new(Plain))
        .bind("127.0.0.1:0");
    let server = server.await.unwrap();
    let handle = server.handle();
    tokio::spawn(server.run());
    handle
}

#[tokio::test]
async fn a_session_is_resumed_where_it_is_and_not_at_another_address() {
    let (server, other) = (serve_by_tcp().await, serve_by_tcp().await);
    let mut road = Road::to(server.local_addr()).await;
    let addresses = [road.address(), other.local_addr()];
    let client = Client::builder().resume(30 * SECOND);
    let client = client.connect(addresses).await.unwrap();
    let echo = client.service::<EchoClient>();
    echo.echo(1).await.unwrap();
    let before = server.sessions()[0].peer_addr().unwrap();
    road.close().await;
    let call = tokio::spawn(async move { echo.echo(2).await });
    tokio::time::sleep(200 * MS).await; // attempts at either address would have been made
    road.open().await;
    assert_eq!(call.await.unwrap().unwrap(), 2);
    assert_eq!(client.session().peer_addr(), Some(road.address()));
    // The server sees it at the port that it comes from now.
    let after = server.sessions()[0].peer_addr().unwrap();
    assert_ne!(before, after);
    assert_eq!(other.sessions().len(), 0);
}
