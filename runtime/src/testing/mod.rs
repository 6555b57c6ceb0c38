//! A network in memory that breaks when it is told to, to test what a program does then.
//!
//! In a [`Network`] servers [listen](Network::listen) by their names. Clients connect through a
//! [`Link`], and what happens on the way there is for the test to say: the link can be [cut](Link::cut),
//! anywhere inside of a frame, too ([`cut_after`](Link::cut_after)); it can be [delayed](Link::delay),
//! [throttled](Link::throttle), [stalled](Link::stall) and [half closed](Link::half_close), and
//! [healed](Link::heal) again. A [`Script`] does such things by chance, and does the same again for the
//! same seed.
//!
//! All times go by tokio's clock. In a test with `#[tokio::test(start_paused = true)]` (tokio's feature
//! `test-util`) an hour passes in no time, and nothing depends on how fast the machine is.
//!
//! The module needs the feature `testing`, which belongs into `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! ringback = { path = "../ringback/runtime", features = ["testing"] }
//! tokio = { version = "1", features = ["macros", "rt", "test-util"] }
//! ```
//!
//! # Example
//!
//! A station wants its listeners to come back after the link to them broke. This is how long it takes
//! until it has lost one, if the link only falls silent:
//!
//! ```
//! use std::time::Duration;
//!
//! use ringback::testing::Network;
//! use ringback::{Client, Result, Server, service};
//! use tokio::time::Instant;
//!
//! #[service]
//! trait Listener {
//!     async fn heard(&self, what: String) -> Result<()>;
//! }
//! #[service]
//! trait Station {
//!     async fn tune_in(&self, #[callback] listener: impl Listener) -> Result<()>;
//! }
//! struct Radio(tokio::sync::mpsc::UnboundedSender<ListenerProxy>);
//! impl Station for Radio {
//!     async fn tune_in(&self, listener: impl Listener) -> Result<()> {
//!         self.0.send(ListenerProxy::new(listener)).map_err(ringback::Error::application)
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! # tokio::time::pause();
//! // #[tokio::test(start_paused = true)]
//! // async fn a_listener_that_falls_silent_is_lost() {
//! let network = Network::new(7);
//! let (sender, mut tuned_in) = tokio::sync::mpsc::unbounded_channel();
//! let server = Server::builder()
//!     .service(StationServer::new(Radio(sender)))
//!     .heartbeat(Duration::from_secs(1))
//!     .listen(network.listen("station"));
//! tokio::spawn(server.run());
//!
//! let link = network.link();
//! let client = Client::builder().connect_io(link.connect("station").await?).await?;
//! client.service::<StationClient>().tune_in(async |_what: String| Ok(())).await?;
//! let listener = tuned_in.recv().await.unwrap();
//!
//! let silent = Instant::now();
//! link.stall();
//! listener.closed().await;
//! assert_eq!(silent.elapsed().as_secs(), 4); // one second of silence, and three heartbeats
//! # Ok(())
//! # }
//! ```
//!
//! And so its session outlives whatever the link does, if it can be resumed: the client is given a way to
//! connect again.
//!
//! ```
//! use std::time::Duration;
//!
//! use ringback::testing::{Network, Script};
//! use ringback::{Client, Result, Server, service};
//!
//! #[service]
//! trait Counter {
//!     async fn count(&self) -> Result<u32>;
//! }
//! #[derive(Default)]
//! struct Counted(std::sync::atomic::AtomicU32);
//! impl Counter for Counted {
//!     async fn count(&self) -> Result<u32> {
//!         Ok(self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst))
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
//! # tokio::time::pause();
//! // #[tokio::test(start_paused = true)]
//! // async fn no_call_is_lost_or_made_twice() {
//! let (millis, minute) = (Duration::from_millis, Duration::from_secs(60));
//! let network = Network::new(7);
//! let server = Server::builder()
//!     .service(CounterServer::new(Counted::default()))
//!     .resume(minute)
//!     .listen(network.listen("counter"));
//! tokio::spawn(server.run());
//!
//! let link = network.link();
//! let client = Client::builder().resume(minute).connect_with({
//!     let link = link.clone();
//!     async move || link.connect("counter").await
//! });
//! let counter = client.await?.service::<CounterClient>();
//!
//! let script = Script::new().rounds(20).cuts(millis(0)..=millis(200)).half_closes();
//! let calls = async {
//!     for number in 0..100 {
//!         assert_eq!(counter.count().await.unwrap(), number);
//!         tokio::time::sleep(millis(10)).await;
//!     }
//! };
//! let (_, played) = tokio::join!(calls, link.play(&script));
//! assert_eq!(played.cuts + played.half_closes, 20);
//! # Ok(())
//! # }
//! ```

mod connections;
mod link;
mod network;
mod pipe;
mod random;
mod script;
mod stream;

pub use connections::Direction;
pub use link::Link;
pub use network::{Listener, Network};
pub use script::{Played, Script};
pub use stream::Stream;
