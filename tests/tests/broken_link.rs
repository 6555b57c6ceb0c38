//! A session that can be resumed, over a link that breaks in every way and by seeds: nothing is lost, doubled or
//! out of order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use ringback::testing::{Link, Network, Script};
use ringback::{Client, Error, Result, Server, SessionEvent, service};
use tokio::sync::mpsc;

const EVENTS: u32 = 300;
const CALLS: u32 = 150;
const GRACE: Duration = Duration::from_secs(120);

#[service]
trait Listener {
    async fn heard(&self, number: u32, padding: Vec<u8>) -> Result<()>;
    #[oneway]
    async fn overheard(&self, number: u32) -> Result<()>;
}

#[service]
trait Station {
    /// Tells all events, one after the other, and ends when the last has been heard.
    async fn tell(&self, #[callback] listener: impl Listener) -> Result<()>;
    /// Counts its calls.
    async fn count(&self, padding: Vec<u8>) -> Result<u32>;
}

#[derive(Default)]
struct Radio(AtomicU32);

impl Station for Radio {
    async fn tell(&self, listener: impl Listener) -> Result<()> {
        for number in 0..EVENTS {
            match number % 3 {
                0 => listener.overheard(number).await?,
                _ => listener.heard(number, padding(number)).await?,
            }
            tokio::time::sleep(Duration::from_millis(7)).await;
        }
        Ok(())
    }

    async fn count(&self, _padding: Vec<u8>) -> Result<u32> {
        Ok(self.0.fetch_add(1, Ordering::SeqCst))
    }
}

/// So that some frames are long, and cut inside.
fn padding(number: u32) -> Vec<u8> {
    vec![7; (number * number % 2000) as usize]
}

struct Notes(mpsc::UnboundedSender<u32>);

impl Listener for Notes {
    async fn heard(&self, number: u32, _padding: Vec<u8>) -> Result<()> {
        self.overheard(number).await
    }

    async fn overheard(&self, number: u32) -> Result<()> {
        self.0.send(number).map_err(Error::application)
    }
}

fn weather() -> Script {
    let millis = Duration::from_millis;
    Script::new()
        .rounds(60)
        .pauses(millis(0)..=millis(150))
        .cuts(millis(0)..=millis(400))
        .stalls(millis(0)..=millis(5000))
        .half_closes()
        .black_holes()
        .delays(millis(0)..=millis(40))
        .throttles(20_000..=1_000_000)
}

async fn connect(link: Link) -> Client {
    Client::builder()
        .resume(GRACE)
        .heartbeat(Duration::from_secs(1))
        .connect_with(async move || link.connect("station").await)
        .await
        .expect("a client")
}

/// Tells how often the session was resumed.
async fn talk(seed: u64) -> u32 {
    let network = Network::new(seed);
    let radio = Arc::<Radio>::default();
    let server = Server::builder()
        .service(StationServer::new(Arc::clone(&radio)))
        .resume(GRACE)
        .heartbeat(Duration::from_secs(1))
        .listen(network.listen("station"));
    let handle = server.handle();
    tokio::spawn(server.run());
    let link = network.link();
    let client = connect(link.clone()).await;
    let mut told = client.events();
    let station = client.service::<StationClient>();
    let (sender, mut heard) = mpsc::unbounded_channel();

    let events = station.tell(Notes(sender));
    let calls = async {
        for number in 0..CALLS {
            assert_eq!(station.count(padding(number)).await?, number);
            tokio::time::sleep(Duration::from_millis(11)).await;
        }
        Ok(())
    };
    let script = weather();
    let (events, calls, _) = tokio::join!(events, calls, link.play(&script));
    events.unwrap_or_else(|error: Error| panic!("seed {seed}: {error}"));
    calls.unwrap_or_else(|error: Error| panic!("seed {seed}: {error}"));
    for number in 0..EVENTS {
        assert_eq!(heard.recv().await, Some(number), "seed {seed}");
    }
    assert!(
        heard.try_recv().is_err(),
        "seed {seed}: an event came twice"
    );
    assert_eq!(radio.0.load(Ordering::SeqCst), CALLS, "seed {seed}");

    tokio::time::sleep(Duration::from_secs(1)).await; // acks take their time
    let session = handle.sessions().remove(0);
    ringback_tests::until::idle(&client.session()).await;
    ringback_tests::until::idle(&session).await;
    client.close();
    let mut resumed = 0;
    while let Some(event) = told.next().await {
        match event {
            SessionEvent::Resumed { .. } => resumed += 1,
            SessionEvent::Connected { .. } => {}
            SessionEvent::Closed { .. } => break,
            event => panic!("seed {seed}: {event:?}"),
        }
    }
    resumed
}

#[test]
fn everything_arrives_once_and_in_order_whatever_the_link_does() {
    let mut resumptions = 0;
    for seed in 1..=25 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        resumptions += runtime.block_on(talk(seed));
    }
    assert!(resumptions > 250, "{resumptions} resumptions in all");
}
