//! TCP, without Nagle's delay: frames are gathered before they are written.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};

use super::address::Address;
use crate::error::{Error, ErrorKind, Result};

/// Connects, to the first of the addresses that answers.
pub(crate) async fn connect(address: &Address) -> Result<TcpStream> {
    let stream = TcpStream::connect(address.as_str()).await.map_err(|why| {
        Error::new(
            ErrorKind::Connect,
            format!("cannot connect to {address}: {why}"),
        )
        .with_source(why)
    })?;
    prepare(&stream);
    Ok(stream)
}

/// Listens.
pub(crate) async fn listen(address: &Address) -> Result<TcpListener> {
    TcpListener::bind(address.as_str()).await.map_err(|why| {
        Error::new(
            ErrorKind::Connect,
            format!("cannot listen on {address}: {why}"),
        )
        .with_source(why)
    })
}

/// Takes the next connection. Failures that concern one connection, or that pass, are not the
/// listener's end: they are given to the caller, who goes on.
pub(crate) async fn accept(listener: &TcpListener) -> std::io::Result<(TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept().await?;
    prepare(&stream);
    Ok((stream, peer))
}

fn prepare(stream: &TcpStream) {
    // Without it a connection is slower, not broken.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot switch TCP_NODELAY on");
    }
}
