//! tonic, which is gRPC: calls are unary, a held callback is a stream from the server that stays open, and
//! what is asked goes over a stream in each direction, in order and without ids.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Request, Response, Status, Streaming};

use super::{Client, Load, Outcome, Peer, Sink};
use crate::item::Item;
use crate::measure::failures;

#[allow(clippy::all, missing_docs, unreachable_pub, reason = "generated")]
mod generated {
    use super::{ByteString, Message, Number, Unit};

    tonic::include_proto!("bench.Bench");
}
use generated::bench_client::BenchClient;
use generated::bench_server::{Bench, BenchServer};

/// Streams of a connection, which calls are as well; hyper's own limit is 200.
const MAX_STREAMS: u32 = 1 << 20;
/// Messages between a task and a stream, as in tonic's examples.
const QUEUE: usize = 128;

#[derive(Clone, PartialEq, prost::Message)]
struct Message {
    #[prost(uint64, tag = "1")]
    id: u64,
    #[prost(string, tag = "2")]
    text: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ByteString {
    #[prost(bytes = "vec", tag = "1")]
    bytes: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Number {
    #[prost(uint64, tag = "1")]
    number: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Unit {}

impl From<Item> for Message {
    fn from(Item { id, text }: Item) -> Self {
        Self { id, text }
    }
}

impl From<Message> for Item {
    fn from(Message { id, text }: Message) -> Self {
        Self { id, text }
    }
}

/// A stream to a client.
type Events = ReceiverStream<Result<Message, Status>>;
type Sender = mpsc::Sender<Result<Message, Status>>;

#[derive(Default)]
struct Provider {
    held: Mutex<Vec<Sender>>,
}

#[tonic::async_trait]
impl Bench for Provider {
    async fn echo(&self, request: Request<Message>) -> Result<Response<Message>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn echo_bytes(
        &self,
        request: Request<ByteString>,
    ) -> Result<Response<ByteString>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    async fn push(&self, request: Request<Number>) -> Result<Response<Unit>, Status> {
        let held = self
            .held
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for id in 0..request.into_inner().number {
            for sender in &held {
                let _ = sender.send(Ok(Item::new(id).into())).await; // or the client has gone
            }
        }
        Ok(Response::new(Unit {}))
    }

    type SubscribeStream = Events;

    async fn subscribe(&self, _: Request<Unit>) -> Result<Response<Events>, Status> {
        let (sender, receiver) = mpsc::channel(QUEUE);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(sender);
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    type ConverseStream = Events;

    async fn converse(
        &self,
        request: Request<Streaming<Message>>,
    ) -> Result<Response<Events>, Status> {
        let number = |name: &str| -> Option<u64> {
            request.metadata().get(name)?.to_str().ok()?.parse().ok()
        };
        let (Some(calls), Some(at_once)) = (number(CALLS), number(AT_ONCE)) else {
            return Err(Status::invalid_argument("how many calls?"));
        };
        let (sender, receiver) = mpsc::channel(QUEUE);
        let answers = request.into_inner();
        tokio::spawn(async move {
            let unanswered = ask(&sender, answers, calls, at_once).await;
            for _ in 0..unanswered {
                failures::note(true);
            }
        });
        Ok(Response::new(ReceiverStream::new(receiver)))
    }
}

/// In the metadata: how many questions are wanted, and how many of them before there is an answer.
const CALLS: &str = "calls";
const AT_ONCE: &str = "at-once";

/// Says how many questions remain without an answer. The next answer is the answer of the oldest question.
async fn ask(sender: &Sender, mut answers: Streaming<Message>, calls: u64, at_once: u64) -> u64 {
    let mut asked = 0;
    for answered in 0..calls {
        while asked < calls.min(answered + at_once) {
            if sender.send(Ok(Item::new(asked).into())).await.is_err() {
                return asked - answered;
            }
            asked += 1;
        }
        match answers.message().await {
            Ok(Some(answer)) => assert_eq!(answer.id, answered, "that answers another question"),
            Ok(None) | Err(_) => return asked - answered,
        }
    }
    0
}

pub(crate) struct Tonic;

impl Peer for Tonic {
    const NAME: &'static str = "tonic";
    type Client = TonicClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        let incoming =
            TcpIncoming::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?.with_nodelay(Some(true));
        ready(incoming.local_addr()?);
        Ok(Server::builder()
            .max_concurrent_streams(MAX_STREAMS)
            .add_service(BenchServer::new(Provider::default()))
            .serve_with_incoming(incoming)
            .await?)
    }

    async fn connect(address: SocketAddr) -> Outcome<TonicClient> {
        // Its endpoints are without Nagle's delay unless told otherwise.
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
        Ok(TonicClient(BenchClient::new(endpoint.connect().await?)))
    }
}

#[derive(Clone)]
pub(crate) struct TonicClient(BenchClient<Channel>);

impl TonicClient {
    /// Opens both streams.
    async fn converse(
        &self,
        calls: u64,
        at_once: u64,
        answers: mpsc::Receiver<Message>,
    ) -> Outcome<Streaming<Message>> {
        let mut request = Request::new(ReceiverStream::new(answers));
        request.metadata_mut().insert(CALLS, calls.into());
        request.metadata_mut().insert(AT_ONCE, at_once.into());
        Ok(self.0.clone().converse(request).await?.into_inner())
    }
}

impl Client for TonicClient {
    async fn call(&self, load: Load) -> Outcome<Load> {
        load.spread(|mut load| {
            let mut bench = self.0.clone();
            tokio::spawn(async move {
                while let Some(item) = load.next() {
                    let answer = bench.echo(Message::from(item)).await?;
                    load.answered(answer.into_inner().into());
                }
                Ok(load)
            })
        })
        .await
    }

    async fn echo_bytes(&self, bytes: Arc<Vec<u8>>, times: u64) -> Outcome<()> {
        let mut bench = self.0.clone();
        tokio::spawn(async move {
            for _ in 0..times {
                let sent = ByteString {
                    bytes: bytes.to_vec(),
                };
                let back = bench.echo_bytes(sent).await?.into_inner();
                assert_eq!(back.bytes.len(), bytes.len());
            }
            Ok(())
        })
        .await?
    }

    async fn register(&self, sink: Arc<Sink>) -> Outcome<()> {
        let mut events = self.0.clone().subscribe(Unit {}).await?.into_inner();
        tokio::spawn(async move {
            while let Ok(Some(event)) = events.message().await {
                sink.take(event.into());
            }
        });
        Ok(())
    }

    async fn push(&self, events: u64) -> Outcome<()> {
        self.0.clone().push(Number { number: events }).await?;
        Ok(())
    }

    async fn ask(&self, load: Load) -> Outcome<()> {
        let (sender, answers) = mpsc::channel(QUEUE);
        let mut questions = self.converse(load.calls, load.callers, answers).await?;
        tokio::spawn(async move {
            while let Some(question) = questions.message().await? {
                sender.send(question).await?;
            }
            Ok(())
        })
        .await?
    }

    async fn hang(&self, calls: u64, sink: Arc<Sink>) -> Outcome<()> {
        let (sender, answers) = mpsc::channel(QUEUE);
        let mut questions = self.converse(calls, calls, answers).await?;
        tokio::spawn(async move {
            while let Some(question) = questions.message().await? {
                sink.take(question.into());
            }
            drop(sender); // it has kept the other stream open
            Outcome::Ok(())
        });
        Ok(())
    }
}
