//! Connections, from the listener to a session.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::Shared;
use super::drain::{REASON, Stage};
use super::seats::Seat;
use crate::error::ErrorKind;
use crate::proto::Side;
use crate::session::{Opened, Session, open, refuse};
use crate::transport::{Listener, Transport};

/// How long to wait when no connection could be accepted for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How many peers at a time are told that there is no room for them. Any others are closed without a
/// word.
const REFUSALS: usize = 64;
/// How long such a peer may take to say that it resumes a session, for which there is room.
const GUEST: Duration = Duration::from_secs(1);
/// The log has one line for each burst of connections that are not taken.
const BURST: Duration = Duration::from_secs(10);

/// Takes connections, for ever.
pub(super) async fn accept(mut listener: impl Listener, shared: Arc<Shared>) {
    let refusals = Arc::new(Semaphore::new(REFUSALS));
    let (mut refused, mut failed) = (Burst::default(), Burst::default());
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                if let Some(before) = failed.is_new() {
                    tracing::warn!(%error, before, "a connection could not be accepted");
                }
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let seat = match shared.stage() {
            Stage::Serving => shared.seats.take(peer),
            _ => Err(REASON.to_owned()),
        };
        match seat {
            Ok(seat) => {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move { shared.serve(stream, peer, Arc::new(seat)).await });
            }
            Err(why) => {
                if let Some(before) = refused.is_new() {
                    tracing::warn!(%peer, before, "a connection was refused: {why}");
                }
                let Ok(permit) = Arc::clone(&refusals).try_acquire_owned() else {
                    continue;
                };
                if shared.settings.config.resume.is_some() {
                    // It may be of a session that has its seat, and whose connection broke.
                    let shared = Arc::clone(&shared);
                    tokio::spawn(
                        async move { shared.resume(stream, peer, Arc::new(permit)).await },
                    );
                } else {
                    tokio::spawn(async move {
                        refuse(stream, &why).await;
                        drop(permit);
                    });
                }
            }
        }
    }
}

/// Of many like events, the first is told, and how many there were in the burst before.
#[derive(Default)]
struct Burst {
    began: Option<Instant>,
    count: u64,
}

impl Burst {
    /// One more event. Gives the count of the burst before if this one begins another.
    fn is_new(&mut self) -> Option<u64> {
        self.count += 1;
        if self.began.is_some_and(|began| began.elapsed() < BURST) {
            return None;
        }
        self.began = Some(Instant::now());
        Some(std::mem::take(&mut self.count) - 1)
    }
}

impl Shared {
    /// Opens a session and keeps it. The connection has its seat to its end.
    async fn serve(&self, stream: impl Transport, peer: SocketAddr, seat: Arc<Seat>) {
        let services = Arc::clone(&self.services);
        let mut opening = self.settings.opening(Side::Accepting, services, Some(peer));
        opening.kept = Some(seat.clone());
        let mut stage = self.stage.subscribe();
        let opened = tokio::select! {
            biased;
            opened = open(opening, stream) => opened,
            _ = stage.wait_for(|stage| *stage != Stage::Serving) => return,
        };
        let session = match opened {
            Ok(Opened::New(session)) => session,
            Ok(Opened::Resumed(_)) => return, // that one has its place
            Err(error) => {
                if error.kind() == ErrorKind::Timeout {
                    tracing::warn!(%peer, "connection ended: {error}");
                } else {
                    // What the peer did wrong has been logged where it was found.
                    tracing::debug!(%peer, %error, "no session");
                }
                return;
            }
        };
        tracing::debug!(%peer, session = session.id(), "session opened");
        if !self.keep(&session) {
            session.close();
        }
        session.closed().await;
        self.sessions().remove(&session.id());
    }

    /// Takes a connection for a session that is there, and refuses any other.
    async fn resume(
        &self,
        stream: impl Transport,
        peer: SocketAddr,
        permit: Arc<OwnedSemaphorePermit>,
    ) {
        let services = Arc::clone(&self.services);
        let mut opening = self.settings.opening(Side::Accepting, services, Some(peer));
        opening.config.only_resumes = true;
        opening.patience = opening.patience.min(GUEST);
        opening.kept = Some(permit);
        if let Err(error) = open(opening, stream).await {
            tracing::debug!(%peer, %error, "no session");
        }
    }

    /// False when the server is about to end.
    fn keep(&self, session: &Session) -> bool {
        let mut sessions = self.sessions();
        // Looked at under the lock: whoever goes on to another stage sees all sessions then.
        let is_serving = self.stage() == Stage::Serving;
        if is_serving {
            sessions.insert(session.id(), session.clone());
        }
        is_serving
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_is_told_once_and_counted() {
        let mut burst = Burst::default();
        let told: Vec<_> = (0..5).map(|_| burst.is_new()).collect();
        assert_eq!(told, [Some(0), None, None, None, None]);
        tokio::time::advance(BURST).await;
        assert_eq!(burst.is_new(), Some(4));
        assert_eq!(burst.is_new(), None);
    }
}
