//! `#[idempotent]` calls, which a client makes again on its next session.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback::testing::{Link, Network};
use ringback::{Client, ClientBuilder, ErrorKind, Limits, Result, Server, ServerHandle, service};
use ringback_tests::Living;
use ringback_tests::living::Life;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

#[service]
trait Listener {
    async fn heard(&self, number: u32) -> Result<()>;
}

#[service]
trait Station {
    /// Answers when the test says so.
    #[idempotent]
    async fn read(&self) -> Result<u32>;
    async fn write(&self) -> Result<u32>;
    /// Calls the listener when the test says so.
    #[idempotent]
    async fn tell(&self, #[callback] listener: impl Listener) -> Result<()>;
    /// Gives an object of the server.
    async fn speaker(&self) -> Result<ListenerProxy>;
    #[idempotent]
    async fn is_mine(&self, #[callback] listener: ListenerProxy) -> Result<()>;
    /// Ends the session.
    #[idempotent]
    async fn poison(&self) -> Result<()>;
}

#[derive(Default)]
struct Radio {
    begun: AtomicU32,
    go: Notify,
    told: Mutex<Vec<String>>,
}

impl Radio {
    async fn wait(&self) {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.go.notified().await;
    }
}

impl Station for Radio {
    async fn read(&self) -> Result<u32> {
        let tenant = ringback::context().metadata("tenant").map(str::to_owned);
        self.told.lock().unwrap().extend(tenant);
        self.wait().await;
        Ok(7)
    }

    async fn write(&self) -> Result<u32> {
        self.wait().await;
        Ok(8)
    }

    async fn tell(&self, listener: impl Listener) -> Result<()> {
        self.wait().await;
        listener.heard(9).await
    }

    async fn speaker(&self) -> Result<ListenerProxy> {
        Ok(ListenerProxy::new(async |_number: u32| Ok(())))
    }

    async fn is_mine(&self, _listener: ListenerProxy) -> Result<()> {
        self.wait().await;
        Ok(())
    }

    async fn poison(&self) -> Result<()> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        ringback::context().session().expect("a session").close();
        std::future::pending().await
    }
}

const SECOND: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

/// A network with a station, which may be replaced.
struct OnAir {
    network: Network,
    link: Link,
    radio: Arc<Radio>,
    handle: ServerHandle,
}

impl OnAir {
    fn new() -> Self {
        let network = Network::new(5);
        let (radio, handle) = serve(&network);
        let link = network.link();
        Self {
            network,
            link,
            radio,
            handle,
        }
    }

    async fn client(&self, client: ClientBuilder) -> Client {
        let link = self.link.clone();
        let client = client.connect_with(async move || link.connect("station").await);
        client.await.expect("a client")
    }

    /// The process of the server ends, and another one takes its place after a while.
    async fn restart(&mut self, after: Duration) {
        self.link.cut();
        self.handle.close();
        tokio::time::sleep(after).await;
        (self.radio, self.handle) = serve(&self.network);
        self.link.heal();
    }

    async fn begun(&self, count: u32) {
        let begun = || self.radio.begun.load(Ordering::SeqCst) == count;
        in_time("the handler waits", begun).await;
    }
}

/// Lets the clock go on until something holds.
async fn in_time(what: &str, holds: impl Fn() -> bool) {
    let comes = async {
        while !holds() {
            tokio::time::sleep(MS).await;
        }
    };
    let came = tokio::time::timeout(60 * SECOND, comes).await;
    assert!(came.is_ok(), "never came to pass: {what}");
}

/// Begins to read.
fn reading(station: &StationClient) -> JoinHandle<Result<u32>> {
    let station = station.clone();
    tokio::spawn(async move { station.read().await })
}

fn serve(network: &Network) -> (Arc<Radio>, ServerHandle) {
    let radio = Arc::<Radio>::default();
    let server = Server::builder()
        .resume(10 * SECOND)
        .service(StationServer::new(Arc::clone(&radio)))
        .listen(network.listen("station"));
    let handle = server.handle();
    tokio::spawn(server.run());
    (radio, handle)
}

/// Clients that go on to a new session: those that resume, if they can, and those that do not.
fn lasting() -> [ClientBuilder; 2] {
    let client = || Client::builder().on_session(async |_| Ok(()));
    [client(), client().resume(10 * SECOND)]
}

#[tokio::test(start_paused = true)]
async fn a_call_in_flight_is_made_again_on_the_next_session() {
    for client in lasting() {
        let mut air = OnAir::new();
        let client = air.client(client).await;
        let station = client.service::<StationClient>();
        let station = station.with_metadata("tenant", "acme");
        let call = reading(&station);
        air.begun(1).await;
        air.restart(3 * SECOND).await;
        air.begun(1).await; // by the other process
        assert!(!call.is_finished());
        air.radio.go.notify_one();
        assert_eq!(call.await.unwrap().unwrap(), 7);
        assert_eq!(*air.radio.told.lock().unwrap(), ["acme"]);
        assert_eq!(client.session().stats().calls_in_flight, 0);
    }
}

#[tokio::test(start_paused = true)]
async fn other_calls_fail_and_say_that_they_may_have_been_handled() {
    for client in lasting() {
        let mut air = OnAir::new();
        let client = air.client(client).await;
        let station = client.service::<StationClient>();
        let call = tokio::spawn(async move { station.write().await });
        air.begun(1).await;
        air.restart(SECOND).await;
        let error = call.await.unwrap().unwrap_err();
        let lost = [ErrorKind::Closed, ErrorKind::SessionLost];
        assert!(lost.contains(&error.kind()), "{error}");
        let text = error.to_string();
        assert!(
            text.contains("whether it was handled is not known"),
            "{text}"
        );
        in_time("there is a new session", || !client.session().is_closed()).await;
        assert_eq!(air.radio.begun.load(Ordering::SeqCst), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_left_does_not_say_that_it_may_have_been_handled() {
    let network = Network::new(5);
    let radio = Arc::<Radio>::default();
    let mut limits = Limits::default();
    limits.max_calls = 1;
    let server = Server::builder()
        .limits(limits)
        .service(StationServer::new(Arc::clone(&radio)))
        .listen(network.listen("station"));
    tokio::spawn(server.run());
    let link = network.link();
    let connecting = link.clone();
    let client = Client::builder().connect_with(async move || connecting.connect("station").await);
    let client = client.await.expect("a client");
    let station = client.service::<StationClient>();
    let [sent, waiting] = [(); 2].map(|()| {
        let station = station.clone();
        tokio::spawn(async move { station.write().await })
    });
    in_time("one has begun and one waits", || {
        radio.begun.load(Ordering::SeqCst) == 1 && client.session().stats().calls_in_flight == 2
    })
    .await;
    link.cut();
    for (call, left) in [(sent, true), (waiting, false)] {
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed);
        let text = error.to_string();
        assert_eq!(text.contains("is not known"), left, "{text}");
        assert!(text.contains("Station.write"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_between_two_sessions_waits_for_the_next() {
    let mut air = OnAir::new();
    let client = air
        .client(Client::builder().on_session(async |_| Ok(())))
        .await;
    let station = client.service::<StationClient>();
    air.link.cut();
    client.session().closed().await;
    let call = reading(&station);
    assert_eq!(station.write().await.unwrap_err().kind(), ErrorKind::Closed);
    air.restart(SECOND).await;
    air.begun(1).await;
    air.radio.go.notify_one();
    assert_eq!(call.await.unwrap().unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_goes_on_while_there_is_no_session_and_after() {
    for comes_back in [false, true] {
        let mut air = OnAir::new();
        let client = air
            .client(Client::builder().on_session(async |_| Ok(())))
            .await;
        let station = client.service::<StationClient>().with_timeout(5 * SECOND);
        let begun = Instant::now();
        let call = tokio::spawn(async move { station.read().await });
        air.begun(1).await;
        match comes_back {
            true => {
                air.restart(2 * SECOND).await;
                air.begun(1).await;
            }
            false => air.link.cut(),
        }
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout, "{error}");
        assert_eq!(begun.elapsed().as_secs(), 5);
        assert!(error.to_string().contains("within 5s"), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn callbacks_are_introduced_again() {
    struct Hears(Arc<AtomicU32>, #[allow(dead_code)] Life);
    impl Listener for Hears {
        async fn heard(&self, number: u32) -> Result<()> {
            self.0.store(number, Ordering::SeqCst);
            Ok(())
        }
    }
    let mut air = OnAir::new();
    let client = air
        .client(Client::builder().on_session(async |_| Ok(())))
        .await;
    let station = client.service::<StationClient>();
    let (living, heard) = (Living::default(), Arc::<AtomicU32>::default());
    let listener = Hears(Arc::clone(&heard), living.one());
    let call = tokio::spawn(async move { station.tell(listener).await });
    air.begun(1).await;
    air.restart(SECOND).await;
    air.begun(1).await;
    assert_eq!(client.session().stats().exported, 1);
    air.radio.go.notify_one();
    call.await.unwrap().unwrap();
    assert_eq!(heard.load(Ordering::SeqCst), 9);
    living.none().await;
}

#[tokio::test(start_paused = true)]
async fn a_call_that_passes_an_object_of_the_lost_session_back_is_not_made_again() {
    let mut air = OnAir::new();
    let client = air
        .client(Client::builder().on_session(async |_| Ok(())))
        .await;
    let station = client.service::<StationClient>();
    let speaker = station.speaker().await.unwrap();
    let call = tokio::spawn(async move { station.is_mine(speaker).await });
    air.begun(1).await;
    air.restart(SECOND).await;
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert!(
        error.to_string().contains("object of the lost session"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn who_closes_the_client_is_not_kept_waiting() {
    for while_down in [false, true] {
        let air = OnAir::new();
        let client = air
            .client(Client::builder().on_session(async |_| Ok(())))
            .await;
        let station = client.service::<StationClient>();
        let call = reading(&station);
        air.begun(1).await;
        if while_down {
            air.link.cut();
            client.session().closed().await;
            tokio::time::sleep(SECOND).await;
            assert!(!call.is_finished());
        }
        let left = Instant::now();
        client.close();
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
        assert_eq!(station.read().await.unwrap_err().kind(), ErrorKind::Closed);
        assert!(left.elapsed() < SECOND, "{:?}", left.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_ends_each_session_is_given_up_and_meets_pauses() {
    let air = OnAir::new();
    let client = air
        .client(Client::builder().on_session(async |_| Ok(())))
        .await;
    let station = client.service::<StationClient>();
    let start = Instant::now();
    let call = tokio::time::timeout(300 * SECOND, station.poison()).await;
    let error = call.expect("it is given up at some time").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    assert_eq!(air.radio.begun.load(Ordering::SeqCst), 10);
    assert!(error.to_string().contains("10 times"), "{error}");
    // 50, 100, 200, 400, 800, and then a second each.
    assert!(start.elapsed() > 4 * SECOND, "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_server_that_drains_costs_no_call_that_may_be_made_again() {
    let mut air = OnAir::new();
    let client = air
        .client(Client::builder().on_session(async |_| Ok(())))
        .await;
    let station = client.service::<StationClient>();
    let call = reading(&station);
    air.begun(1).await;
    let draining = tokio::spawn({
        let handle = air.handle.clone();
        async move { handle.shutdown(SECOND).await }
    });
    tokio::time::sleep(100 * MS).await;
    let later = tokio::spawn(async move { station.read().await });
    tokio::time::sleep(100 * MS).await;
    assert!(!later.is_finished());
    draining.await.unwrap();
    (air.radio, air.handle) = serve(&air.network);
    air.begun(2).await;
    air.radio.go.notify_waiters(); // they come in no order
    for call in [call, later] {
        let call = tokio::time::timeout(60 * SECOND, call).await;
        assert_eq!(call.expect("it is answered").unwrap().unwrap(), 7);
    }
}
