//! tarpc over its serde transport with bincode. It has no callbacks: what the server asks, it asks on a
//! connection of its own, on which the client serves, as in tarpc's example `pubsub`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::prelude::*;
use serde_bytes::ByteBuf;
use tarpc::client;
use tarpc::context::{self, Context};
use tarpc::serde_transport::Transport;
use tarpc::server::{self, BaseChannel, Channel};
use tarpc::tokio_serde::formats::Bincode;
use tokio::net::{TcpListener, TcpStream};

use super::{Client, Load, Outcome, Peer, Sink, Stop};
use crate::item::Item;
use crate::measure::failures;

/// Calls in flight and in its queues; tarpc's own limits are 1,000 and 100.
const IN_FLIGHT: usize = 10_000;

/// What is asked.
#[tarpc::service]
trait Oracle {
    async fn answer(item: Item) -> Item;
}

/// What the server does. The addresses are those of oracles.
#[tarpc::service]
trait Bench {
    async fn echo(item: Item) -> Item;
    async fn echo_bytes(bytes: ByteBuf) -> ByteBuf;
    async fn question(callers: u64, calls: u64, oracle: SocketAddr) -> Result<(), String>;
    async fn hang(calls: u64, oracle: SocketAddr) -> Result<(), String>;
}

#[derive(Clone)]
struct Provider;

impl Bench for Provider {
    async fn echo(self, _: Context, item: Item) -> Item {
        item
    }

    async fn echo_bytes(self, _: Context, bytes: ByteBuf) -> ByteBuf {
        bytes
    }

    async fn question(
        self,
        _: Context,
        callers: u64,
        calls: u64,
        oracle: SocketAddr,
    ) -> Result<(), String> {
        let oracle = connect_oracle(oracle)
            .await
            .map_err(|why| why.to_string())?;
        let asked = Load::new(callers, calls).spread(|mut load| {
            let oracle = oracle.clone();
            tokio::spawn(async move {
                while let Some(item) = load.next() {
                    load.answered(oracle.answer(context::current(), item).await?);
                }
                Ok(load)
            })
        });
        asked.await.map(drop).map_err(|why| why.to_string())
    }

    async fn hang(self, _: Context, calls: u64, oracle: SocketAddr) -> Result<(), String> {
        let oracle = connect_oracle(oracle)
            .await
            .map_err(|why| why.to_string())?;
        for _ in 0..calls {
            let oracle = oracle.clone();
            tokio::spawn(async move {
                let answer = oracle.answer(long(), Item::new(0)).await;
                failures::note(answer.is_err());
            });
        }
        Ok(())
    }
}

/// The transport that `serde_transport::tcp` would make, but without Nagle's delay.
fn transport<Received, Sent>(
    stream: TcpStream,
) -> Outcome<Transport<TcpStream, Received, Sent, Bincode<Received, Sent>>>
where
    Received: for<'a> serde::Deserialize<'a>,
    Sent: serde::Serialize,
{
    stream.set_nodelay(true)?;
    Ok(Transport::from((stream, Bincode::default())))
}

fn client_config() -> client::Config {
    let mut config = client::Config::default();
    config.max_in_flight_requests = IN_FLIGHT;
    config.pending_request_buffer = IN_FLIGHT;
    config
}

fn server_config() -> server::Config {
    server::Config {
        pending_response_buffer: IN_FLIGHT,
    }
}

/// For calls that last longer than the ten seconds of `context::current`.
fn long() -> Context {
    let mut context = context::current();
    context.deadline = Instant::now() + Duration::from_secs(600);
    context
}

async fn connect_oracle(address: SocketAddr) -> Outcome<OracleClient> {
    let transport = transport(TcpStream::connect(address).await?)?;
    Ok(OracleClient::new(client_config(), transport).spawn())
}

async fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(work);
}

pub(crate) struct Tarpc;

impl Peer for Tarpc {
    const NAME: &'static str = "tarpc";
    type Client = TarpcClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        ready(listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            let channel = BaseChannel::new(server_config(), transport(stream)?);
            tokio::spawn(channel.execute(Provider.serve()).for_each(spawn));
        }
    }

    async fn connect(address: SocketAddr) -> Outcome<TarpcClient> {
        let transport = transport(TcpStream::connect(address).await?)?;
        Ok(TarpcClient(
            BenchClient::new(client_config(), transport).spawn(),
        ))
    }
}

/// An object of the client. Without a sink it answers at once, else never.
#[derive(Clone)]
struct Asked(Option<Arc<Sink>>);

impl Oracle for Asked {
    async fn answer(self, _: Context, item: Item) -> Item {
        match self.0 {
            None => item,
            Some(sink) => {
                sink.take(item);
                future::pending().await
            }
        }
    }
}

/// Serves one connection.
async fn serve_oracle(oracle: Asked) -> Outcome<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await?;
        let channel = BaseChannel::new(server_config(), transport(stream)?);
        channel.execute(oracle.serve()).for_each(spawn).await;
        Outcome::Ok(())
    });
    Ok(address)
}

#[derive(Clone)]
pub(crate) struct TarpcClient(BenchClient);

impl Client for TarpcClient {
    async fn call(&self, load: Load) -> Outcome<Load> {
        load.spread(|mut load| {
            let bench = self.0.clone();
            tokio::spawn(async move {
                while let Some(item) = load.next() {
                    load.answered(bench.echo(context::current(), item).await?);
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
                let back = bench.echo_bytes(context::current(), sent).await?;
                assert_eq!(back.len(), bytes.len());
            }
            Ok(())
        })
        .await?
    }

    async fn ask(&self, load: Load) -> Outcome<()> {
        let oracle = serve_oracle(Asked(None)).await?;
        let asked = self.0.question(long(), load.callers, load.calls, oracle);
        asked.await?.map_err(Stop::Failed)
    }

    async fn hang(&self, calls: u64, sink: Arc<Sink>) -> Outcome<()> {
        let oracle = serve_oracle(Asked(Some(sink))).await?;
        self.0
            .hang(long(), calls, oracle)
            .await?
            .map_err(Stop::Failed)
    }
}
