//! How fast one call can be: one end writes, the other one reads and writes back, and nothing goes on
//! beside it. With threads that block, and with a task of tokio for each end.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::floor::frame::{Frame, Kind};
use super::{Client, Load, Outcome, Peer, Stop};
use crate::item::Item;

const READ_ROOM: usize = 64 << 10;

/// What has been read, and what is to be written.
#[derive(Default)]
struct Buffers {
    input: Vec<u8>,
    read: usize,
    output: Vec<u8>,
}

impl Buffers {
    /// Where the next bytes go.
    fn room(&mut self) -> &mut [u8] {
        if self.input.len() < self.read + READ_ROOM {
            self.input
                .resize((2 * self.read).max(READ_ROOM) + READ_ROOM, 0);
        }
        &mut self.input[self.read..]
    }

    /// So many bytes have come; none means the end. Gives what `take` makes of the frame, once it is
    /// complete.
    fn received<T>(
        &mut self,
        bytes: usize,
        take: impl FnOnce(Frame<'_>, &mut Vec<u8>) -> Outcome<T>,
    ) -> Outcome<Option<T>> {
        if bytes == 0 {
            return Err(Stop::Failed("the connection has ended".to_owned()));
        }
        self.read += bytes;
        let Ok((frame, length)) = Frame::parse(&self.input[..self.read])? else {
            return Ok(None);
        };
        if length != self.read {
            return Err(Stop::Failed("two calls at a time".to_owned()));
        }
        self.output.clear();
        let taken = take(frame, &mut self.output)?;
        self.read = 0;
        Ok(Some(taken))
    }

    fn ask(&mut self, item: &Item) -> Outcome<()> {
        self.output.clear();
        Frame::write(&mut self.output, Kind::Echo, 0, 0, item)
    }
}

/// The server's part.
fn answer(frame: Frame<'_>, output: &mut Vec<u8>) -> Outcome<()> {
    match frame.kind {
        Kind::Echo => Frame::write(output, Kind::Item, 0, 0, &frame.read::<Item>()?),
        Kind::Bytes => {
            let bytes = frame.read::<&serde_bytes::Bytes>()?;
            Frame::write(output, Kind::ByteString, 0, 0, bytes)
        }
        kind => Err(Stop::Failed(format!("{kind:?} is nothing for a server"))),
    }
}

fn one_caller(load: &Load) -> Outcome<()> {
    if load.callers == 1 {
        return Ok(());
    }
    Err(Stop::Unsupported("one call at a time"))
}

/// Threads that block.
pub(crate) struct Blocking;

impl Peer for Blocking {
    const NAME: &'static str = "blocking";
    type Client = BlockingClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        ready(listener.local_addr()?);
        for stream in listener.incoming() {
            let mut stream = stream?;
            stream.set_nodelay(true)?;
            thread::spawn(move || -> Outcome<()> {
                let mut buffers = Buffers::default();
                loop {
                    let bytes = stream.read(buffers.room())?;
                    if buffers.received(bytes, answer)?.is_some() {
                        stream.write_all(&buffers.output)?;
                    }
                }
            });
        }
        Ok(())
    }

    async fn connect(address: SocketAddr) -> Outcome<BlockingClient> {
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(BlockingClient(Arc::new(Mutex::new(stream))))
    }
}

#[derive(Clone)]
pub(crate) struct BlockingClient(Arc<Mutex<std::net::TcpStream>>);

impl BlockingClient {
    /// Does work on a thread that may block.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut std::net::TcpStream) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        let stream = Arc::clone(&self.0);
        let work = move || work(&mut stream.lock().unwrap_or_else(PoisonError::into_inner));
        tokio::task::spawn_blocking(work).await?
    }
}

impl Client for BlockingClient {
    async fn call(&self, load: Load) -> Outcome<Load> {
        one_caller(&load)?;
        self.apart(|stream| {
            let (mut load, mut buffers) = (load, Buffers::default());
            while let Some(item) = load.next() {
                buffers.ask(&item)?;
                stream.write_all(&buffers.output)?;
                load.answered(loop {
                    let bytes = stream.read(buffers.room())?;
                    if let Some(item) = buffers.received(bytes, |frame, _| frame.read())? {
                        break item;
                    }
                });
            }
            Ok(load)
        })
        .await
    }

    async fn echo_bytes(&self, bytes: Arc<Vec<u8>>, times: u64) -> Outcome<()> {
        self.apart(move |stream| {
            let mut buffers = Buffers::default();
            for _ in 0..times {
                buffers.output.clear();
                let sent = serde_bytes::Bytes::new(&bytes);
                Frame::write(&mut buffers.output, Kind::Bytes, 0, 0, sent)?;
                stream.write_all(&buffers.output)?;
                let back = loop {
                    let bytes = stream.read(buffers.room())?;
                    let take = |frame: Frame<'_>, _: &mut _| frame.read::<serde_bytes::ByteBuf>();
                    if let Some(back) = buffers.received(bytes, take)? {
                        break back;
                    }
                };
                assert_eq!(back.len(), bytes.len());
            }
            Ok(())
        })
        .await
    }
}

/// A task of tokio for each end, that reads and writes.
pub(crate) struct Task;

impl Peer for Task {
    const NAME: &'static str = "task";
    type Client = TaskClient;

    async fn serve(ready: impl FnOnce(SocketAddr)) -> Outcome<()> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        ready(listener.local_addr()?);
        loop {
            let (mut stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::spawn(async move {
                let mut buffers = Buffers::default();
                loop {
                    let bytes = stream.read(buffers.room()).await?;
                    if buffers.received(bytes, answer)?.is_some() {
                        stream.write_all(&buffers.output).await?;
                    }
                }
                #[allow(unreachable_code, reason = "it says what `?` returns")]
                Outcome::Ok(())
            });
        }
    }

    async fn connect(address: SocketAddr) -> Outcome<TaskClient> {
        let stream = tokio::net::TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(TaskClient(Arc::new(tokio::sync::Mutex::new(stream))))
    }
}

#[derive(Clone)]
pub(crate) struct TaskClient(Arc<tokio::sync::Mutex<tokio::net::TcpStream>>);

impl Client for TaskClient {
    async fn call(&self, mut load: Load) -> Outcome<Load> {
        one_caller(&load)?;
        let mut stream = Arc::clone(&self.0).lock_owned().await;
        tokio::spawn(async move {
            let mut buffers = Buffers::default();
            while let Some(item) = load.next() {
                buffers.ask(&item)?;
                stream.write_all(&buffers.output).await?;
                load.answered(loop {
                    let bytes = stream.read(buffers.room()).await?;
                    if let Some(item) = buffers.received(bytes, |frame, _| frame.read())? {
                        break item;
                    }
                });
            }
            Ok(load)
        })
        .await?
    }
}
