//! What can carry a session: anything that reads and writes bytes in order.
//!
//! TCP is built in: [`ServerBuilder::bind`](crate::ServerBuilder::bind) and
//! [`ClientBuilder::connect`](crate::ClientBuilder::connect). Any other stream is handed over by
//! [`serve_io`](crate::ServerBuilder::serve_io) on the one end and
//! [`connect_io`](crate::ClientBuilder::connect_io) on the other. A server that takes many of them is given
//! their [`Listener`]. Both ends in one process are joined by [`memory::pair`].
//!
//! A Unix socket, for instance:
//!
//! ```
//! # #[cfg(not(unix))]
//! # fn main() {}
//! # #[cfg(unix)]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use ringback::{Client, Server, service};
//! use tokio::net::UnixStream;
//!
//! #[service]
//! trait Greeter {
//!     async fn greet(&self, name: &str) -> ringback::Result<String>;
//! }
//! # struct Plain;
//! # impl Greeter for Plain {
//! #     async fn greet(&self, name: &str) -> ringback::Result<String> { Ok(format!("hello, {name}")) }
//! # }
//!
//! let (here, there) = UnixStream::pair()?; // or those of a `UnixListener` and its client
//! let server = Server::builder().service(GreeterServer::new(Plain));
//! let (session, client) = tokio::try_join!(server.serve_io(there), Client::builder().connect_io(here))?;
//!
//! let greeter = client.service::<GreeterClient>();
//! assert_eq!(greeter.greet("Ada").await?, "hello, Ada");
//! # drop(session);
//! # Ok(())
//! # }
//! ```

pub(crate) mod address;
mod listener;
pub mod memory;
pub(crate) mod stream;
pub(crate) mod tcp;

use std::any::Any;

pub use listener::Listener;
use tokio::io::{AsyncRead, AsyncWrite};

/// A stream of bytes both ways, such as a TCP or TLS stream, a Unix socket, or the pipes of a child
/// process, joined by `tokio::io::join`. Everything with tokio's traits is one; there is nothing to
/// implement.
pub trait Transport: AsyncRead + AsyncWrite + Any + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Any + Unpin + Send> Transport for T {}
