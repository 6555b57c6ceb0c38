//! One client's connection to the hub, which can be cut at any moment.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback::testing::Network;
use ringback::{Client, ClientBuilder, ServerBuilder, Session};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};

use crate::hub::HubClient;
use crate::tally::Tally;
use crate::tap::{Cable, Tapped};
use crate::venue::VenueClient;

/// The longest that bytes are under way in memory.
const LATENCY: Duration = Duration::from_millis(4);

/// What connections go over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    /// Memory, on one thread and with a paused clock: the same seed gives the same run.
    Memory,
    /// TCP, on several threads.
    Tcp,
}

/// A client that is connected, and the hub's end of its session.
pub struct Connection {
    pub client: Client,
    pub hub: HubClient,
    pub venue: VenueClient,
    pub hub_end: Session,
    cable: Arc<Mutex<Cable>>,
    is_cut: AtomicBool,
}

impl Connection {
    pub async fn open(
        medium: Medium,
        random: &mut fastrand::Rng,
        server: &ServerBuilder,
        client: &ClientBuilder,
        tally: &Arc<Tally>,
    ) -> Self {
        match medium {
            Medium::Memory => {
                let link = Network::new(random.u64(..)).link();
                link.jitter(LATENCY);
                let (one, other) = link.pair();
                Self::over(one, other, server, client, tally).await
            }
            Medium::Tcp => {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let connect = TcpStream::connect(listener.local_addr().unwrap());
                let (one, other) = tokio::join!(connect, listener.accept());
                let (one, other) = (one.unwrap(), other.unwrap().0);
                one.set_nodelay(true).unwrap();
                other.set_nodelay(true).unwrap();
                Self::over(one, other, server, client, tally).await
            }
        }
    }

    async fn over<S>(
        one: S,
        other: S,
        server: &ServerBuilder,
        client: &ClientBuilder,
        tally: &Arc<Tally>,
    ) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (one, other, cable) = Tapped::pair(one, other, tally);
        let (hub_end, client) =
            tokio::join!(server.serve_io(other), client.clone().connect_io(one));
        let client = client.unwrap();
        Self {
            hub: client.service(),
            venue: client.service(),
            client,
            hub_end: hub_end.unwrap(),
            cable,
            is_cut: AtomicBool::new(false),
        }
    }

    /// Breaks the connection.
    pub fn cut(&self, tally: &Tally) {
        tally.disconnects.add();
        let stats = [self.client.session().stats(), self.hub_end.stats()];
        if stats.iter().any(|stats| stats.calls_in_flight > 0) {
            tally.disconnects_in_call.add();
        }
        self.is_cut.store(true, Ordering::SeqCst);
        self.cable.lock().unwrap().cut();
    }

    pub fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::SeqCst)
    }
}
