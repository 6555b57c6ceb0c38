//! The connecting end's way to another connection: connects, asks to go on, and does so again until
//! it is answered.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout};

use super::backoff::Backoff;
use crate::error::{Error, ErrorKind, Result};
use crate::frame::Resume;
use crate::proto::{Fault, read_answer};
use crate::session::link::Link;
use crate::session::panic::catch_panics;
use crate::transport::Transport;

/// How long a connection takes, and an answer, when all is well. The first attempts are given up
/// after that.
const USUAL_CONNECT: Duration = Duration::from_millis(100);
const USUAL_ANSWER: Duration = Duration::from_secs(1);

/// A stream to the peer, and where that is.
pub(crate) type Connected = (Box<dyn Transport>, Option<SocketAddr>);

/// Makes a connection to the peer.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Connect>);

/// Where the peer has to be, if there are several places where one may be.
type Connect = dyn Fn(Option<SocketAddr>) -> BoxFuture<'static, Result<Connected>> + Send + Sync;

impl Connector {
    pub(crate) fn new<F>(connect: F) -> Self
    where
        F: Fn(Option<SocketAddr>) -> BoxFuture<'static, Result<Connected>> + Send + Sync + 'static,
    {
        Self(Arc::new(connect))
    }

    /// Connects for a new session, to whoever takes it.
    pub(crate) async fn connect(&self) -> Result<Connected> {
        self.connect_to(None).await
    }

    /// Connects to who has the session: at another address there is another server, which says that it
    /// has none.
    async fn connect_to(&self, peer: Option<SocketAddr>) -> Result<Connected> {
        // What connects may be code of the user's.
        let connected = catch_panics(async { (self.0)(peer).await }).await;
        connected.unwrap_or_else(|text| {
            let text = format!("cannot connect: what was to do so panicked: {text}");
            Err(Error::new(ErrorKind::Connect, text))
        })
    }
}

/// Another connection, on which the peer has answered.
pub(super) struct Met {
    pub(super) transport: Box<dyn Transport>,
    /// What came behind the answer.
    pub(super) input: BytesMut,
    pub(super) answer: Resume,
}

/// What the last attempt came to, for the one who gives up.
#[derive(Default)]
pub(super) struct LastAttempt(Mutex<Option<Error>>);

impl LastAttempt {
    fn was(&self, error: Error) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }

    pub(super) fn take(&self) -> Option<Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Connects until the peer goes on with the session, or says that there is none. `before` is when the
/// attempt before the first one of these began, if that came to nothing.
pub(super) async fn reconnect(
    link: Arc<Link>,
    connector: Connector,
    patience: Duration,
    backoff: &mut Backoff,
    before: Option<Instant>,
    last: &LastAttempt,
) -> std::result::Result<Met, Fault> {
    if let Some(before) = before {
        backoff.wait(before).await;
    }
    loop {
        let begun = Instant::now();
        match attempt(&link, &connector, patience, backoff).await {
            Ok(met) => return Ok(met),
            Err(Failed::ForGood(fault)) => return Err(fault),
            Err(Failed::ForNow(error)) => {
                tracing::debug!(%error, "the session cannot be resumed yet");
                last.was(error);
            }
        }
        backoff.wait(begun).await;
    }
}

enum Failed {
    ForNow(Error),
    /// The peer does not have the session any more.
    ForGood(Fault),
}

async fn attempt(
    link: &Link,
    connector: &Connector,
    patience: Duration,
    backoff: &Backoff,
) -> std::result::Result<Met, Failed> {
    let for_connecting = backoff.patience(USUAL_CONNECT, patience);
    let connected = timeout(for_connecting, connector.connect_to(link.peer_addr())).await;
    let (mut transport, _) = connected
        .unwrap_or_else(|_| Err(late("no connection", for_connecting)))
        .map_err(Failed::ForNow)?;
    let for_answering = backoff.patience(USUAL_ANSWER, patience);
    let asking = async {
        let broke = |why: std::io::Error| {
            let text = format!("the connection broke: {why}");
            Failed::ForNow(Error::new(ErrorKind::Closed, text).with_source(why))
        };
        let ask = link.with(|core| core.ask_to_resume());
        transport.write_all(&ask).await.map_err(broke)?;
        transport.flush().await.map_err(broke)?;
        let mut input = BytesMut::with_capacity(1 << 10);
        loop {
            let read = transport.read_buf(&mut input).await.map_err(broke)?;
            match read_answer(&mut input) {
                Ok(Some(answer)) => return Ok((answer, input)),
                Ok(None) if read == 0 => {
                    let text = "the peer closed the connection";
                    return Err(Failed::ForNow(Error::new(ErrorKind::Closed, text)));
                }
                Ok(None) => {}
                // It says so, or it is a peer that has never heard of resuming.
                Err(fault)
                    if fault.from_peer
                        && matches!(fault.kind, ErrorKind::SessionLost | ErrorKind::Protocol) =>
                {
                    return Err(Failed::ForGood(fault));
                }
                Err(fault) => return Err(Failed::ForNow(fault.into_error())),
            }
        }
    };
    let asked = timeout(for_answering, asking).await;
    let (answer, input) =
        asked.unwrap_or_else(|_| Err(Failed::ForNow(late("no answer", for_answering))))?;
    Ok(Met {
        transport,
        input,
        answer,
    })
}

fn late(what: &str, after: Duration) -> Error {
    Error::new(ErrorKind::Timeout, format!("{what} within {after:?}"))
}
