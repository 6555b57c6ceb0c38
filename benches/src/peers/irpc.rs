//! irpc, which is streams over QUIC: a call is a stream, a held callback is one that stays open, and what is
//! asked goes over both directions of one, in order and without ids.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use irpc::channel::{mpsc, oneshot};
use irpc::rpc::{RemoteService, listen};
use irpc::util::{configure_server, make_insecure_client_endpoint};
use irpc::{WithChannels, rpc_requests};
use noq::Endpoint;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{Client, Load, Outcome, Peer, Sink, Stop};
use crate::item::Item;
use crate::measure::failures;

/// Streams of a connection, which calls are as well; noq's own limit is 100.
const MAX_STREAMS: u32 = 1 << 20;
/// Messages between a task and a local channel, as in irpc's examples.
const QUEUE: usize = 128;

#[derive(Debug, Serialize, Deserialize)]
struct Echo(Item);
#[derive(Debug, Serialize, Deserialize)]
struct EchoBytes(ByteBuf);
#[derive(Debug, Serialize, Deserialize)]
struct Subscribe;
#[derive(Debug, Serialize, Deserialize)]
struct Push {
    events: u64,
}
#[derive(Debug, Serialize, Deserialize)]
struct Converse {
    calls: u64,
    /// So many questions before there is an answer.
    at_once: u64,
}

#[rpc_requests(message = BenchMessage)]
#[derive(Debug, Serialize, Deserialize)]
enum Bench {
    #[rpc(tx = oneshot::Sender<Item>)]
    Echo(Echo),
    #[rpc(tx = oneshot::Sender<ByteBuf>)]
    EchoBytes(EchoBytes),
    /// The first event says that the server holds it.
    #[rpc(tx = mpsc::Sender<Item>)]
    Subscribe(Subscribe),
    #[rpc(tx = oneshot::Sender<()>)]
    Push(Push),
    #[rpc(tx = mpsc::Sender<Item>, rx = mpsc::Receiver<Item>)]
    Converse(Converse),
}

type BenchClient = irpc::Client<Bench>;
type Held = Mutex<Vec<mpsc::Sender<Item>>>;

/// A task for each request.
async fn run(mut requests: mpsc::Receiver<BenchMessage>) {
    let held = Arc::<Held>::default();
    while let Ok(Some(request)) = requests.recv().await {
        let held = Arc::clone(&held);
        tokio::spawn(async move {
            let _ = answer(request, &held).await; // or the client has gone
        });
    }
}

async fn answer(request: BenchMessage, held: &Held) -> Outcome<()> {
    match request {
        BenchMessage::Echo(WithChannels { tx, inner, .. }) => tx.send(inner.0).await?,
        BenchMessage::EchoBytes(WithChannels { tx, inner, .. }) => tx.send(inner.0).await?,
        BenchMessage::Subscribe(WithChannels { tx, .. }) => {
            held.lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(tx.clone());
            tx.send(Item::new(0)).await?;
        }
        BenchMessage::Push(WithChannels { tx, inner, .. }) => {
            let held = held.lock().unwrap_or_else(PoisonError::into_inner).clone();
            for id in 0..inner.events {
                for listener in &held {
                    let _ = listener.send(Item::new(id)).await; // or the client has gone
                }
            }
            tx.send(()).await?;
        }
        BenchMessage::Converse(WithChannels { tx, rx, inner, .. }) => {
            for _ in 0..ask(&tx, rx, inner).await {
                failures::note(true);
            }
        }
    }
    Ok(())
}

/// Says how many questions remain without an answer. The next answer is the answer of the oldest question.
async fn ask(
    questions: &mpsc::Sender<Item>,
    mut answers: mpsc::Receiver<Item>,
    Converse { calls, at_once }: Converse,
) -> u64 {
    let mut asked = 0;
    for answered in 0..calls {
        while asked < calls.min(answered + at_once) {
            if questions.send(Item::new(asked)).await.is_err() {
                return asked - answered;
            }
            asked += 1;
        }
        match answers.recv().await {
            Ok(Some(answer)) => assert_eq!(answer.id, answered, "that answers another question"),
            Ok(None) | Err(_) => return asked - answered,
        }
    }
    0
}

fn failed(why: impl ToString) -> Stop {
    Stop::Failed(why.to_string())
}

/// That of this process: QUIC's connections share a socket.
fn client_endpoint() -> Outcome<Endpoint> {
    static ENDPOINT: OnceLock<Endpoint> = OnceLock::new();
    if let Some(endpoint) = ENDPOINT.get() {
        return Ok(endpoint.clone());
    }
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let endpoint = make_insecure_client_endpoint(any).map_err(failed)?;
    Ok(ENDPOINT.get_or_init(|| endpoint).clone())
}

pub(crate) struct Irpc;

impl Peer for Irpc {
    const NAME: &'static str = "irpc";
    type Client = IrpcClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        let (mut config, _) = configure_server().map_err(failed)?;
        if let Some(transport) = Arc::get_mut(&mut config.transport) {
            transport.max_concurrent_bidi_streams(MAX_STREAMS.into());
        }
        let endpoint = Endpoint::server(config, SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        ready(endpoint.local_addr()?);
        let (sender, requests) = mpsc::channel(QUEUE);
        tokio::spawn(run(requests));
        listen(endpoint, Bench::remote_handler(sender.into())).await;
        Ok(())
    }

    async fn connect(address: SocketAddr) -> Outcome<IrpcClient> {
        // It connects when it is first used.
        Ok(IrpcClient(BenchClient::noq(client_endpoint()?, address)))
    }
}

#[derive(Clone)]
pub(crate) struct IrpcClient(BenchClient);

impl Client for IrpcClient {
    async fn call(&self, load: Load) -> Outcome<Load> {
        load.spread(|mut load| {
            let bench = self.0.clone();
            tokio::spawn(async move {
                while let Some(item) = load.next() {
                    load.answered(bench.rpc(Echo(item)).await?);
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
                let sent = EchoBytes(ByteBuf::from(bytes.to_vec()));
                assert_eq!(bench.rpc(sent).await?.len(), bytes.len());
            }
            Ok(())
        })
        .await?
    }

    async fn register(&self, sink: Arc<Sink>) -> Outcome<()> {
        let mut events = self.0.server_streaming(Subscribe, QUEUE).await?;
        events.recv().await?;
        tokio::spawn(async move {
            while let Ok(Some(event)) = events.recv().await {
                sink.take(event);
            }
        });
        Ok(())
    }

    async fn push(&self, events: u64) -> Outcome<()> {
        Ok(self.0.rpc(Push { events }).await?)
    }

    async fn ask(&self, load: Load) -> Outcome<()> {
        let converse = Converse {
            calls: load.calls,
            at_once: load.callers,
        };
        let (answers, mut questions) = self.0.bidi_streaming(converse, QUEUE, QUEUE).await?;
        tokio::spawn(async move {
            while let Some(question) = questions.recv().await? {
                answers.send(question).await?;
            }
            Ok(())
        })
        .await?
    }

    async fn hang(&self, calls: u64, sink: Arc<Sink>) -> Outcome<()> {
        let converse = Converse {
            calls,
            at_once: calls,
        };
        let (answers, mut questions) = self
            .0
            .bidi_streaming::<_, Item, Item>(converse, QUEUE, QUEUE)
            .await?;
        tokio::spawn(async move {
            while let Ok(Some(question)) = questions.recv().await {
                sink.take(question);
            }
            drop(answers); // it has kept the other direction open
        });
        Ok(())
    }
}
