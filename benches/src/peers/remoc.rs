//! remoc: remote traits for calls and questions, which have an answer always, and remote channels for what is
//! pushed.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use remoc::codec::Default as Codec;
use remoc::rch::mpsc;
use remoc::rtc::{self, CallError, ServerShared};
use remoc::{Cfg, Connect, ConnectExt};
use serde_bytes::ByteBuf;
use tokio::net::{TcpListener, TcpStream};

use super::{Client, Load, Outcome, Peer, Sink};
use crate::item::Item;
use crate::measure::failures;

/// Calls that a server works on at a time; remoc's own limit is 32.
const PARALLEL_CALLS: usize = 10_000;
/// Channels of a connection, of which each call needs one; remoc's own limit is 8,192.
const MAX_PORTS: u32 = 1 << 20;
/// The longest message that is not cut up; remoc's own is 512 KiB.
const MAX_MESSAGE: usize = 16 << 20;

/// What is asked.
#[rtc::remote(server(Shared))]
trait Oracle {
    async fn answer(&self, item: Item) -> Result<Item, CallError>;
}

/// What the server does.
#[rtc::remote(server(Shared))]
trait Bench {
    async fn echo(&self, item: Item) -> Result<Item, CallError>;
    async fn echo_bytes(&self, bytes: ByteBuf) -> Result<ByteBuf, CallError>;
    async fn register(&self, listener: mpsc::Sender<Item>) -> Result<(), CallError>;
    async fn push(&self, events: u64) -> Result<(), CallError>;
    async fn question(
        &self,
        callers: u64,
        calls: u64,
        oracle: OracleClient,
    ) -> Result<(), CallError>;
    async fn hang(&self, calls: u64, oracle: OracleClient) -> Result<(), CallError>;
}

#[derive(Default)]
struct Provider {
    held: Mutex<Vec<mpsc::Sender<Item>>>,
}

impl Bench for Provider {
    async fn echo(&self, item: Item) -> Result<Item, CallError> {
        Ok(item)
    }

    async fn echo_bytes(&self, bytes: ByteBuf) -> Result<ByteBuf, CallError> {
        Ok(bytes)
    }

    async fn register(&self, listener: mpsc::Sender<Item>) -> Result<(), CallError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(listener);
        Ok(())
    }

    async fn push(&self, events: u64) -> Result<(), CallError> {
        let held = self
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for id in 0..events {
            for listener in &held {
                let _ = listener.send(Item::new(id)).await; // or the client has gone
            }
        }
        Ok(())
    }

    async fn question(
        &self,
        callers: u64,
        calls: u64,
        oracle: OracleClient,
    ) -> Result<(), CallError> {
        let asked = Load::new(callers, calls).spread(|mut load| {
            let oracle = oracle.clone();
            tokio::spawn(async move {
                while let Some(item) = load.next() {
                    load.answered(oracle.answer(item).await?);
                }
                Ok(load)
            })
        });
        asked.await.map(drop).map_err(|_| CallError::Dropped)
    }

    async fn hang(&self, calls: u64, oracle: OracleClient) -> Result<(), CallError> {
        for _ in 0..calls {
            let oracle = oracle.clone();
            tokio::spawn(async move {
                let answer = oracle.answer(Item::new(0)).await;
                failures::note(answer.is_err());
            });
        }
        Ok(())
    }
}

fn config() -> Cfg {
    Cfg {
        max_ports: MAX_PORTS,
        max_data_size: MAX_MESSAGE,
        ..Cfg::default()
    }
}

pub(crate) struct Remoc;

impl Peer for Remoc {
    const NAME: &'static str = "remoc";
    type Client = RemocClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        ready(listener.local_addr()?);
        let provider = Arc::<Provider>::default();
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let (mut server, client) = BenchServerShared::<_, Codec>::new(Arc::clone(&provider));
            server.set_parallelism(PARALLEL_CALLS);
            tokio::spawn(async move {
                let (reader, writer) = stream.into_split();
                Connect::io(config(), reader, writer)
                    .provide(client)
                    .await?;
                server.serve().await?;
                Outcome::Ok(())
            });
        }
    }

    async fn connect(address: SocketAddr) -> Outcome<RemocClient> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (reader, writer) = stream.into_split();
        let bench = Connect::io(config(), reader, writer).consume().await?;
        Ok(RemocClient(bench))
    }
}

/// An object of the client. Without a sink it answers at once, else never.
struct Asked(Option<Arc<Sink>>);

impl Oracle for Asked {
    async fn answer(&self, item: Item) -> Result<Item, CallError> {
        match &self.0 {
            None => Ok(item),
            Some(sink) => {
                sink.take(item);
                std::future::pending().await
            }
        }
    }
}

fn serve_oracle(oracle: Asked) -> OracleClient {
    let (mut server, client) = OracleServerShared::<_, Codec>::new(Arc::new(oracle));
    server.set_parallelism(PARALLEL_CALLS);
    tokio::spawn(server.serve());
    client
}

#[derive(Clone)]
pub(crate) struct RemocClient(BenchClient);

impl Client for RemocClient {
    async fn call(&self, load: Load) -> Outcome<Load> {
        load.spread(|mut load| {
            let bench = self.0.clone();
            tokio::spawn(async move {
                while let Some(item) = load.next() {
                    load.answered(bench.echo(item).await?);
                }
                Ok(load)
            })
        })
        .await
    }

    async fn echo_bytes(&self, bytes: Arc<Vec<u8>>, times: u64) -> Outcome<()> {
        let bench = self.0.clone();
        tokio::spawn(async move {
            for _ in 0..times {
                let sent = ByteBuf::from(bytes.to_vec());
                assert_eq!(bench.echo_bytes(sent).await?.len(), bytes.len());
            }
            Ok(())
        })
        .await?
    }

    async fn register(&self, sink: Arc<Sink>) -> Outcome<()> {
        let (sender, mut events) = mpsc::channel::<_, Codec>();
        self.0.register(sender).await?;
        tokio::spawn(async move {
            while let Ok(Some(event)) = events.recv().await {
                sink.take(event);
            }
        });
        Ok(())
    }

    async fn push(&self, events: u64) -> Outcome<()> {
        Ok(self.0.push(events).await?)
    }

    async fn ask(&self, load: Load) -> Outcome<()> {
        let oracle = serve_oracle(Asked(None));
        Ok(self.0.question(load.callers, load.calls, oracle).await?)
    }

    async fn hang(&self, calls: u64, sink: Arc<Sink>) -> Outcome<()> {
        Ok(self.0.hang(calls, serve_oracle(Asked(Some(sink)))).await?)
    }
}
