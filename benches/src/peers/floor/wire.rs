//! One connection: a task that reads and handles, and one that writes what all have left in one
//! buffer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Buf, BytesMut};
use serde::Serialize;
use slab::Slab;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{Notify, oneshot};

use super::frame::{Frame, Kind};
use crate::item::Item;
use crate::peers::{Outcome, Stop};

/// Room that is made before each read, in bytes.
const READ_ROOM: usize = 64 << 10;
/// Who pushes waits while the buffer is fuller than this.
pub(super) const HIGH_WATER: usize = 256 << 10;

/// Events that may be under way where they are counted, in all and to one object.
pub(super) const MAX_CALLS: u32 = 1 << 14;
pub(super) const MAX_OBJECT_CALLS: u32 = 1 << 10;

/// What an end does with frames that are no answers. It runs where they are read.
pub(super) trait Handler: Send + 'static {
    fn handle(&self, wire: &Arc<Wire>, frame: Frame<'_>) -> Outcome<()>;
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
    /// Events that were counted are over.
    credited: Notify,
}

#[derive(Default)]
struct Outbox {
    bytes: Vec<u8>,
    closed: bool,
    counted: Counted,
}

/// Events that are under way, where they are counted.
#[derive(Default)]
struct Counted {
    all: u32,
    of_objects: Vec<u32>,
}

impl Counted {
    /// Whether there is credit for one more: of an object the less, the less there is in all, as in the library.
    fn has_credit(&self, object: u32) -> bool {
        let used = self.of_objects.get(object as usize).copied().unwrap_or(0);
        let left = u64::from(MAX_CALLS - self.all);
        left > 0
            && used < MAX_OBJECT_CALLS
            && (u64::from(used) + 1) * u64::from(MAX_CALLS) <= left * left
    }

    fn one_more(&mut self, object: u32) {
        let at = object as usize;
        if self.of_objects.len() <= at {
            self.of_objects.resize(at + 1, 0);
        }
        self.of_objects[at] += 1;
        self.all += 1;
    }

    fn are_over(&mut self, object: u32, events: u32) {
        if let Some(used) = self.of_objects.get_mut(object as usize) {
            *used = used.saturating_sub(events);
        }
        self.all = self.all.saturating_sub(events);
    }
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
            credited: Notify::new(),
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
        let mut outbox = self.outbox();
        if outbox.closed {
            return Err(Stop::Failed("the connection is closed".to_owned()));
        }
        let was_empty = outbox.bytes.is_empty();
        Frame::write(&mut outbox.bytes, kind, call, object, value)?;
        let waiting = outbox.bytes.len();
        drop(outbox);
        if was_empty {
            self.filled.notify_one();
        }
        Ok(waiting)
    }

    /// Puts an event into the outbox, if there is credit for it. Says how full it is.
    pub(super) fn send_counted(
        &self,
        method: u32,
        object: u32,
        value: &[u8],
    ) -> Outcome<Option<usize>> {
        let mut outbox = self.outbox();
        if outbox.closed {
            return Err(Stop::Failed("the connection is closed".to_owned()));
        }
        if !outbox.counted.has_credit(object) {
            return Ok(None);
        }
        outbox.counted.one_more(object);
        let was_empty = outbox.bytes.is_empty();
        Frame::write_encoded(&mut outbox.bytes, Kind::Event, method, object, value)?;
        let waiting = outbox.bytes.len();
        drop(outbox);
        if was_empty {
            self.filled.notify_one();
        }
        Ok(Some(waiting))
    }

    /// Waits until there is credit for an event to that object, or the connection is closed.
    pub(super) async fn until_credit(&self, object: u32) {
        loop {
            let credited = self.credited.notified();
            {
                let outbox = self.outbox();
                if outbox.closed || outbox.counted.has_credit(object) {
                    return;
                }
            }
            credited.await;
        }
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
        self.credited.notify_waiters();
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
                Kind::Credit => {
                    self.outbox().counted.are_over(frame.object, frame.call);
                    self.credited.notify_waiters();
                    continue;
                }
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
