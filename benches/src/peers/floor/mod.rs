//! The floor: what the bytes cost without an RPC layer. Tokio, rmp-serde, and as little as possible
//! between them, written for this one service; no limits, deadlines, cancelling, errors or releases.

mod checked;
pub(super) mod frame;
mod wire;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpStream;

use super::{Client, Load, Outcome, Peer, Sink, Stop};
use crate::item::Item;
use crate::measure::failures;
pub(crate) use checked::CheckedFloor;
use frame::{Frame, Kind};
use wire::{HIGH_WATER, Handler, Reply, Wire, serve};

pub(crate) struct Floor;

impl Peer for Floor {
    const NAME: &'static str = "floor";
    type Client = FloorClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        let held = Arc::default();
        serve(ready, || Service(Arc::clone(&held))).await
    }

    async fn connect(address: SocketAddr) -> Outcome<FloorClient> {
        let stream = TcpStream::connect(address).await?;
        let objects = Arc::<Objects>::default();
        let wire = Wire::start(stream, Listeners(Arc::clone(&objects)))?;
        Ok(FloorClient { wire, objects })
    }
}

/// Callbacks of clients, by connection and number.
type Held = Mutex<Vec<(Arc<Wire>, u32)>>;

/// What the server does with a frame.
struct Service(Arc<Held>);

impl Handler for Service {
    fn handle(&self, wire: &Arc<Wire>, frame: Frame<'_>) -> Outcome<()> {
        let id = frame.call;
        match frame.kind {
            Kind::Echo => {
                wire.send(Kind::Item, id, 0, &frame.read::<Item>()?)?;
            }
            Kind::Bytes => {
                let bytes = frame.read::<&serde_bytes::Bytes>()?;
                wire.send(Kind::ByteString, id, 0, bytes)?;
            }
            Kind::Register => {
                let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                held.push((Arc::clone(wire), frame.object));
                wire.send(Kind::Unit, id, 0, &())?;
            }
            Kind::Push => {
                let (events, wire) = (frame.read()?, Arc::clone(wire));
                let held = self
                    .0
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                tokio::spawn(async move {
                    push(&held, events).await?;
                    wire.send(Kind::Unit, id, 0, &()).map(drop)
                });
            }
            Kind::Ask => {
                let ((callers, calls), wire, object) =
                    (frame.read()?, Arc::clone(wire), frame.object);
                tokio::spawn(async move {
                    ask(&wire, object, Load::new(callers, calls)).await?;
                    wire.send(Kind::Unit, id, 0, &()).map(drop)
                });
            }
            Kind::Hang => {
                for _ in 0..frame.read::<u64>()? {
                    let (wire, object) = (Arc::clone(wire), frame.object);
                    tokio::spawn(async move {
                        let answer = wire.call(Kind::HangObject, object, &Item::new(0)).await;
                        failures::note(answer.is_err());
                    });
                }
            }
            kind => return Err(Stop::Failed(format!("{kind:?} is nothing for a server"))),
        }
        Ok(())
    }
}

async fn push(held: &[(Arc<Wire>, u32)], events: u64) -> Outcome<()> {
    for id in 0..events {
        let item = Item::new(id);
        for (wire, object) in held {
            if wire.send(Kind::Event, 0, *object, &item)? > HIGH_WATER {
                wire.room().await;
            }
        }
    }
    Ok(())
}

async fn ask(wire: &Arc<Wire>, object: u32, load: Load) -> Outcome<Load> {
    load.spread(|mut load| {
        let wire = Arc::clone(wire);
        tokio::spawn(async move {
            while let Some(item) = load.next() {
                load.answered(
                    wire.call(Kind::AskObject, object, &item)
                        .await?
                        .into_item()?,
                );
            }
            Ok(load)
        })
    })
    .await
}

/// The client's callbacks; a number is an index.
type Objects = Mutex<Vec<Arc<Sink>>>;

/// What the client does with a frame.
struct Listeners(Arc<Objects>);

impl Handler for Listeners {
    fn handle(&self, wire: &Arc<Wire>, frame: Frame<'_>) -> Outcome<()> {
        match frame.kind {
            Kind::AskObject => {
                wire.send(Kind::Item, frame.call, 0, &frame.read::<Item>()?)?;
            }
            Kind::Event | Kind::HangObject => {
                let item = frame.read()?;
                let objects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                match objects.get(frame.object as usize) {
                    Some(sink) => sink.take(item),
                    None => return Err(Stop::Failed("no such object".to_owned())),
                }
            }
            kind => return Err(Stop::Failed(format!("{kind:?} is nothing for a client"))),
        }
        Ok(())
    }
}

#[derive(Clone)]
pub(crate) struct FloorClient {
    wire: Arc<Wire>,
    objects: Arc<Objects>,
}

impl FloorClient {
    fn add(&self, sink: Arc<Sink>) -> Outcome<u32> {
        let mut objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        objects.push(sink);
        Ok(u32::try_from(objects.len() - 1)?)
    }
}

impl Client for FloorClient {
    async fn call(&self, load: Load) -> Outcome<Load> {
        load.spread(|mut load| {
            let wire = Arc::clone(&self.wire);
            tokio::spawn(async move {
                while let Some(item) = load.next() {
                    load.answered(wire.call(Kind::Echo, 0, &item).await?.into_item()?);
                }
                Ok(load)
            })
        })
        .await
    }

    async fn echo_bytes(&self, bytes: Arc<Vec<u8>>, times: u64) -> Outcome<()> {
        let wire = Arc::clone(&self.wire);
        tokio::spawn(async move {
            for _ in 0..times {
                let sent = serde_bytes::Bytes::new(&bytes);
                match wire.call(Kind::Bytes, 0, sent).await? {
                    Reply::ByteString(back) => assert_eq!(back.len(), bytes.len()),
                    _ => return Err(Stop::Failed("an answer without bytes".to_owned())),
                }
            }
            Ok(())
        })
        .await?
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

    async fn ask(&self, load: Load) -> Outcome<()> {
        let object = self.add(Arc::default())?;
        self.wire
            .call(Kind::Ask, object, &(load.callers, load.calls))
            .await?;
        Ok(())
    }

    async fn hang(&self, calls: u64, sink: Arc<Sink>) -> Outcome<()> {
        let object = self.add(sink)?;
        self.wire.send(Kind::Hang, 0, object, &calls)?;
        Ok(())
    }
}
