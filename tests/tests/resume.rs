//! Sessions that outlive their connections.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ringback::testing::{Link, Network};
use ringback::{Client, ClientBuilder, ErrorKind, Result, Server, ServerBuilder, ServerHandle};
use ringback::{SessionEvent, service};
use ringback_tests::until::until;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{Notify, mpsc};
use tokio::time::Instant;

#[service]
trait Listener {
    async fn heard(&self, number: u32) -> Result<()>;
}

#[service]
trait Station {
    async fn tune_in(&self, #[callback] listener: impl Listener) -> Result<()>;
    async fn count(&self) -> Result<u32>;
    /// Answers when the test says so.
    async fn wait(&self) -> Result<u32>;
    /// Answers with so many bytes.
    async fn bytes(&self, count: usize) -> Result<Vec<u8>>;
}

#[derive(Default)]
struct Radio {
    listeners: Mutex<Vec<ListenerProxy>>,
    calls: AtomicU32,
    waiting: AtomicU32,
    go: Notify,
}

impl Station for Radio {
    async fn tune_in(&self, listener: impl Listener) -> Result<()> {
        let listener = ListenerProxy::new(listener);
        self.listeners.lock().unwrap().push(listener);
        Ok(())
    }

    async fn count(&self) -> Result<u32> {
        Ok(self.calls.fetch_add(1, Ordering::SeqCst) + 1)
    }

    async fn wait(&self) -> Result<u32> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.go.notified().await;
        self.count().await
    }

    async fn bytes(&self, count: usize) -> Result<Vec<u8>> {
        Ok(vec![7; count])
    }
}

impl Radio {
    fn listener(&self) -> ListenerProxy {
        let listeners = self.listeners.lock().unwrap();
        listeners.last().expect("somebody listens").clone()
    }
}

const GRACE: Duration = Duration::from_secs(10);
const MS: Duration = Duration::from_millis(1);

/// A server in a network of its own.
struct OnAir {
    network: Network,
    radio: Arc<Radio>,
    handle: ServerHandle,
}

impl OnAir {
    fn new() -> Self {
        Self::with(Server::builder().resume(GRACE))
    }

    fn with(server: ServerBuilder) -> Self {
        let network = Network::new(5);
        let (radio, handle) = serve(&network, server);
        Self {
            network,
            radio,
            handle,
        }
    }

    async fn client(&self) -> (Link, Client) {
        let link = self.network.link();
        let client = connect(&link, Client::builder().resume(GRACE)).await;
        (link, client)
    }
}

fn serve(network: &Network, server: ServerBuilder) -> (Arc<Radio>, ServerHandle) {
    let radio = Arc::<Radio>::default();
    let server = server.service(StationServer::new(Arc::clone(&radio)));
    let server = server.listen(network.listen("station"));
    let handle = server.handle();
    tokio::spawn(server.run());
    (radio, handle)
}

async fn connect(link: &Link, client: ClientBuilder) -> Client {
    let link = link.clone();
    let client = client.connect_with(async move || link.connect("station").await);
    client.await.expect("a client")
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_go_on_over_another_connection() {
    let air = OnAir::new();
    let (link, client) = air.client().await;
    let mut events = client.events();
    let station = client.service::<StationClient>();
    let call = tokio::spawn({
        let station = station.clone();
        async move { station.wait().await }
    });
    until("the handler waits", || {
        air.radio.waiting.load(Ordering::SeqCst) == 1
    })
    .await;
    link.cut();
    let made_meanwhile = tokio::spawn(async move { station.count().await });
    air.radio.go.notify_one(); // it is answered while there is no connection
    tokio::time::sleep(MS * 300).await;
    assert!(!call.is_finished() && !made_meanwhile.is_finished());
    link.heal();
    assert_eq!(call.await.unwrap().unwrap(), 1);
    assert_eq!(made_meanwhile.await.unwrap().unwrap(), 2);
    assert!(matches!(
        events.next().await,
        Some(SessionEvent::Resumed { .. })
    ));
    assert_eq!(air.handle.sessions().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn callbacks_go_on_in_their_order() {
    const EVENTS: u32 = 3000;
    let air = OnAir::new();
    let (link, client) = air.client().await;
    let (sender, mut heard) = mpsc::unbounded_channel();
    let listener =
        async move |number: u32| sender.send(number).map_err(ringback::Error::application);
    client
        .service::<StationClient>()
        .tune_in(listener)
        .await
        .unwrap();
    let listener = air.radio.listener();
    let telling = tokio::spawn(async move {
        for number in 0..EVENTS {
            listener.heard(number).await.unwrap();
        }
    });
    let breaking = tokio::spawn(async move {
        link.delay(MS);
        let mut bytes = 40;
        loop {
            bytes = (bytes * 7 + 3) % 400;
            link.cut_after(bytes);
            tokio::time::sleep(MS * 20).await;
            link.heal();
            tokio::time::sleep(MS * 30).await;
        }
    });
    let mut events = client.events();
    for expected in 0..EVENTS {
        assert_eq!(heard.recv().await, Some(expected));
    }
    telling.await.unwrap();
    breaking.abort();
    assert!(heard.try_recv().is_err());
    let mut resumed = 0;
    while let Ok(Some(event)) = tokio::time::timeout(MS, events.next()).await {
        assert!(matches!(event, SessionEvent::Resumed { .. }), "{event:?}");
        resumed += 1;
    }
    assert!(resumed > 20, "{resumed}");
}

#[tokio::test(start_paused = true)]
async fn after_a_short_cut_the_first_call_is_quick() {
    let air = OnAir::new();
    let (link, client) = air.client().await;
    let station = client.service::<StationClient>();
    for cut in 0..100 {
        station.count().await.unwrap();
        let broke = Instant::now();
        link.cut();
        tokio::time::sleep(MS * cut).await;
        link.heal();
        station.count().await.unwrap();
        let took = broke.elapsed();
        assert!(took < MS * 250, "cut for {cut} ms: {took:?}");
    }
    assert_eq!(air.radio.calls.load(Ordering::SeqCst), 200);
}

#[tokio::test(start_paused = true)]
async fn when_the_grace_is_over_the_session_is_lost_at_both_ends() {
    let air = OnAir::new();
    let (link, client) = air.client().await;
    let (mut here, mut there) = (client.events(), air.handle.events());
    let station = client.service::<StationClient>();
    station.tune_in(async |_: u32| Ok(())).await.unwrap();
    let listener = air.radio.listener();
    let call = tokio::spawn({
        let station = station.clone();
        async move { station.wait().await }
    });
    until("the handler waits", || {
        air.radio.waiting.load(Ordering::SeqCst) == 1
    })
    .await;
    let broke = Instant::now();
    link.cut();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SessionLost);
    assert!(
        error.to_string().contains("not resumed within 10s"),
        "{error}"
    );
    assert_eq!(broke.elapsed().as_secs(), 10);
    assert_eq!(
        station.count().await.unwrap_err().kind(),
        ErrorKind::SessionLost
    );
    assert_eq!(listener.closed().await.kind(), ErrorKind::SessionLost);
    for events in [&mut here, &mut there] {
        let event = events.next().await;
        let Some(SessionEvent::Lost { error, .. }) = event else {
            panic!("{event:?}");
        };
        assert_eq!(error.kind(), ErrorKind::SessionLost);
    }
    until("the server has forgotten it", || {
        air.handle.sessions().is_empty()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_second_connection_takes_over_from_a_half_dead_one() {
    // The server hears nothing, and does not ask.
    let air = OnAir::with(Server::builder().resume(GRACE).heartbeat(Duration::ZERO));
    let links = Arc::new(Mutex::new(vec![air.network.link(), air.network.link()]));
    let first = links.lock().unwrap()[1].clone();
    let client = Client::builder()
        .resume(GRACE)
        .heartbeat(Duration::from_secs(1));
    let client = client.connect_with(async move || {
        let link = links
            .lock()
            .unwrap()
            .pop()
            .expect("two connections will do");
        link.connect("station").await
    });
    let client = client.await.unwrap();
    let station = client.service::<StationClient>();
    let mut events = air.handle.events();
    first.black_hole();
    let silent = Instant::now();
    let (one, two) = tokio::join!(station.count(), station.count());
    assert_eq!((one.unwrap(), two.unwrap()), (1, 2));
    assert_eq!(silent.elapsed().as_secs(), 4);
    assert!(matches!(
        events.next().await,
        Some(SessionEvent::Resumed { .. })
    ));
}

#[tokio::test(start_paused = true)]
async fn who_leaves_is_not_waited_for() {
    let air = OnAir::new();
    for closes in [true, false] {
        let (_link, client) = air.client().await;
        let mut events = air.handle.events();
        let station = client.service::<StationClient>();
        station.tune_in(async |_: u32| Ok(())).await.unwrap();
        let listener = air.radio.listener();
        let left = Instant::now();
        if closes {
            client.close();
        }
        drop((client, station));
        assert_eq!(listener.closed().await.kind(), ErrorKind::Closed);
        assert!(matches!(
            events.next().await,
            Some(SessionEvent::Closed { .. })
        ));
        assert!(left.elapsed() < MS * 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_knows_nothing_of_the_session_says_so_at_once() {
    for resumes in [true, false] {
        let air = OnAir::new();
        let (link, client) = air.client().await;
        client.service::<StationClient>().count().await.unwrap();
        link.cut();
        air.handle.close();
        until("the server is gone", || air.handle.sessions().is_empty()).await;
        let mut other = Server::builder();
        if resumes {
            other = other.resume(GRACE);
        }
        let _other = serve(&air.network, other);
        let waits = Instant::now();
        link.heal();
        let why = client.session().closed().await;
        assert_eq!(why.kind(), ErrorKind::SessionLost);
        assert!(
            why.to_string().contains("there is no such session")
                || why.to_string().contains("no session of this end"),
            "{why}"
        );
        assert!(waits.elapsed() < MS * 500);
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_any_size_goes_on() {
    const SIZE: usize = 12 << 20; // far more than is kept without waiting
    let air = OnAir::new();
    let (link, client) = air.client().await;
    let station = client.service::<StationClient>();
    let call = tokio::spawn(async move { station.bytes(SIZE).await });
    link.cut_after(5 << 20);
    until("it broke on its way", || link.connections() == 0).await;
    link.heal();
    assert_eq!(call.await.unwrap().unwrap().len(), SIZE);
    assert_eq!(client.session().stats().calls_in_flight, 0);
    until("everything is acknowledged", || {
        let session = &air.handle.sessions()[0];
        session.stats().unacknowledged_bytes == 0
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn without_the_line_at_both_ends_nothing_changes() {
    for (here, there) in [(true, false), (false, true)] {
        let wants = |wants| if wants { GRACE } else { Duration::ZERO };
        let air = OnAir::with(Server::builder().resume(wants(there)));
        let link = air.network.link();
        let client = connect(&link, Client::builder().resume(wants(here))).await;
        let mut events = client.events();
        link.cut();
        let broke = Instant::now();
        assert_eq!(client.session().closed().await.kind(), ErrorKind::Closed);
        assert!(matches!(
            events.next().await,
            Some(SessionEvent::Lost { .. })
        ));
        assert!(broke.elapsed() < MS * 50);
    }
}

#[tokio::test(start_paused = true)]
async fn registrations_come_back_on_a_new_session() {
    let air = OnAir::new();
    let link = air.network.link();
    let (sender, mut heard) = mpsc::unbounded_channel();
    let client = Client::builder()
        .resume(GRACE)
        .on_session(async move |session| {
            let sender = sender.clone();
            let listener =
                async move |number: u32| sender.send(number).map_err(ringback::Error::application);
            session.service::<StationClient>().tune_in(listener).await
        });
    let client = connect(&link, client).await;
    let mut events = client.events();
    let station = client.service::<StationClient>();
    let first = station.session().id();
    air.radio.listener().heard(1).await.unwrap();
    assert_eq!(heard.recv().await, Some(1));
    // The process of the server ends, and another one takes its place.
    link.cut();
    air.handle.close();
    let (radio, _handle) = serve(&air.network, Server::builder().resume(GRACE));
    link.heal();
    assert!(
        matches!(events.next().await, Some(SessionEvent::Lost { session, .. }) if session == first)
    );
    assert!(matches!(
        events.next().await,
        Some(SessionEvent::Connected { .. })
    ));
    until("the stub has gone over", || station.session().id() != first).await;
    radio.listener().heard(2).await.unwrap();
    assert_eq!(heard.recv().await, Some(2));
    assert_eq!(station.count().await.unwrap(), 1);
    // Without the client and its stubs nobody wants a session.
    let listener = radio.listener();
    drop((client, station));
    assert_eq!(listener.closed().await.kind(), ErrorKind::Closed);
    assert!(matches!(
        events.next().await,
        Some(SessionEvent::Closed { .. })
    ));
    assert!(events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_was_closed_begins_no_new_session() {
    let air = OnAir::with(Server::builder());
    let link = air.network.link();
    let client = connect(&link, Client::builder().on_session(async |_| Ok(()))).await;
    let mut events = client.events();
    link.cut();
    assert!(matches!(
        events.next().await,
        Some(SessionEvent::Lost { .. })
    ));
    client.close();
    link.heal();
    tokio::time::sleep(GRACE).await;
    assert!(client.session().is_closed());
    assert_eq!(link.connections(), 0);
}

/// Reads only after everything that was on its way has come.
struct Late {
    inner: ringback::testing::Stream,
    wait: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl AsyncRead for Late {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let wait = self
            .wait
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(MS * 20)));
        ready!(wait.as_mut().poll(cx));
        loop {
            let before = buffer.filled().len();
            match Pin::new(&mut self.inner).poll_read(cx, buffer) {
                Poll::Ready(Ok(())) if buffer.filled().len() > before => {}
                Poll::Pending if before == 0 => return Poll::Pending,
                Poll::Ready(Err(error)) if before == 0 => return Poll::Ready(Err(error)),
                _ => {
                    self.wait = None;
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl AsyncWrite for Late {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[tokio::test(start_paused = true)]
async fn what_came_with_the_word_that_a_session_goes_on_is_seen_at_once() {
    // Nobody pings, so no later byte helps.
    let air = OnAir::with(Server::builder().resume(GRACE).heartbeat(Duration::ZERO));
    let link = air.network.link();
    let dial = link.clone();
    let client = Client::builder()
        .resume(GRACE)
        .heartbeat(Duration::ZERO)
        .connect_with(async move || {
            let inner = dial.connect("station").await?;
            Ok(Late { inner, wait: None })
        })
        .await
        .unwrap();
    let station = client.service::<StationClient>();
    let call = tokio::spawn(async move { station.wait().await });
    until("the handler waits", || {
        air.radio.waiting.load(Ordering::SeqCst) == 1
    })
    .await;
    tokio::time::sleep(MS * 300).await; // whatever there was has been acknowledged
    link.cut();
    air.radio.go.notify_one();
    tokio::time::sleep(MS * 100).await;
    link.heal();
    let answer = tokio::time::timeout(GRACE, call).await.expect("an answer");
    assert_eq!(answer.unwrap().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_takes_longer_than_silence_may_goes_through() {
    for grace in [GRACE, Duration::ZERO] {
        let air = OnAir::with(Server::builder().resume(grace));
        let link = air.network.link();
        let client = connect(&link, Client::builder().resume(grace)).await;
        let (mut here, mut there) = (client.events(), air.handle.events());
        let station = client.service::<StationClient>();
        link.throttle(20_000);
        let begun = Instant::now();
        let answer = station.bytes(1 << 20).await.unwrap();
        assert_eq!(answer.len(), 1 << 20);
        assert!(begun.elapsed() > 2 * Duration::from_secs(20));
        for events in [&mut here, &mut there] {
            let event = tokio::time::timeout(MS, events.next()).await;
            assert!(event.is_err(), "{event:?}");
        }
    }
}
