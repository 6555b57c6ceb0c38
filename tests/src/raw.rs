//! A peer that says whatever a test wants it to say.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What both ends begin with.
pub const PREFACE: &[u8] = b"RINGBK1\n";
/// The shortest hello: everything as by default.
pub const HELLO: &[u8] = &[0, 0, 0, 4, 0x93, 9, 1, 0x80];

/// A connection without the library.
#[derive(Debug)]
pub struct Raw(TcpStream);

/// A body as a frame, with its length before it.
///
/// # Panics
/// If it is larger than any frame can be.
pub fn frame(body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len()).expect("a body that a length can tell");
    [&length.to_be_bytes(), body].concat()
}

/// A short string in MessagePack.
///
/// # Panics
/// If it has more than 31 bytes.
pub fn text(text: &str) -> Vec<u8> {
    assert!(text.len() < 32);
    [&[0xa0 | text.len() as u8], text.as_bytes()].concat()
}

/// The frame of a request, with small figures. What is passed are encoded values.
pub fn request(id: u8, target: &[u8], method: &str, references: &[u8], params: &[u8]) -> Vec<u8> {
    let head: &[u8] = &[0x9a, 0, 0xc0, id];
    let none: &[u8] = &[0xc0, 0xc0, 0xc0];
    frame(&[head, target, &text(method), none, references, params].concat())
}

impl Raw {
    /// Connects and says nothing.
    ///
    /// # Panics
    /// If that fails.
    pub async fn connect(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).await.expect("the server");
        stream.set_nodelay(true).expect("no delay");
        Self(stream)
    }

    /// Connects and greets.
    ///
    /// # Panics
    /// If it is not welcomed.
    pub async fn greeted(server: SocketAddr) -> Self {
        let mut raw = Self::connect(server).await;
        raw.say(&[PREFACE, HELLO].concat()).await;
        let mut preface = [0; 8];
        raw.0.read_exact(&mut preface).await.expect("a preface");
        assert_eq!(preface, PREFACE);
        let welcome = raw.read_frame().await.expect("a welcome");
        assert_eq!(welcome[..2], [0x93, 10], "not a welcome: {welcome:02x?}");
        raw
    }

    /// Sends bytes. That the peer does not want them any more is for the test to find out.
    pub async fn say(&mut self, bytes: &[u8]) {
        let _ = self.0.write_all(bytes).await;
    }

    /// Reads the body of the next frame; `None` at the end.
    pub async fn read_frame(&mut self) -> Option<Vec<u8>> {
        let length = self.0.read_u32().await.ok()?;
        let mut body = vec![0; length as usize];
        self.0.read_exact(&mut body).await.ok()?;
        Some(body)
    }

    /// Reads so many bytes.
    ///
    /// # Panics
    /// If the peer closes before.
    pub async fn read_bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes).await.expect("more bytes");
        bytes
    }

    /// Reads everything until the peer closes.
    pub async fn read_to_end(&mut self) -> Vec<u8> {
        let mut all = Vec::new();
        // A reset is an end as well.
        let _ = self.0.read_to_end(&mut all).await;
        all
    }

    /// The socket, which blocks from now on, for as long as a test may wait.
    ///
    /// # Panics
    /// If the socket cannot be set so.
    pub fn into_blocking(self) -> std::net::TcpStream {
        let socket = self.0.into_std().expect("a socket");
        socket.set_nonblocking(false).expect("it can block");
        let patience = Some(std::time::Duration::from_secs(10));
        socket.set_read_timeout(patience).expect("a timeout");
        socket
    }

    /// Makes the end of this connection a reset.
    ///
    /// # Panics
    /// If the socket cannot be set so.
    pub fn vanish(self) {
        self.0.set_zero_linger().expect("no lingering");
    }
}
