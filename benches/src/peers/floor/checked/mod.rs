//! The floor with what it lacks for events: what comes is checked, calls are counted and wait for credit, and each
//! has a handler of its own. By hand, for the one method there is: what a callback costs when nothing lies between the
//! socket and its handler.

mod handler;
mod scan;
mod table;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::{TcpListener, TcpStream};

use super::Service;
use super::frame::{Frame, Kind};
use super::wire::{HIGH_WATER, Handler, Wire};
use crate::item::Item;
use crate::peers::{Client, Load, Outcome, Peer, Sink, Stop};
use handler::{Counting, METHOD, encoded};
use table::Table;

pub(crate) struct CheckedFloor;

impl Peer for CheckedFloor {
    const NAME: &'static str = "floor-checked";
    type Client = CheckedClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        ready(listener.local_addr()?);
        let held = Arc::default();
        loop {
            let (stream, _) = listener.accept().await?;
            Wire::start(stream, Pushing(Service(Arc::clone(&held))))?;
        }
    }

    async fn connect(address: SocketAddr) -> Outcome<CheckedClient> {
        let stream = TcpStream::connect(address).await?;
        let table = Arc::<Mutex<Table>>::default();
        let wire = Wire::start(stream, Receiving(Arc::clone(&table)))?;
        Ok(CheckedClient { wire, table })
    }
}

/// The floor's service, but for the way in which it sends events.
struct Pushing(Service);

impl Handler for Pushing {
    fn handle(&self, wire: &Arc<Wire>, frame: Frame<'_>) -> Outcome<()> {
        if frame.kind != Kind::Push {
            return self.0.handle(wire, frame);
        }
        let (id, events, wire) = (frame.call, frame.read()?, Arc::clone(wire));
        let held = self
            .0
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        tokio::spawn(async move {
            for id in 0..events {
                let item = Item::new(id);
                for (wire, object) in &held {
                    send(wire, *object, &item).await?;
                }
            }
            wire.send(Kind::Unit, id, 0, &()).map(drop)
        });
        Ok(())
    }
}

/// The stub of the one method. A loop of it gives others their turn, as tokio's own operations do.
async fn send(wire: &Wire, object: u32, item: &Item) -> Outcome<()> {
    tokio::task::coop::consume_budget().await;
    loop {
        let sent = encoded(item, |bytes| wire.send_counted(METHOD, object, bytes))?;
        match sent {
            Some(waiting) if waiting > HIGH_WATER => {
                wire.room().await;
                return Ok(());
            }
            Some(_) => return Ok(()),
            None => wire.until_credit(object).await,
        }
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
