//! Sessions that outlive their connections.

mod goes_on;
mod lost;
mod takes_over;

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback::testing::{Link, Network};
use ringback::{Client, ClientBuilder, Result, Server, ServerBuilder, ServerHandle, service};
use ringback_tests::until::until;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

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

    /// The first call that waits for the test, once its handler does.
    async fn waiting_call(&self, station: &StationClient) -> JoinHandle<Result<u32>> {
        let station = station.clone();
        let call = tokio::spawn(async move { station.wait().await });
        until("the handler waits", || {
            self.radio.waiting.load(Ordering::SeqCst) == 1
        })
        .await;
        call
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
