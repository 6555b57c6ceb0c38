//! The one task of a connection: moves bytes between the transport and the protocol core, and acts
//! on what comes out of it.
//!
//! Everything that arrived is worked off first, handlers included; what they and everybody else
//! wrote in the meantime then leaves in one write. While several calls are under way the task steps
//! back once before it writes, so that those who are about to call get into the same write; a lone
//! call is never held up. (Measured on two plain ends over loopback: one write per message costs
//! seven times the processor time of this.)

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::time::Sleep;

use super::clock::now;
use super::dispatch::dispatch;
use super::handle::Session;
use super::link::{Answer, Attached, Link, Reply};
use super::received::References;
use crate::error::{Error, ErrorKind};
use crate::proto::{Event, Fault};
use crate::transport::Transport;

/// Room that is made before each read, in bytes.
const READ_ROOM: usize = 8 << 10;
/// Reads in a row before others get their turn.
const READS_PER_TURN: usize = 16;
/// A write buffer that grew larger is not kept.
const KEPT_OUTPUT: usize = 256 << 10;
/// How long the last bytes may take, and the peer's own goodbye.
const FAREWELL: Duration = Duration::from_secs(1);

/// Drives a connection until it ends. `opened` gets the first handle, or why there is none.
pub(super) async fn drive<T: Transport>(
    link: Arc<Link>,
    transport: T,
    opened: oneshot::Sender<Result<Session, Error>>,
) {
    let mut driver = Driver {
        link,
        transport,
        input: BytesMut::new(),
        output: BytesMut::new(),
        written: 0,
        events: VecDeque::new(),
        stepped_back: false,
        timer: None,
        opened: Some(opened),
    };
    let end = poll_fn(|cx| driver.turn(cx)).await;
    driver.finish(end).await;
}

struct Driver<T> {
    link: Arc<Link>,
    transport: T,
    input: BytesMut,
    /// What is being written; `written` bytes of it are.
    output: BytesMut,
    written: usize,
    events: VecDeque<Event<Attached>>,
    stepped_back: bool,
    timer: Option<Pin<Box<Sleep>>>,
    opened: Option<oneshot::Sender<Result<Session, Error>>>,
}

/// Why a connection ends.
enum End {
    /// The peer closed it.
    Peer,
    /// The transport failed.
    Transport(std::io::Error),
    /// The peer is at fault, or said that we are.
    Fault(Fault),
    /// This end leaves.
    Own,
}

impl<T: Transport> Driver<T> {
    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        self.link.register_driver(cx.waker());
        if let Poll::Ready(end) = self.read(cx) {
            return Poll::Ready(end);
        }
        if let Poll::Ready(Err(error)) = self.write(cx) {
            return Poll::Ready(End::Transport(error));
        }
        if self.link.is_leaving() {
            return Poll::Ready(End::Own);
        }
        self.keep_time(cx)
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        for _ in 0..READS_PER_TURN {
            self.input.reserve(READ_ROOM);
            // Reading has no state of its own, so the future may be made anew at each poll.
            let read = pin!(self.transport.read_buf(&mut self.input)).poll(cx);
            match ready!(read) {
                Ok(0) => return Poll::Ready(End::Peer),
                Ok(_) => {}
                Err(error) => return Poll::Ready(End::Transport(error)),
            }
            let (link, input, events) = (&self.link, &mut self.input, &mut self.events);
            let received = link.with(|core| {
                let received = core.receive(input, now());
                core.take_events(events);
                received
            });
            self.act();
            if let Err(fault) = received {
                return Poll::Ready(End::Fault(fault));
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        loop {
            if self.written == self.output.len() {
                self.clear_output();
                let events = &mut self.events;
                let (has_output, is_busy) = self.link.with(|core| {
                    core.take_events(events); // of what was done outside of this task
                    (core.has_output(), core.busy() > 1)
                });
                self.act();
                if !has_output {
                    return Pin::new(&mut self.transport).poll_flush(cx);
                }
                if is_busy && !self.stepped_back {
                    self.stepped_back = true;
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                self.stepped_back = false;
                let (output, events) = (&mut self.output, &mut self.events);
                self.link.with(|core| {
                    core.take_output(output, now());
                    core.take_events(events);
                });
                self.act();
            }
            let rest = &self.output[self.written..];
            let written = ready!(Pin::new(&mut self.transport).poll_write(cx, rest))?;
            if written == 0 {
                return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into()));
            }
            self.written += written;
        }
    }

    fn clear_output(&mut self) {
        self.written = 0;
        if self.output.capacity() > KEPT_OUTPUT {
            self.output = BytesMut::new();
        } else {
            self.output.clear();
        }
    }

    fn keep_time(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        loop {
            let Some(at) = self.link.with(|core| core.timeout()) else {
                return Poll::Pending;
            };
            let timer = self
                .timer
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at.into())));
            // The time moves on with every byte that arrives; the timer follows when it fires.
            ready!(timer.as_mut().poll(cx));
            if let Err(fault) = self.link.with(|core| core.on_timeout(now())) {
                return Poll::Ready(End::Fault(fault));
            }
            if let Some(at) = self.link.with(|core| core.timeout()) {
                timer.as_mut().reset(at.into());
            }
        }
    }

    /// Acts on events in their order: a call's handler has started before a later answer is seen.
    fn act(&mut self) {
        while let Some(event) = self.events.pop_front() {
            match event {
                Event::Opened => {
                    let session = self.link.open();
                    if let Some(opened) = self.opened.take() {
                        let _ = opened.send(Ok(session));
                    }
                }
                Event::Call(call) => dispatch(&self.link, call),
                Event::Cancelled(id) => self.link.running.abort(id),
                Event::Reply {
                    caller,
                    status,
                    value,
                    references,
                } => {
                    let references = References::new(&self.link, references);
                    if let Some(caller) = caller {
                        let _ = caller.send(Answer::Reply(Reply {
                            status,
                            value,
                            references,
                        }));
                    }
                }
                Event::Entered(caller) => {
                    let _ = caller.send(Answer::Entered);
                }
                Event::Failed(caller, rejected) => {
                    let _ = caller.send(Answer::Rejected(rejected));
                }
                Event::ObjectClosed(watch) => watch.close(),
            }
        }
    }

    async fn finish(mut self, end: End) {
        let peer = self.link.peer_addr;
        if let End::Fault(fault) = &end {
            self.link.with(|core| core.abort(fault));
            tracing::warn!(?peer, "connection ended: {}", fault.message);
        }
        let error = end.into_error();
        tracing::debug!(?peer, %error, "session ended");
        self.link.end(error.clone());
        if let Some(opened) = self.opened.take() {
            let _ = opened.send(Err(error));
        }
        // Nobody waits for this any more, but the peer may read it.
        let _ = tokio::time::timeout(FAREWELL, self.say_goodbye()).await;
    }

    /// Sends what is left and waits for the peer to close: a close with unread input would reset the
    /// connection, and take from the peer what it has not read yet.
    async fn say_goodbye(&mut self) -> std::io::Result<()> {
        let left = self.output.split_off(self.written);
        // Taken before anything can fail: nothing stays in the queue of a session that is over.
        let mut last = BytesMut::new();
        self.link.with(|core| core.take_output(&mut last, now()));
        self.transport.write_all(&left).await?;
        self.transport.write_all(&last).await?;
        self.transport.shutdown().await?;
        loop {
            self.input.clear();
            self.input.reserve(READ_ROOM);
            if self.transport.read_buf(&mut self.input).await? == 0 {
                return Ok(());
            }
        }
    }
}

/// Whatever becomes of the task, nobody is left waiting: it may be dropped with its runtime.
impl<T> Drop for Driver<T> {
    fn drop(&mut self) {
        self.link.end(Error::new(
            ErrorKind::Closed,
            "the runtime that drove the connection has shut down",
        ));
    }
}

impl End {
    fn into_error(self) -> Error {
        match self {
            Self::Peer => Error::new(ErrorKind::Closed, "the peer closed the connection"),
            Self::Own => Error::new(ErrorKind::Closed, "the session was closed by this end"),
            Self::Fault(fault) => fault.into_error(),
            Self::Transport(why) => {
                Error::new(ErrorKind::Closed, format!("the connection broke: {why}"))
                    .with_source(why)
            }
        }
    }
}
