//! Where a server's connections come from.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use super::Transport;

/// Takes connections for a [`Server`](crate::Server), which is made of it by
/// [`ServerBuilder::listen`](crate::ServerBuilder::listen). For TCP there is
/// [`bind`](crate::ServerBuilder::bind); this is for every other kind of stream, and for TCP sockets that are
/// to be made in a special way.
///
/// ```
/// use std::io;
/// use std::net::SocketAddr;
///
/// use ringback::transport::Listener;
/// use ringback::{Result, Server};
/// use tokio::net::{TcpListener, TcpStream};
///
/// /// A socket that was made elsewhere.
/// struct Inherited(TcpListener);
///
/// impl Listener for Inherited {
///     type Transport = TcpStream;
///
///     async fn accept(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
///         let (stream, peer) = self.0.accept().await?;
///         stream.set_nodelay(true)?;
///         Ok((stream, peer))
///     }
///
///     fn local_addr(&self) -> SocketAddr {
///         self.0.local_addr().expect("a socket that listens has an address")
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
/// let socket = TcpListener::bind("127.0.0.1:0").await?;
/// let address = socket.local_addr()?;
/// let server = Server::builder().listen(Inherited(socket));
/// assert_eq!(server.local_addr(), address);
/// # Ok(())
/// # }
/// ```
pub trait Listener: Send + 'static {
    /// What it gives.
    type Transport: Transport;

    /// Waits for the next connection, and gives it with the address of the peer, which handlers can ask for.
    /// (Something that has no addresses may say `0.0.0.0:0`.)
    ///
    /// It has to be cheap, since nobody else is accepted meanwhile: a TLS handshake, for instance, belongs into
    /// the stream, at the first time that it is polled.
    ///
    /// A failure is logged, and is not the end: the server asks again, after a pause.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Transport, SocketAddr)>> + Send;

    /// What the server's own `local_addr` gives.
    fn local_addr(&self) -> SocketAddr;
}
