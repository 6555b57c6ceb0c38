//! A server and its clients, over TCP or in memory.

use std::net::SocketAddr;

use ringback::testing::{Link, Network};
use ringback::{
    Client, ClientBuilder, Server, ServerBuilder, ServerHandle, ServiceClient, Session,
};

use crate::until::{idle, until};

/// By what name a server in memory is known.
const NAME: &str = "server";

/// What the ends talk over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// A TCP connection on loopback.
    Tcp,
    /// A network in this process.
    Memory,
}

/// A server that clients can connect to. Dropping it closes its sessions.
#[derive(Debug)]
pub struct Serving {
    handle: ServerHandle,
    network: Network,
    over: Over,
}

/// The two ends of one connection.
#[derive(Debug)]
pub struct Ends {
    /// The connecting end.
    pub client: Client,
    /// The accepting end's session.
    pub session: Session,
    /// The server, if nobody else has it.
    serving: Option<Serving>,
}

impl Serving {
    /// Starts a server.
    ///
    /// # Panics
    /// If it cannot listen.
    pub async fn start(over: Over, server: ServerBuilder) -> Self {
        let network = Network::new(1);
        let server: Server = match over {
            Over::Tcp => server.bind("127.0.0.1:0").await.expect("a free port"),
            Over::Memory => server.listen(network.listen(NAME)),
        };
        let handle = server.handle();
        tokio::spawn(server.run());
        Self {
            handle,
            network,
            over,
        }
    }

    /// Where it listens, over TCP.
    pub fn address(&self) -> SocketAddr {
        assert_eq!(self.over, Over::Tcp);
        self.handle.local_addr()
    }

    /// The server's own handle.
    pub fn handle(&self) -> &ServerHandle {
        &self.handle
    }

    /// A way to the server that can be broken, in memory.
    pub fn link(&self) -> Link {
        assert_eq!(self.over, Over::Memory);
        self.network.link()
    }

    /// Connects one more client. One at a time, so that both ends of each are known.
    ///
    /// # Panics
    /// If that fails.
    pub async fn connect(&self, client: ClientBuilder) -> Ends {
        match self.over {
            Over::Memory => self.connect_over(&self.link(), client).await,
            Over::Tcp => {
                let known = self.known();
                let client = client.connect(self.address()).await.expect("a client");
                self.ends(client, &known).await
            }
        }
    }

    /// Connects one more client over a link of this server.
    ///
    /// # Panics
    /// If that fails.
    pub async fn connect_over(&self, link: &Link, client: ClientBuilder) -> Ends {
        let known = self.known();
        let stream = link.connect(NAME).await.expect("a connection");
        let client = client.connect_io(stream).await.expect("a client");
        self.ends(client, &known).await
    }

    fn known(&self) -> Vec<u64> {
        self.handle.sessions().iter().map(Session::id).collect()
    }

    async fn ends(&self, client: Client, known: &[u64]) -> Ends {
        let mut session = None;
        until("the server has the session", || {
            let mut sessions = self.handle.sessions().into_iter();
            session = sessions.find(|session| !known.contains(&session.id()));
            session.is_some()
        })
        .await;
        Ends {
            client,
            session: session.expect("the new session"),
            serving: None,
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.handle.close();
    }
}

impl Ends {
    /// A stub of the server's service.
    pub fn service<C: ServiceClient>(&self) -> C {
        self.client.service()
    }

    /// The server.
    ///
    /// # Panics
    /// If it was started apart.
    pub fn serving(&self) -> &Serving {
        self.serving.as_ref().expect("a server of its own")
    }

    /// Waits until nothing is under way and the server holds only so many of the client's objects.
    pub async fn idle_but(&self, held: usize) {
        let (client, server) = (self.client.session(), &self.session);
        until("only what is held is left", || {
            let (near, far) = (client.stats(), server.stats());
            near.calls_in_flight + near.calls_served + near.imported + near.queued_bytes == 0
                && far.calls_in_flight + far.calls_served + far.exported + far.queued_bytes == 0
                && (near.exported, far.imported) == (held, held)
        })
        .await;
    }

    /// Waits until both ends have nothing left of what was begun.
    pub async fn idle(&self) {
        idle(&self.client.session()).await;
        idle(&self.session).await;
    }
}

/// Starts a server and connects one client.
pub async fn meet(over: Over, server: ServerBuilder, client: ClientBuilder) -> Ends {
    let serving = Serving::start(over, server).await;
    let mut ends = serving.connect(client).await;
    ends.serving = Some(serving);
    ends
}
