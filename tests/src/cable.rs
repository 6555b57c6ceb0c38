//! A link that can be cut while it is in use.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How many bytes may be under way on each side of the cut.
const CAPACITY: usize = 64 << 10;

/// Joins two streams, until it is told to do something else.
#[derive(Clone, Debug)]
pub struct Cable(Arc<watch::Sender<State>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Sound,
    Silent,
    Reset,
}

impl Cable {
    /// A cable in memory, and its two ends.
    pub fn in_memory() -> (Self, DuplexStream, DuplexStream) {
        let (here, near) = duplex(CAPACITY);
        let (far, there) = duplex(CAPACITY);
        let (sender, state) = watch::channel(State::Sound);
        tokio::spawn(join(near, far, state));
        (Self(Arc::new(sender)), here, there)
    }

    /// A cable to a server, and the address to reach it at. It takes one connection.
    ///
    /// # Panics
    /// If it cannot listen.
    pub async fn to(server: SocketAddr) -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (sender, state) = watch::channel(State::Sound);
        tokio::spawn(async move {
            let (near, _) = listener.accept().await.expect("a client");
            let far = TcpStream::connect(server).await.expect("the server");
            for stream in [&near, &far] {
                // Closing it then resets the connection.
                stream.set_zero_linger().expect("no lingering");
                stream.set_nodelay(true).expect("no delay");
            }
            join(near, far, state).await;
        });
        (Self(Arc::new(sender)), address)
    }

    /// From now on nothing comes through, and nobody is told.
    pub fn fall_silent(&self) {
        self.0.send_replace(State::Silent);
    }

    /// Breaks the connection. Over TCP it is reset; in memory it is closed.
    pub fn reset(&self) {
        self.0.send_replace(State::Reset);
    }
}

async fn join<A, B>(near: A, far: B, mut state: watch::Receiver<State>)
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let (mut near_read, mut near_write) = tokio::io::split(near);
    let (mut far_read, mut far_write) = tokio::io::split(far);
    let mut silent = state.clone();
    tokio::select! {
        () = async {
            tokio::join!(
                copy(&mut near_read, &mut far_write),
                copy(&mut far_read, &mut near_write),
            );
        } => {}
        _ = state.wait_for(|state| *state != State::Sound) => {}
    }
    let is_silent = *silent.borrow_and_update() == State::Silent;
    if is_silent {
        // Both sides stay open, and nobody reads or writes.
        let _ = silent.wait_for(|state| *state == State::Reset).await;
    }
}

async fn copy(from: &mut (impl AsyncRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
