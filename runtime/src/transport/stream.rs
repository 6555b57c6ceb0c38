//! A TCP connection of this crate's own making. Beside the task that reads and writes it, others may try
//! to write.

use std::any::Any;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::Transport;

pub(crate) struct Stream {
    /// As it is dropped, the peer is told that nothing more comes. `None` from then on.
    writing: Option<Arc<OwnedWriteHalf>>,
    reading: OwnedReadHalf,
}

/// Writes to the connection of a [`Stream`], for as long as that is there.
pub(crate) struct SideWriter(Weak<OwnedWriteHalf>);

impl Stream {
    pub(crate) fn new(stream: TcpStream) -> Self {
        let (reading, writing) = stream.into_split();
        Self {
            writing: Some(Arc::new(writing)),
            reading,
        }
    }

    pub(crate) fn peer_addr(&self) -> Option<SocketAddr> {
        self.reading.peer_addr().ok()
    }

    /// Writes when it can be written.
    fn poll_writing(
        &self,
        cx: &mut Context<'_>,
        try_write: impl Fn(&OwnedWriteHalf) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        let Some(writing) = &self.writing else {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        };
        loop {
            match try_write(writing) {
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => {
                    let stream: &TcpStream = (**writing).as_ref();
                    ready!(stream.poll_write_ready(cx))?;
                }
                written => return Poll::Ready(written),
            }
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.reading).poll_read(cx, buf)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_writing(cx, |writing| writing.try_write(bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_writing(cx, |writing| writing.try_write_vectored(bytes))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writing = None;
        Poll::Ready(Ok(()))
    }
}

impl SideWriter {
    /// That of a transport, if it is a [`Stream`].
    pub(crate) fn of(transport: &dyn Any) -> Option<Self> {
        if let Some(stream) = transport.downcast_ref::<Stream>() {
            return stream.writing.as_ref().map(Arc::downgrade).map(Self);
        }
        let boxed: &dyn Any = &**transport.downcast_ref::<Box<dyn Transport>>()?;
        Self::of(boxed)
    }

    /// Writes as much as can be written at once of the one and, behind it, of the other.
    pub(crate) fn try_write(&self, (first, second): (&[u8], &[u8])) -> io::Result<usize> {
        let Some(writing) = self.0.upgrade() else {
            return Err(io::ErrorKind::BrokenPipe.into());
        };
        match (first, second) {
            (bytes, []) | ([], bytes) => writing.try_write(bytes),
            _ => writing.try_write_vectored(&[IoSlice::new(first), IoSlice::new(second)]),
        }
    }
}
