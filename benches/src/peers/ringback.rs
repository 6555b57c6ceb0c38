//! Ringback, with all that is on by default: with a plain loop over held callbacks, with a `Group`, and
//! with sessions that can be resumed.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringback::{Client as Connection, Error, Group, Result, Server, service};

use super::{Client, Load, Outcome, Peer, Sink, Stop};
use crate::item::Item;
use crate::measure::failures;

/// As many callbacks as the case `held` holds, and some.
const MAX_CALLBACKS: u32 = 200_000;

/// What is pushed to.
#[service(group)]
pub(crate) trait Listener {
    #[oneway]
    async fn event(&self, item: Item) -> Result<()>;
}

/// What is asked.
#[service]
pub(crate) trait Oracle {
    async fn answer(&self, item: Item) -> Result<Item>;
}

/// What the server does.
#[service]
pub(crate) trait Bench {
    async fn echo(&self, item: Item) -> Result<Item>;
    async fn echo_bytes(&self, bytes: &[u8]) -> Result<Vec<u8>>;
    async fn register(&self, #[callback] listener: impl Listener) -> Result<()>;
    async fn push(&self, events: u64) -> Result<()>;
    async fn push_group(&self, events: u64) -> Result<()>;
    async fn question(
        &self,
        callers: u64,
        calls: u64,
        #[callback] oracle: impl Oracle,
    ) -> Result<()>;
    #[oneway]
    async fn hang(&self, calls: u64, #[callback] oracle: impl Oracle) -> Result<()>;
}

/// The server. Sessions keep their callbacks alive, so it holds what was registered for good.
#[derive(Default)]
struct Provider {
    listeners: Mutex<Vec<ListenerProxy>>,
    group: Group<usize, ListenerProxy>,
    grouped: bool,
    registered: AtomicUsize,
}

impl Bench for Provider {
    async fn echo(&self, item: Item) -> Result<Item> {
        Ok(item)
    }

    async fn echo_bytes(&self, bytes: &[u8]) -> Result<Vec<u8>> {
        Ok(bytes.to_vec())
    }

    async fn register(&self, listener: impl Listener) -> Result<()> {
        let listener = ListenerProxy::new(listener);
        if self.grouped {
            let key = self.registered.fetch_add(1, Ordering::Relaxed);
            self.group.insert(key, listener);
        } else {
            let mut listeners = self
                .listeners
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            listeners.push(listener);
        }
        Ok(())
    }

    async fn push(&self, events: u64) -> Result<()> {
        let listeners = self
            .listeners
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        apart(async move {
            for id in 0..events {
                for listener in &listeners {
                    listener.event(Item::new(id)).await?; // as much as a clone for each
                }
            }
            Ok(())
        })
        .await
    }

    async fn push_group(&self, events: u64) -> Result<()> {
        let group = self.group.clone();
        apart(async move {
            for id in 0..events {
                group.event(Item::new(id)).await?;
            }
            Ok(())
        })
        .await
    }

    async fn question(&self, callers: u64, calls: u64, oracle: impl Oracle) -> Result<()> {
        let oracle = OracleProxy::new(oracle);
        let asked = Load::new(callers, calls).spread(|mut load| {
            let oracle = oracle.clone();
            tokio::spawn(async move {
                while let Some(item) = load.next() {
                    load.answered(oracle.answer(item).await?);
                }
                Ok(load)
            })
        });
        asked.await.map(drop).map_err(Error::application)
    }

    async fn hang(&self, calls: u64, oracle: impl Oracle) -> Result<()> {
        let oracle = OracleProxy::new(oracle);
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

/// In a task of its own, as events mostly are: they have nothing to do with the call that asks for them.
async fn apart(work: impl Future<Output = Result<()>> + Send + 'static) -> Result<()> {
    tokio::spawn(work).await.map_err(Error::application)?
}

/// How Ringback is used.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Plain,
    /// A `Group` where many are called.
    Grouped,
    /// Sessions outlive their connections.
    Resumed,
}

/// How long a session waits for another connection.
const GRACE: Duration = Duration::from_secs(30);

async fn serve(manner: Manner, ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
    let provider = Provider {
        grouped: manner == Manner::Grouped,
        ..Provider::default()
    };
    let mut server = Server::builder();
    if manner == Manner::Resumed {
        server = server.resume(GRACE);
    }
    let server = server
        .service(BenchServer::new(provider))
        .max_callbacks(MAX_CALLBACKS)
        .bind("127.0.0.1:0")
        .await?;
    ready(server.local_addr());
    Ok(server.run().await?)
}

async fn connect(address: SocketAddr, manner: Manner) -> Outcome<RingbackClient> {
    let mut connection = Connection::builder();
    if manner == Manner::Resumed {
        connection = connection.resume(GRACE);
    }
    Ok(RingbackClient {
        bench: connection.connect(address).await?.service(),
        manner,
    })
}

/// Ringback, and a plain loop where many are called.
pub(crate) struct Ringback;

impl Peer for Ringback {
    const NAME: &'static str = "ringback";
    type Client = RingbackClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        serve(Manner::Plain, ready).await
    }

    async fn connect(address: SocketAddr) -> Outcome<RingbackClient> {
        connect(address, Manner::Plain).await
    }
}

/// Ringback, and a `Group` where many are called.
pub(crate) struct RingbackGroup;

impl Peer for RingbackGroup {
    const NAME: &'static str = "ringback-group";
    type Client = RingbackClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        serve(Manner::Grouped, ready).await
    }

    async fn connect(address: SocketAddr) -> Outcome<RingbackClient> {
        connect(address, Manner::Grouped).await
    }
}

/// Ringback with sessions that outlive their connections: numbers, acks, and bytes kept until then.
pub(crate) struct RingbackResume;

impl Peer for RingbackResume {
    const NAME: &'static str = "ringback-resume";
    type Client = RingbackClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        serve(Manner::Resumed, ready).await
    }

    async fn connect(address: SocketAddr) -> Outcome<RingbackClient> {
        connect(address, Manner::Resumed).await
    }
}

#[derive(Clone)]
pub(crate) struct RingbackClient {
    bench: BenchClient,
    manner: Manner,
}

/// An object of the client.
struct Counting(Arc<Sink>);

impl Listener for Counting {
    async fn event(&self, item: Item) -> Result<()> {
        self.0.take(item);
        Ok(())
    }
}

/// Answers at once.
struct Prompt;

impl Oracle for Prompt {
    async fn answer(&self, item: Item) -> Result<Item> {
        Ok(item)
    }
}

/// Never answers.
struct Silent(Arc<Sink>);

impl Oracle for Silent {
    async fn answer(&self, item: Item) -> Result<Item> {
        self.0.take(item);
        std::future::pending().await
    }
}

impl RingbackClient {
    /// What a group adds concerns callbacks only.
    fn plain(&self) -> Outcome<()> {
        if self.manner == Manner::Grouped {
            return Err(Stop::Unsupported("same as without a group"));
        }
        Ok(())
    }
}

impl Client for RingbackClient {
    async fn call(&self, load: Load) -> Outcome<Load> {
        self.plain()?;
        load.spread(|mut load| {
            let bench = self.bench.clone();
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
        self.plain()?;
        let bench = self.bench.clone();
        tokio::spawn(async move {
            for _ in 0..times {
                assert_eq!(bench.echo_bytes(&bytes).await?.len(), bytes.len());
            }
            Ok(())
        })
        .await?
    }

    async fn register(&self, sink: Arc<Sink>) -> Outcome<()> {
        Ok(self.bench.register(Counting(sink)).await?)
    }

    async fn push(&self, events: u64) -> Outcome<()> {
        if self.manner == Manner::Grouped {
            self.bench.push_group(events).await?;
        } else {
            self.bench.push(events).await?;
        }
        Ok(())
    }

    async fn ask(&self, load: Load) -> Outcome<()> {
        self.plain()?;
        Ok(self
            .bench
            .question(load.callers, load.calls, Prompt)
            .await?)
    }

    async fn hang(&self, calls: u64, sink: Arc<Sink>) -> Outcome<()> {
        self.plain()?;
        Ok(self.bench.hang(calls, Silent(sink)).await?)
    }
}
