//! A server and its clients, over TCP or in memory.

use std::net::SocketAddr;

use ringback::transport::memory;
use ringback::{
    Client, ClientBuilder, Server, ServerBuilder, ServerHandle, ServiceClient, Session,
};

use crate::until::{idle, until};

/// What the ends talk over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// A TCP connection on loopback.
    Tcp,
    /// A pipe in this process.
    Memory,
}

/// A server that clients can connect to. Dropping it closes its sessions over TCP.
#[derive(Debug)]
pub struct Serving(At);

#[derive(Debug)]
enum At {
    Tcp(Bound),
    Memory(ServerBuilder),
}

#[derive(Debug)]
struct Bound(ServerHandle);

impl Drop for Bound {
    fn drop(&mut self) {
        self.0.close();
    }
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
        Self(match over {
            Over::Memory => At::Memory(server),
            Over::Tcp => {
                let server: Server = server.bind("127.0.0.1:0").await.expect("a free port");
                let handle = server.handle();
                tokio::spawn(server.run());
                At::Tcp(Bound(handle))
            }
        })
    }

    /// Where it listens.
    ///
    /// # Panics
    /// If it serves in memory.
    pub fn address(&self) -> SocketAddr {
        self.handle().local_addr()
    }

    /// The server's own handle.
    ///
    /// # Panics
    /// If it serves in memory.
    pub fn handle(&self) -> &ServerHandle {
        match &self.0 {
            At::Tcp(Bound(handle)) => handle,
            At::Memory(_) => panic!("a server in memory has no handle"),
        }
    }

    /// Connects one more client. One at a time, so that both ends of each are known.
    ///
    /// # Panics
    /// If that fails.
    pub async fn connect(&self, client: ClientBuilder) -> Ends {
        let (client, session) = match &self.0 {
            At::Memory(server) => {
                let (here, there) = memory::pair();
                let (session, client) =
                    tokio::join!(server.serve_io(there), client.connect_io(here));
                (client.expect("a client"), session.expect("a session"))
            }
            At::Tcp(Bound(handle)) => {
                let known: Vec<u64> = handle.sessions().iter().map(Session::id).collect();
                let client = client.connect(handle.local_addr()).await.expect("a client");
                let mut session = None;
                until("the server has the session", || {
                    let mut sessions = handle.sessions().into_iter();
                    session = sessions.find(|session| !known.contains(&session.id()));
                    session.is_some()
                })
                .await;
                (client, session.expect("the new session"))
            }
        };
        Ends {
            client,
            session,
            serving: None,
        }
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
        idle(self.client.session()).await;
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
