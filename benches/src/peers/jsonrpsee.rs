//! jsonrpsee, which is JSON-RPC over WebSockets. A held callback is a subscription. The server cannot call:
//! what it asks is an event with a number, and the answer is a call of the client.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::prelude::{BASE64_STANDARD, Engine};
use jsonrpsee::PendingSubscriptionSink;
use jsonrpsee::core::client::{Error, Subscription};
use jsonrpsee::core::{RpcResult, SubscriptionResult, async_trait, to_json_raw_value};
use jsonrpsee::proc_macros::rpc;
use jsonrpsee::server::{Server, ServerConfig, SubscriptionSink};
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee_ws_client::{WsClient, WsClientBuilder};
use serde::{Deserialize, Serialize};
use slab::Slab;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::{Client, Load, Outcome, Peer, Sink, Stop};
use crate::item::Item;
use crate::measure::failures;

/// Requests of a client at a time; jsonrpsee's own limit is 256.
const REQUESTS: usize = 10_000;
/// Events that a client has not looked at yet; one more ends the subscription. Its own limit is 1,024.
const UNREAD: usize = 1 << 24;
/// Subscriptions of a connection; its own limit is 1,024.
const SUBSCRIPTIONS: u32 = 200_000;
/// Its own limit is 100.
const CONNECTIONS: u32 = 20_000;
/// Some cases wait for long for the last event. Its own limit is a minute.
const TIMEOUT: Duration = Duration::from_secs(600);

/// An event that wants an answer.
#[derive(Serialize, Deserialize)]
pub(super) struct Question {
    number: usize,
    item: Item,
}

#[rpc(server, client)]
trait Bench {
    #[method(name = "echo")]
    async fn echo(&self, item: Item) -> RpcResult<Item>;

    /// In base64.
    #[method(name = "echo_bytes")]
    async fn echo_bytes(&self, bytes: String) -> RpcResult<String>;

    #[method(name = "push")]
    async fn push(&self, events: u64) -> RpcResult<()>;

    #[method(name = "answer")]
    async fn answer(&self, number: usize, item: Item) -> RpcResult<()>;

    #[subscription(name = "subscribe" => "event", unsubscribe = "unsubscribe", item = Item)]
    async fn listen(&self) -> SubscriptionResult;

    #[subscription(name = "questions" => "question", unsubscribe = "enough", item = Question)]
    async fn questions(&self, callers: u64, calls: u64) -> SubscriptionResult;
}

#[derive(Default)]
struct Provider {
    /// Locked while one is accepted, so that no push overlooks it.
    held: tokio::sync::Mutex<Vec<Arc<SubscriptionSink>>>,
    questions: Arc<Questions>,
}

/// Those that have no answer yet.
#[derive(Default)]
struct Questions(Mutex<Slab<oneshot::Sender<Item>>>);

impl Questions {
    fn lock(&self) -> MutexGuard<'_, Slab<oneshot::Sender<Item>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self, sink: &SubscriptionSink, item: Item) -> Outcome<Item> {
        let (sender, answer) = oneshot::channel();
        let number = self.lock().insert(sender);
        sink.send(to_json_raw_value(&Question { number, item })?)
            .await?;
        tokio::select! {
            answer = answer => Ok(answer?),
            () = sink.closed() => Err(Stop::Failed("the client has gone".to_owned())),
        }
    }
}

#[async_trait]
impl BenchServer for Provider {
    async fn echo(&self, item: Item) -> RpcResult<Item> {
        Ok(item)
    }

    async fn echo_bytes(&self, bytes: String) -> RpcResult<String> {
        let invalid = |_| ErrorObjectOwned::owned(1, "no base64", None::<()>);
        let bytes = BASE64_STANDARD.decode(bytes).map_err(invalid)?;
        Ok(BASE64_STANDARD.encode(bytes))
    }

    async fn push(&self, events: u64) -> RpcResult<()> {
        let held = self.held.lock().await.clone();
        for id in 0..events {
            let Ok(event) = to_json_raw_value(&Item::new(id)) else {
                continue;
            };
            for sink in &held {
                let _ = sink.send(event.clone()).await; // or the client has gone
            }
        }
        Ok(())
    }

    async fn answer(&self, number: usize, item: Item) -> RpcResult<()> {
        if let Some(caller) = self.questions.lock().try_remove(number) {
            let _ = caller.send(item); // or nobody waits any more
        }
        Ok(())
    }

    async fn listen(&self, pending: PendingSubscriptionSink) -> SubscriptionResult {
        let mut held = self.held.lock().await;
        held.push(Arc::new(pending.accept().await?));
        Ok(())
    }

    async fn questions(
        &self,
        pending: PendingSubscriptionSink,
        callers: u64,
        calls: u64,
    ) -> SubscriptionResult {
        let sink = Arc::new(pending.accept().await?);
        let questions = Arc::clone(&self.questions);
        let asked = Load::new(callers, calls).spread(|mut load| {
            let (questions, sink) = (Arc::clone(&questions), Arc::clone(&sink));
            tokio::spawn(async move {
                while let Some(item) = load.next() {
                    let answer = questions.ask(&sink, item).await;
                    failures::note(answer.is_err());
                    load.answered(answer?);
                }
                Ok(load)
            })
        });
        asked.await.map_err(|why| why.to_string())?;
        Ok(())
    }
}

pub(crate) struct Jsonrpsee;

impl Peer for Jsonrpsee {
    const NAME: &'static str = "jsonrpsee";
    type Client = JsonrpseeClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        // Both ends are without Nagle's delay unless told otherwise.
        let config = ServerConfig::builder()
            .ws_only()
            .max_connections(CONNECTIONS)
            .max_subscriptions_per_connection(SUBSCRIPTIONS)
            .build();
        let server = Server::builder()
            .set_config(config)
            .build("127.0.0.1:0")
            .await?;
        ready(server.local_addr()?);
        server.start(Provider::default().into_rpc()).stopped().await;
        Ok(())
    }

    async fn connect(address: SocketAddr) -> Outcome<JsonrpseeClient> {
        let client = WsClientBuilder::default()
            .max_concurrent_requests(REQUESTS)
            .max_buffer_capacity_per_subscription(UNREAD)
            .request_timeout(TIMEOUT)
            .build(format!("ws://{address}"))
            .await?;
        Ok(JsonrpseeClient(Arc::new(client)))
    }
}

#[derive(Clone)]
pub(crate) struct JsonrpseeClient(Arc<WsClient>);

impl Client for JsonrpseeClient {
    async fn call(&self, load: Load) -> Outcome<Load> {
        load.spread(|mut load| {
            let client = Arc::clone(&self.0);
            tokio::spawn(async move {
                while let Some(item) = load.next() {
                    load.answered(client.echo(item).await?);
                }
                Ok(load)
            })
        })
        .await
    }

    async fn echo_bytes(&self, bytes: Arc<Vec<u8>>, times: u64) -> Outcome<()> {
        let client = Arc::clone(&self.0);
        tokio::spawn(async move {
            for _ in 0..times {
                let sent = BASE64_STANDARD.encode(bytes.as_slice());
                let back = BASE64_STANDARD.decode(client.echo_bytes(sent).await?)?;
                assert_eq!(back.len(), bytes.len());
            }
            Ok(())
        })
        .await?
    }

    async fn register(&self, sink: Arc<Sink>) -> Outcome<()> {
        let mut events = self.0.listen().await?;
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                sink.take(event?);
            }
            Outcome::Ok(())
        });
        Ok(())
    }

    async fn push(&self, events: u64) -> Outcome<()> {
        Ok(self.0.push(events).await?)
    }

    async fn ask(&self, load: Load) -> Outcome<()> {
        let client = Arc::clone(&self.0);
        tokio::spawn(async move {
            let mut questions = client.questions(load.callers, load.calls).await?;
            let mut answers = JoinSet::<Result<(), Error>>::new();
            for _ in 0..load.calls {
                let Question { number, item } = next(&mut questions).await?;
                let client = Arc::clone(&client);
                answers.spawn(async move { client.answer(number, item).await });
                while let Some(answered) = answers.try_join_next() {
                    answered??;
                }
            }
            while let Some(answered) = answers.join_next().await {
                answered??;
            }
            Ok(())
        })
        .await?
    }

    async fn hang(&self, calls: u64, sink: Arc<Sink>) -> Outcome<()> {
        let mut questions = self.0.questions(calls, calls).await?;
        tokio::spawn(async move {
            loop {
                sink.take(next(&mut questions).await?.item);
            }
            #[allow(unreachable_code, reason = "it says what `?` returns")]
            Outcome::Ok(())
        });
        Ok(())
    }
}

async fn next(questions: &mut Subscription<Question>) -> Outcome<Question> {
    match questions.next().await {
        Some(question) => Ok(question?),
        None => Err(Stop::Failed("no more questions".to_owned())),
    }
}
