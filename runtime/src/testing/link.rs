//! What clients connect through, and what is done to it.

use std::fmt;
use std::io;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::connections::{Direction, Shared};
use super::network::Servers;
use super::pipe::{Pipe, Terms};
use super::random::Random;
use super::stream::Stream;

/// A way into a [`Network`](super::Network), for one client or for several that share their fate.
///
/// All connections that are made through a link go through what is done to it, and only they. Every link
/// has an IP address of its own, and so the server can tell clients apart. Clones are the same link.
///
/// A new link is sound: what is written on one end can be read at the other at once, though now and then
/// in pieces that were cut anywhere, as the network's seed has it. 256 KiB may be under way in each
/// direction of a connection; whoever writes more waits until some was read.
///
/// ```
/// use ringback::testing::Network;
/// use ringback::{Client, ErrorKind, Result, Server, service};
///
/// #[service]
/// trait Clock {
///     async fn time(&self) -> Result<u64>;
/// }
/// struct Noon;
/// impl Clock for Noon {
///     async fn time(&self) -> Result<u64> {
///         Ok(12)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
/// let network = Network::new(7);
/// let server = Server::builder().service(ClockServer::new(Noon));
/// tokio::spawn(server.listen(network.listen("clock")).run());
///
/// let link = network.link();
/// let client = Client::builder().connect_io(link.connect("clock").await?).await?;
/// let clock = client.service::<ClockClient>();
/// assert_eq!(clock.time().await?, 12);
///
/// link.cut();
/// assert_eq!(clock.time().await.unwrap_err().kind(), ErrorKind::Closed);
/// assert!(link.connect("clock").await.is_err());
///
/// link.heal();
/// let client = Client::builder().connect_io(link.connect("clock").await?).await?;
/// assert_eq!(client.service::<ClockClient>().time().await?, 12);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Link(Arc<Shared>);

impl Link {
    pub(super) fn new(servers: Arc<Servers>, number: u16, random: Random) -> Self {
        Self(Arc::new(Shared::new(servers, number, random)))
    }

    /// Connects to the server that [listens](super::Network::listen) under that name. With a
    /// [delay](Self::delay) it takes as long as there and back again, and as long as the link is
    /// [stalled](Self::stall), it does not come to pass.
    ///
    /// The stream is to be given to [`connect_io`](crate::ClientBuilder::connect_io).
    ///
    /// # Errors
    /// `HostUnreachable` while the link is cut, `ConnectionRefused` where no server listens under that
    /// name, `ConnectionReset` when the link is cut in the meantime.
    pub async fn connect(&self, server: &str) -> io::Result<Stream> {
        self.travel(Direction::ToServer).await?;
        let (near, far) = self.pair();
        let client_addr = self.0.client_addr(near.number());
        let offered = self.0.servers.offer(server, far, client_addr);
        self.travel(Direction::ToClient).await?;
        offered?;
        if near.is_broken() {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(near)
    }

    /// A connection without a server that listens: both its ends, the client's and the server's.
    ///
    /// ```
    /// use ringback::testing::Network;
    /// use ringback::{Client, Result, Server};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let link = Network::new(7).link();
    /// let (here, there) = link.pair();
    /// let server = Server::builder();
    /// let (session, client) = tokio::try_join!(server.serve_io(there), Client::builder().connect_io(here))?;
    ///
    /// link.cut();
    /// session.closed().await;
    /// client.session().closed().await;
    /// # Ok(())
    /// # }
    /// ```
    pub fn pair(&self) -> (Stream, Stream) {
        let number = self.0.state().open(Instant::now());
        let end = |writes| Stream::new(Arc::clone(&self.0), number, writes);
        (end(Direction::ToServer), end(Direction::ToClient))
    }

    /// Breaks every connection, and makes no new one until [`heal`](Self::heal) is called.
    ///
    /// Both ends find the connection reset; what was under way is lost.
    pub fn cut(&self) {
        self.0.state().cut();
    }

    /// [Cuts](Self::cut) the link when so many more bytes have arrived, in both directions together:
    /// wherever that is, even inside a frame.
    ///
    /// ```
    /// use ringback::testing::Network;
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// let link = Network::new(7).link();
    /// let (mut here, mut there) = link.pair();
    /// link.cut_after(3);
    /// here.write_all(b"hello").await?;
    ///
    /// let mut arrived = Vec::new();
    /// assert!(there.read_to_end(&mut arrived).await.is_err());
    /// assert_eq!(arrived, b"hel");
    /// # Ok(())
    /// # }
    /// ```
    pub fn cut_after(&self, bytes: u64) {
        self.0.state().cut_after(bytes);
    }

    /// Lets nothing pass in either direction, and tells nobody: the connections stay, and new ones wait.
    /// After [`heal`](Self::heal) everything goes on where it was, as far as both ends waited for it.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use ringback::testing::Network;
    /// use ringback::{Client, Result, Server};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// # tokio::time::pause(); // what a test says by `#[tokio::test(start_paused = true)]`
    /// let link = Network::new(7).link();
    /// let (here, there) = link.pair();
    /// let server = Server::builder();
    /// let (session, client) = tokio::try_join!(server.serve_io(there), Client::builder().connect_io(here))?;
    ///
    /// link.stall();
    /// tokio::time::sleep(Duration::from_secs(12)).await; // two heartbeats are missing
    /// link.heal();
    /// tokio::time::sleep(Duration::from_secs(60)).await;
    /// assert!(!session.is_closed() && !client.session().is_closed());
    /// # Ok(())
    /// # }
    /// ```
    pub fn stall(&self) {
        self.change(|terms| terms.stalled = true);
    }

    /// [Stalls](Self::stall) one direction.
    pub fn stall_one(&self, direction: Direction) {
        self.0
            .state()
            .change(direction, |terms| terms.stalled = true);
    }

    /// Makes up for [`cut`](Self::cut), [`cut_after`](Self::cut_after) and [`stall`](Self::stall):
    /// connections can be made, and what was held up goes on. Connections that broke stay broken, and
    /// the [delay](Self::delay) and the [rate](Self::throttle) stay as they are.
    pub fn heal(&self) {
        self.0.state().heal();
    }

    /// Forgets the connections that there are: nothing passes on them any more, and nobody is told,
    /// ever. New ones can be made. This is what becomes of a client whose address changes, or when a
    /// router on the way starts again: the server keeps a connection that is half dead, while the client
    /// comes back by another one.
    pub fn black_hole(&self) {
        let mut state = self.0.state();
        for direction in Direction::BOTH {
            state.pipes(direction).for_each(Pipe::lose);
        }
    }

    /// Ends one direction of the connections that there are, as if the sender had shut it down: what was
    /// written before still arrives, and then the end. The other direction stays open.
    pub fn half_close(&self, direction: Direction) {
        let (mut state, now) = (self.0.state(), Instant::now());
        let terms = state.terms[direction as usize];
        for pipe in state.pipes(direction) {
            pipe.finish(&terms, now);
        }
    }

    /// Flips a bit of what is written next on each of the connections that there are, in that direction.
    /// The seed says which one.
    ///
    /// TCP does not let that happen, so a session is not made to notice it (TLS is). It shows that a
    /// program bears it.
    pub fn corrupt(&self, direction: Direction) {
        self.0.state().pipes(direction).for_each(Pipe::corrupt);
    }

    /// How long bytes are under way, in each direction. It counts for what is written from now on. Zero
    /// at first.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use ringback::testing::Network;
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    /// use tokio::time::Instant;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # tokio::time::pause(); // what a test says by `#[tokio::test(start_paused = true)]`
    /// let link = Network::new(7).link();
    /// link.delay(Duration::from_millis(20));
    /// let (mut here, mut there) = link.pair();
    ///
    /// let start = Instant::now();
    /// here.write_u8(1).await?;
    /// there.read_u8().await?;
    /// assert!(start.elapsed() >= Duration::from_millis(20));
    /// # Ok(())
    /// # }
    /// ```
    pub fn delay(&self, delay: Duration) {
        self.change(|terms| terms.delay = delay);
    }

    /// Adds something to the delay, by chance and up to `jitter`. Bytes keep their order. Zero at first.
    pub fn jitter(&self, jitter: Duration) {
        self.change(|terms| terms.jitter = jitter);
    }

    /// Lets only so many bytes pass in a second, on each connection and in each direction. Zero takes
    /// the bound away again. What was written before and has not left yet goes by the new rate as well.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use ringback::testing::Network;
    /// use tokio::io::{AsyncReadExt, AsyncWriteExt};
    /// use tokio::time::Instant;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> std::io::Result<()> {
    /// # tokio::time::pause(); // what a test says by `#[tokio::test(start_paused = true)]`
    /// let link = Network::new(7).link();
    /// link.throttle(10_000);
    /// let (mut here, mut there) = link.pair();
    ///
    /// let start = Instant::now();
    /// here.write_all(&[0; 30_000]).await?;
    /// there.read_exact(&mut [0; 30_000]).await?;
    /// assert_eq!(start.elapsed().as_secs(), 3);
    /// # Ok(())
    /// # }
    /// ```
    pub fn throttle(&self, bytes_per_second: u64) {
        let rate = NonZeroU64::new(bytes_per_second);
        self.change(|terms| terms.rate = rate);
    }

    /// How many connections there are: those of which at least one end is still held, and that did not
    /// break.
    pub fn connections(&self) -> usize {
        self.0.state().count()
    }

    /// Lets the time pass that a sign in that direction takes, or for which nothing passes.
    async fn travel(&self, direction: Direction) -> io::Result<()> {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            let terms = {
                let mut state = self.0.state();
                if state.is_cut {
                    let why = "the link is cut";
                    return Err(io::Error::new(io::ErrorKind::HostUnreachable, why));
                }
                let mut terms = state.terms[direction as usize];
                terms.delay += state.random.time(&(Duration::ZERO..=terms.jitter));
                terms
            };
            if terms.stalled {
                changed.await;
                continue;
            }
            if !terms.delay.is_zero() {
                sleep(terms.delay).await;
            }
            return Ok(());
        }
    }

    /// Changes how bytes travel in both directions.
    fn change(&self, change: impl Fn(&mut Terms)) {
        let mut state = self.0.state();
        for direction in Direction::BOTH {
            state.change(direction, &change);
        }
    }

    /// What is to be there again after a script.
    pub(super) fn terms(&self) -> [Terms; 2] {
        self.0.state().terms
    }

    /// Brings the terms back.
    pub(super) fn set_terms(&self, terms: [Terms; 2]) {
        let mut state = self.0.state();
        for direction in Direction::BOTH {
            state.change(direction, |old| *old = terms[direction as usize]);
        }
    }

    /// A sequence for a script.
    pub(super) fn fork_random(&self) -> Random {
        self.0.state().random.fork()
    }

    /// Waits until the link is cut.
    pub(super) async fn until_cut(&self) {
        loop {
            let changed = self.0.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if self.0.state().is_cut {
                return;
            }
            changed.await;
        }
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("ip", &self.0.ip)
            .field("connections", &self.connections())
            .finish_non_exhaustive()
    }
}
