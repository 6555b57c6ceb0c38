//! TCP, without Nagle's delay: frames are gathered before they are written.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpStream};

use super::Listener;
use super::address::Address;
use super::stream::Stream;
use crate::error::{Error, ErrorKind, Result};

/// Connects, to the first of the addresses that answers.
pub(crate) async fn connect(address: &Address) -> Result<Stream> {
    let mut last = nowhere();
    for one in address.each() {
        match TcpStream::connect(one).await {
            Ok(stream) => {
                return Ok(prepared(stream));
            }
            Err(why) => last = why,
        }
    }
    let text = format!("cannot connect to {address}: {last}");
    Err(Error::new(ErrorKind::Connect, text).with_source(last))
}

/// What is wrong with a list of no addresses.
fn nowhere() -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidInput, "no address")
}

/// A socket that listens.
pub(crate) struct Listening {
    listener: TcpListener,
    local_addr: SocketAddr,
}

/// Listens.
pub(crate) async fn listen(address: &Address) -> Result<Listening> {
    let failed = |why: std::io::Error| {
        Error::new(
            ErrorKind::Connect,
            format!("cannot listen on {address}: {why}"),
        )
        .with_source(why)
    };
    let mut bound = Err(nowhere());
    for one in address.each() {
        bound = TcpListener::bind(one).await;
        if bound.is_ok() {
            break;
        }
    }
    let listener = bound.map_err(failed)?;
    let local_addr = listener.local_addr().map_err(failed)?;
    Ok(Listening {
        listener,
        local_addr,
    })
}

impl Listener for Listening {
    type Transport = Stream;

    /// Failures that concern one connection, or that pass, are not the listener's end: they are given to the
    /// caller, who goes on.
    async fn accept(&mut self) -> std::io::Result<(Stream, SocketAddr)> {
        let (stream, peer) = self.listener.accept().await?;
        Ok((prepared(stream), peer))
    }

    fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }
}

fn prepared(stream: TcpStream) -> Stream {
    // Without it a connection is slower, not broken.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot switch TCP_NODELAY on");
    }
    Stream::new(stream)
}
