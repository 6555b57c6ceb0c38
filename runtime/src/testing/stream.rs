//! One end of a connection.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::connections::{Direction, Shared};
use super::pipe::Arrival;

/// One end of a connection over a [`Link`](super::Link): a transport.
///
/// Dropping it closes the connection: the other end reads what is under way, and then the end; what it
/// writes fails once it can know.
pub struct Stream {
    link: Arc<Shared>,
    number: u64,
    writes: Direction,
    arrival: Option<Pin<Box<Sleep>>>,
}

impl Stream {
    pub(super) fn new(link: Arc<Shared>, number: u64, writes: Direction) -> Self {
        Self {
            link,
            number,
            writes,
            arrival: None,
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.number
    }

    pub(super) fn is_broken(&self) -> bool {
        let mut state = self.link.state();
        let pipe = state.pipe(self.number, self.writes);
        pipe.is_none_or(|(pipe, _)| pipe.is_broken())
    }

    fn find(&self, cx: &Context<'_>, out: &mut ReadBuf<'_>) -> io::Result<Arrival> {
        let mut state = self.link.state();
        let most = out.remaining().min(state.allowance());
        let Some((pipe, terms)) = state.pipe(self.number, self.writes.opposite()) else {
            return Ok(Arrival::Bytes(0));
        };
        let put = |bytes: &[u8]| out.put_slice(bytes);
        let arrival = pipe.read(most, put, &terms, Instant::now(), cx)?;
        if let Arrival::Bytes(bytes) = arrival {
            state.arrived(bytes);
        }
        Ok(arrival)
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            match self.find(cx, out)? {
                Arrival::Bytes(_) => return Poll::Ready(Ok(())),
                Arrival::Later => return Poll::Pending,
                Arrival::At(at) => {
                    let timer = self
                        .arrival
                        .get_or_insert_with(|| Box::pin(sleep_until(at)));
                    timer.as_mut().reset(at);
                    if timer.as_mut().poll(cx).is_pending() {
                        return Poll::Pending;
                    }
                }
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.link.state();
        let Some((pipe, terms)) = state.pipe(self.number, self.writes) else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        match pipe.write(bytes, &terms, Instant::now(), cx) {
            Ok(Some(written)) => Poll::Ready(Ok(written)),
            Ok(None) => Poll::Pending,
            Err(error) => Poll::Ready(Err(error)),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some((pipe, terms)) = self.link.state().pipe(self.number, self.writes) {
            pipe.finish(&terms, Instant::now());
        }
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let (mut state, now) = (self.link.state(), Instant::now());
        if let Some((pipe, terms)) = state.pipe(self.number, self.writes) {
            pipe.finish(&terms, now);
        }
        if let Some((pipe, terms)) = state.pipe(self.number, self.writes.opposite()) {
            pipe.abandon(&terms, now);
        }
        state.leave(self.number);
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream")
            .field("number", &self.number)
            .field("writes", &self.writes)
            .finish_non_exhaustive()
    }
}
