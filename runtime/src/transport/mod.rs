//! What can carry a session: anything that reads and writes bytes in order.

pub(crate) mod address;
pub mod memory;
pub(crate) mod tcp;

use tokio::io::{AsyncRead, AsyncWrite};

/// A stream of bytes both ways, such as a TCP or TLS stream, a Unix socket, or the pipes of a child
/// process. Everything with tokio's traits is one.
pub trait Transport: AsyncRead + AsyncWrite + Unpin + Send + 'static {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Transport for T {}
