//! Where servers listen.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::link::Link;
use super::random::Random;
use super::stream::Stream;
use crate::transport;

/// The port of every server.
const PORT: u16 = 20880;

/// A network in memory: servers listen in it by their names, and clients reach them through
/// [links](Link), each of which breaks by itself.
///
/// Whatever the network leaves to chance goes by the seed. With tokio's clock paused, in a runtime of one
/// thread, the same seed gives the same run, as far as the program leaves nothing to chance itself. (A
/// client that resumes does: it waits for some time, and not always the same, before it tries again.) So let
/// a test that draws its seeds print the one that failed.
///
/// Clones are the same network.
///
/// ```
/// use ringback::testing::Network;
/// use ringback::{Client, Result, Server, service};
///
/// #[service]
/// trait Greeter {
///     async fn greet(&self, name: &str) -> Result<String>;
/// }
/// # struct Plain;
/// # impl Greeter for Plain {
/// #     async fn greet(&self, name: &str) -> Result<String> { Ok(format!("hello, {name}")) }
/// # }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
/// let network = Network::new(7);
/// let server = Server::builder().service(GreeterServer::new(Plain));
/// tokio::spawn(server.listen(network.listen("greeter")).run());
///
/// let (one, other) = (network.link(), network.link());
/// let ada = Client::builder().connect_io(one.connect("greeter").await?).await?;
/// let bob = Client::builder().connect_io(other.connect("greeter").await?).await?;
/// one.cut();
/// assert!(ada.service::<GreeterClient>().greet("Ada").await.is_err());
/// assert_eq!(bob.service::<GreeterClient>().greet("Bob").await?, "hello, Bob");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Network(Arc<Inside>);

struct Inside {
    servers: Arc<Servers>,
    made: Mutex<Made>,
}

/// What the network has made.
struct Made {
    links: u16,
    listeners: u16,
    random: Random,
}

/// Who listens, by name.
#[derive(Default)]
pub(super) struct Servers(Mutex<HashMap<String, UnboundedSender<(Stream, SocketAddr)>>>);

/// Where a server in a [`Network`] takes connections from.
///
/// It is given to [`ServerBuilder::listen`](crate::ServerBuilder::listen). When it is dropped (with its
/// server), clients are refused.
#[derive(Debug)]
pub struct Listener {
    offered: UnboundedReceiver<(Stream, SocketAddr)>,
    local_addr: SocketAddr,
}

impl Network {
    /// A network without servers and links.
    pub fn new(seed: u64) -> Self {
        Self(Arc::new(Inside {
            servers: Arc::default(),
            made: Mutex::new(Made {
                links: 0,
                listeners: 0,
                random: Random::new(seed),
            }),
        }))
    }

    /// Listens under a name, at an address of its own. Whoever listened under the same name before gets
    /// no more connections: so a server is started again.
    pub fn listen(&self, name: &str) -> Listener {
        let mut made = self.0.made();
        made.listeners += 1;
        let [high, low] = made.listeners.to_be_bytes();
        drop(made);
        let (sender, offered) = unbounded_channel();
        self.0.servers.by_name().insert(name.to_owned(), sender);
        Listener {
            offered,
            local_addr: (Ipv4Addr::new(10, 1, high, low), PORT).into(),
        }
    }

    /// A new link into the network. It is sound.
    pub fn link(&self) -> Link {
        let mut made = self.0.made();
        made.links += 1;
        let (number, random) = (made.links, made.random.fork());
        drop(made);
        Link::new(Arc::clone(&self.0.servers), number, random)
    }
}

impl Inside {
    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Servers {
    /// Gives a server the far end of a new connection.
    pub(super) fn offer(&self, name: &str, stream: Stream, client: SocketAddr) -> io::Result<()> {
        let sender = self.by_name().get(name).cloned();
        match sender.map(|sender| sender.send((stream, client))) {
            Some(Ok(())) => Ok(()),
            _ => Err(io::Error::new(
                io::ErrorKind::ConnectionRefused,
                format!("nobody listens as `{name}`"),
            )),
        }
    }

    fn by_name(&self) -> MutexGuard<'_, HashMap<String, UnboundedSender<(Stream, SocketAddr)>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl transport::Listener for Listener {
    type Transport = Stream;

    async fn accept(&mut self) -> io::Result<(Stream, SocketAddr)> {
        match self.offered.recv().await {
            Some(offered) => Ok(offered),
            // Another one listens under its name.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<_> = self.0.servers.by_name().keys().cloned().collect();
        names.sort_unstable();
        f.debug_struct("Network")
            .field("servers", &names)
            .finish_non_exhaustive()
    }
}
