//! The client's end of a TCP connection, which can be broken in several ways.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How a connection breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Break {
    /// The peer gets a reset.
    Reset,
    /// The peer reads an end without having been told.
    End,
    /// Half of the next write still goes out, then the peer gets a reset.
    InsideFrame,
}

/// How a client comes to its connection, again and again.
pub struct Line {
    server: SocketAddr,
    present: Mutex<Option<Cutter>>,
    /// There will be no other connection.
    is_over: AtomicBool,
}

impl Line {
    pub fn new(server: SocketAddr) -> Self {
        Self {
            server,
            present: Mutex::default(),
            is_over: AtomicBool::new(false),
        }
    }

    /// One more connection.
    pub async fn connect(&self) -> io::Result<Cable> {
        if self.is_over.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::NetworkDown.into());
        }
        let stream = TcpStream::connect(self.server).await?;
        stream.set_nodelay(true)?;
        let (cable, cutter) = Cable::new(stream);
        *self.present.lock().unwrap() = Some(cutter);
        Ok(cable)
    }

    /// Breaks the connection. With [`Break::InsideFrame`], at the next write.
    pub fn cut(&self, how: Break) {
        if let Some(cutter) = &*self.present.lock().unwrap() {
            cutter.cut(how);
        }
    }

    /// Breaks the connection for good.
    pub fn end(&self, how: Break) {
        self.is_over.store(true, Ordering::SeqCst);
        self.cut(how);
    }
}

/// A stream that breaks when its cutter says so.
pub struct Cable {
    stream: TcpStream,
    state: Arc<Mutex<State>>,
}

/// Breaks a cable.
struct Cutter(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    how: Option<Break>,
    /// Nothing passes any more.
    is_broken: bool,
    waiting: Vec<Waker>,
}

impl Cable {
    fn new(stream: TcpStream) -> (Self, Cutter) {
        let state = Arc::<Mutex<State>>::default();
        let cutter = Cutter(Arc::clone(&state));
        (Self { stream, state }, cutter)
    }

    fn check(&self, cx: &Context<'_>) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        if state.is_broken {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if !state
            .waiting
            .iter()
            .any(|waker| waker.will_wake(cx.waker()))
        {
            state.waiting.push(cx.waker().clone());
        }
        Ok(())
    }
}

impl Cutter {
    fn cut(&self, how: Break) {
        let mut state = self.0.lock().unwrap();
        state.how = Some(how);
        state.is_broken = how != Break::InsideFrame;
        let waiting = std::mem::take(&mut state.waiting);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        let how = self.state.lock().unwrap().how;
        if matches!(how, Some(Break::Reset | Break::InsideFrame)) {
            // Should it fail, the peer gets an end instead, which is to be borne as well.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Cable {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check(cx)?;
        Pin::new(&mut self.stream).poll_read(cx, out)
    }
}

impl AsyncWrite for Cable {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check(cx)?;
        if self.state.lock().unwrap().how != Some(Break::InsideFrame) {
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        }
        let _ = self.stream.try_write(&bytes[..bytes.len() / 2]);
        self.state.lock().unwrap().is_broken = true;
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
