//! One connection: a task that reads and handles, and one that writes what all have left in one
//! buffer.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Buf, BytesMut};
use serde::Serialize;
use slab::Slab;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};

use super::frame::{Frame, Kind};
use crate::item::Item;
use crate::peers::{Outcome, Stop};

/// Room that is made before each read, in bytes.
const READ_ROOM: usize = 64 << 10;
/// Who pushes waits while the buffer is fuller than this.
pub(super) const HIGH_WATER: usize = 256 << 10;

/// What an end does with frames that are no answers. It runs where they are read.
pub(super) trait Handler: Send + 'static {
    fn handle(&self, wire: &Arc<Wire>, frame: Frame<'_>) -> Outcome<()>;
}

/// Takes connections at a free port of the loopback, for ever, and gives a handler to each.
pub(super) async fn serve<H: Handler>(
    ready: impl FnOnce(SocketAddr),
    handler: impl Fn() -> H,
) -> Outcome<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    ready(listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        Wire::start(stream, handler())?;
    }
}

/// An answer, decoded where it was read.
pub(super) enum Reply {
    Item(Item),
    ByteString(Vec<u8>),
    Unit,
}

impl Reply {
    pub(super) fn into_item(self) -> Outcome<Item> {
        match self {
            Self::Item(item) => Ok(item),
            _ => Err(Stop::Failed("an answer without an item".to_owned())),
        }
    }
}

/// The shared part of a connection.
pub(super) struct Wire {
    outbox: Mutex<Outbox>,
    calls: Mutex<Slab<oneshot::Sender<Reply>>>,
    /// The outbox is not empty any more.
    filled: Notify,
    /// The outbox is empty again.
    drained: Notify,
}

#[derive(Default)]
struct Outbox {
    bytes: Vec<u8>,
    closed: bool,
}

impl Wire {
    /// Starts the two tasks.
    pub(super) fn start(stream: TcpStream, handler: impl Handler) -> Outcome<Arc<Self>> {
        stream.set_nodelay(true)?;
        let (reader, writer) = stream.into_split();
        let wire = Arc::new(Self {
            outbox: Mutex::default(),
            calls: Mutex::default(),
            filled: Notify::new(),
            drained: Notify::new(),
        });
        tokio::spawn(Arc::clone(&wire).read(reader, handler));
        tokio::spawn(Arc::clone(&wire).write(writer));
        Ok(wire)
    }

    /// Puts a frame into the outbox. Says how full it is.
    pub(super) fn send<T: Serialize + ?Sized>(
        &self,
        kind: Kind,
        call: u32,
        object: u32,
        value: &T,
    ) -> Outcome<usize> {
        self.put(|out| Frame::write(out, kind, call, object, value))
    }

    /// The same with a value that is encoded already.
    pub(super) fn send_encoded(
        &self,
        kind: Kind,
        call: u32,
        object: u32,
        value: &[u8],
    ) -> Outcome<usize> {
        self.put(|out| Frame::write_encoded(out, kind, call, object, value))
    }

    #[inline(always)]
    fn put(&self, write: impl FnOnce(&mut Vec<u8>) -> Outcome<()>) -> Outcome<usize> {
        let mut outbox = self.outbox();
        if outbox.closed {
            return Err(Stop::Failed("the connection is closed".to_owned()));
        }
        let was_empty = outbox.bytes.is_empty();
        write(&mut outbox.bytes)?;
        let waiting = outbox.bytes.len();
        drop(outbox);
        if was_empty {
            self.filled.notify_one();
        }
        Ok(waiting)
    }

    /// Sends a request and waits for its answer.
    pub(super) async fn call<T: Serialize + ?Sized>(
        &self,
        kind: Kind,
        object: u32,
        value: &T,
    ) -> Outcome<Reply> {
        let (sender, receiver) = oneshot::channel();
        let id = self.calls().insert(sender);
        self.send(kind, u32::try_from(id)?, object, value)?;
        Ok(receiver.await?)
    }

    /// Waits while the outbox is full.
    pub(super) async fn room(&self) {
        loop {
            let drained = self.drained.notified();
            if self.outbox().bytes.len() < HIGH_WATER {
                return;
            }
            drained.await;
        }
    }

    async fn write(self: Arc<Self>, mut writer: OwnedWriteHalf) {
        let mut writing = Vec::new();
        loop {
            self.filled.notified().await;
            // Those who are about to call get into the same write.
            tokio::task::yield_now().await;
            std::mem::swap(&mut self.outbox().bytes, &mut writing);
            self.drained.notify_waiters();
            if writer.write_all(&writing).await.is_err() {
                return;
            }
            writing.clear();
        }
    }

    async fn read(self: Arc<Self>, mut reader: OwnedReadHalf, handler: impl Handler) {
        let mut input = BytesMut::new();
        let mut missing = 0;
        loop {
            input.reserve(READ_ROOM.max(missing));
            match reader.read_buf(&mut input).await {
                Ok(0) | Err(_) => break,
                Ok(_) => {}
            }
            match self.take_frames(&mut input, &handler) {
                Ok(more) => missing = more,
                Err(why) => {
                    eprintln!("the floor gives a connection up: {why}");
                    break;
                }
            }
        }
        self.outbox().closed = true;
        self.calls().clear(); // their callers hear of it
    }

    /// Handles all complete frames. Says how many bytes the next one lacks.
    fn take_frames(
        self: &Arc<Self>,
        input: &mut BytesMut,
        handler: &impl Handler,
    ) -> Outcome<usize> {
        let mut taken = 0;
        let missing = loop {
            let (frame, length) = match Frame::parse(&input[taken..])? {
                Ok(parsed) => parsed,
                Err(missing) => break missing,
            };
            taken += length;
            let reply = match frame.kind {
                Kind::Item => Reply::Item(frame.read()?),
                Kind::ByteString => {
                    Reply::ByteString(frame.read::<serde_bytes::ByteBuf>()?.into_vec())
                }
                Kind::Unit => Reply::Unit,
                _ => {
                    handler.handle(self, frame)?;
                    continue;
                }
            };
            if let Some(caller) = self.calls().try_remove(frame.call as usize) {
                let _ = caller.send(reply); // or nobody waits any more
            }
        };
        input.advance(taken);
        Ok(missing)
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn calls(&self) -> MutexGuard<'_, Slab<oneshot::Sender<Reply>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
