//! Any `AsyncRead + AsyncWrite` is a transport: here it is the TCP of turmoil, a simulated network.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use ringback::transport::Listener as Accepts;
use ringback::{Client, ErrorKind, Server};
use ringback_tests::Living;
use ringback_tests::keeper::{Keeper, KeeperClient, KeeperServer, Shelf};
use ringback_tests::services::{Listener, Notes};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout};
use turmoil::Sim;
use turmoil::net::{TcpListener, TcpStream};

const PORT: u16 = 20880;
const SECOND: Duration = Duration::from_secs(1);

/// A socket of turmoil's that listens.
struct Port(TcpListener);

impl Accepts for Port {
    type Transport = TcpStream;

    async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        self.0.accept().await
    }

    fn local_addr(&self) -> SocketAddr {
        self.0.local_addr().expect("an address")
    }
}

/// A network with a server that keeps listeners.
fn simulation(seed: u64, shelf: &Arc<Shelf>) -> Sim<'static> {
    let mut simulation = turmoil::Builder::new()
        .simulation_duration(600 * SECOND)
        .rng_seed(seed)
        .build();
    let shelf = Arc::clone(shelf);
    simulation.host("server", move || {
        let shelf = Arc::clone(&shelf);
        async move {
            let listener = TcpListener::bind(("0.0.0.0", PORT)).await?;
            let server = Server::builder()
                .service(KeeperServer::new(shelf))
                .signals(false)
                .listen(Port(listener));
            Ok(server.run().await?)
        }
    });
    simulation
}

async fn connect() -> Result<Client, Box<dyn std::error::Error>> {
    let stream = TcpStream::connect(("server", PORT)).await?;
    Ok(Client::builder().connect_io(stream).await?)
}

#[test]
fn after_a_partition_a_client_comes_back() {
    let shelf = Arc::<Shelf>::default();
    let mut simulation = simulation(1, &shelf);
    simulation.client("client", async move {
        let client = connect().await?;
        let (sender, mut heard) = mpsc::unbounded_channel();
        let living = Living::default();
        let keeper: KeeperClient = client.service();
        keeper.keep(Notes(sender.clone(), living.one())).await?;
        let old = shelf.last();
        old.changed("one".into()).await?;
        assert_eq!(heard.recv().await.as_deref(), Some("one"));

        turmoil::partition("client", "server");
        let apart = Instant::now();
        let call = old.changed("lost".into()).await.unwrap_err();
        assert_eq!(call.kind(), ErrorKind::Closed);
        let call = keeper.kept().await.unwrap_err();
        assert_eq!(call.kind(), ErrorKind::Closed);
        client.session().closed().await;
        old.closed().await;
        let found = apart.elapsed();
        assert!((19 * SECOND..22 * SECOND).contains(&found), "{found:?}");
        living.none().await;
        assert!(
            timeout(SECOND, connect())
                .await
                .map_or(true, |client| client.is_err())
        );

        turmoil::repair("client", "server");
        let client = connect().await?;
        let keeper: KeeperClient = client.service();
        keeper.keep(Notes(sender, living.one())).await?;
        let new = shelf.last();
        assert_ne!(old, new);
        new.changed("two".into()).await?;
        assert_eq!(heard.recv().await.as_deref(), Some("two"));
        Ok(())
    });
    simulation.run().expect("nothing fails");
}

#[test]
fn what_is_held_up_arrives_later_and_in_its_order() {
    let shelf = Arc::<Shelf>::default();
    let mut simulation = simulation(2, &shelf);
    simulation.client("client", async move {
        let client = connect().await?;
        let (sender, mut heard) = mpsc::unbounded_channel();
        let keeper: KeeperClient = client.service();
        let life = Living::default().one();
        keeper.keep(Notes(sender, life)).await?;
        let listener = shelf.last();
        turmoil::hold("client", "server");
        let calls: Vec<_> = (0..100)
            .map(|no| {
                let listener = listener.clone();
                tokio::spawn(async move { listener.changed(no.to_string()).await })
            })
            .collect();
        sleep(10 * SECOND).await; // the heartbeat has its doubts, and not enough of them
        assert!(heard.try_recv().is_err());
        turmoil::release("client", "server");
        for call in calls {
            call.await??;
        }
        for no in 0..100 {
            assert_eq!(heard.recv().await, Some(no.to_string()));
        }
        assert!(!client.session().is_closed());
        Ok(())
    });
    simulation.run().expect("nothing fails");
}
