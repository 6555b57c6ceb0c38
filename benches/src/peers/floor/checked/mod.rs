//! The floor with what it lacks for events: what comes is checked, calls are counted and wait for credit, and each
//! has a handler of its own. By hand, for the one method there is: what a callback costs when nothing lies between the
//! socket and its handler.

mod credit;
mod handler;
mod scan;
mod table;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpStream;
use tokio::task::coop::consume_budget;

use super::frame::{Frame, Kind};
use super::wire::{HIGH_WATER, Handler, Wire, serve};
use crate::item::Item;
use crate::peers::{Client, Load, Outcome, Peer, Sink, Stop};
use credit::Credit;
use handler::{Counting, METHOD, encoded};
use table::Table;

pub(crate) struct CheckedFloor;

impl Peer for CheckedFloor {
    const NAME: &'static str = "floor-checked";
    type Client = CheckedClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        let held = Arc::<Held>::default();
        serve(ready, || Pushing {
            held: Arc::clone(&held),
            credit: Arc::default(),
        })
        .await
    }

    async fn connect(address: SocketAddr) -> Outcome<CheckedClient> {
        let stream = TcpStream::connect(address).await?;
        let table = Arc::<Mutex<Table>>::default();
        let wire = Wire::start(stream, Receiving(Arc::clone(&table)))?;
        Ok(CheckedClient { wire, table })
    }
}

/// Callbacks of clients.
type Held = Mutex<Vec<Callback>>;

#[derive(Clone)]
struct Callback {
    wire: Arc<Wire>,
    object: u32,
    credit: Arc<Credit>,
}

impl Callback {
    /// The stub of the one method. A loop of it gives others their turn, as tokio's own operations do.
    async fn event(&self, item: &Item) -> Outcome<()> {
        consume_budget().await;
        self.credit.take(self.object).await?;
        let (wire, object) = (&self.wire, self.object);
        let send = |bytes: &[u8]| wire.send_encoded(Kind::Event, METHOD, object, bytes);
        if encoded(item, send)? > HIGH_WATER {
            wire.room().await;
        }
        Ok(())
    }
}

/// What the server does with the frames of one connection.
struct Pushing {
    held: Arc<Held>,
    credit: Arc<Credit>,
}

impl Handler for Pushing {
    fn handle(&self, wire: &Arc<Wire>, frame: Frame<'_>) -> Outcome<()> {
        let held = || self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match frame.kind {
            Kind::Register => {
                held().push(Callback {
                    wire: Arc::clone(wire),
                    object: frame.object,
                    credit: Arc::clone(&self.credit),
                });
                wire.send(Kind::Unit, frame.call, 0, &())?;
            }
            Kind::Push => {
                let (id, events, wire) = (frame.call, frame.read()?, Arc::clone(wire));
                let held = held().clone();
                tokio::spawn(async move {
                    for id in 0..events {
                        let item = Item::new(id);
                        for callback in &held {
                            callback.event(&item).await?;
                        }
                    }
                    wire.send(Kind::Unit, id, 0, &()).map(drop)
                });
            }
            Kind::Credit => self.credit.give_back(frame.object, frame.call),
            kind => return Err(Stop::Failed(format!("{kind:?} is nothing for a server"))),
        }
        Ok(())
    }
}

/// The connection has ended.
impl Drop for Pushing {
    fn drop(&mut self) {
        self.credit.close();
    }
}

/// What the client does with events.
struct Receiving(Arc<Mutex<Table>>);

impl Handler for Receiving {
    fn handle(&self, wire: &Arc<Wire>, frame: Frame<'_>) -> Outcome<()> {
        match frame.kind {
            Kind::Event => table::receive(&self.0, wire, &frame),
            kind => Err(Stop::Failed(format!("{kind:?} is nothing for a client"))),
        }
    }
}

#[derive(Clone)]
pub(crate) struct CheckedClient {
    wire: Arc<Wire>,
    table: Arc<Mutex<Table>>,
}

impl CheckedClient {
    fn add(&self, sink: Arc<Sink>) -> Outcome<u32> {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.add(Arc::new(Counting(sink)))
    }
}

impl Client for CheckedClient {
    async fn call(&self, _load: Load) -> Outcome<Load> {
        Err(Stop::Unsupported("events alone"))
    }

    async fn register(&self, sink: Arc<Sink>) -> Outcome<()> {
        let object = self.add(sink)?;
        self.wire.call(Kind::Register, object, &()).await?;
        Ok(())
    }

    async fn push(&self, events: u64) -> Outcome<()> {
        self.wire.call(Kind::Push, 0, &events).await?;
        Ok(())
    }
}
