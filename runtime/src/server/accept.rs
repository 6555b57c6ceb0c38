//! Connections, from the listener to a session.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use super::Shared;
use super::drain::{REASON, Stage, let_finish};
use super::seats::{NoSeat, Seat};
use crate::error::ErrorKind;
use crate::proto::Side;
use crate::session::{Guest, Lasting, Opened, Session, open, refuse};
use crate::transport::{Listener, Transport};

/// How long to wait when no connection could be accepted for want of descriptors or memory.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// How many peers at a time are told that there is no room for them. Any others are closed without a
/// word.
const REFUSALS: usize = 64;
/// The same of a server whose sessions resume. Those of them that have not said what they want are fewer: for
/// one more of them, the one that has been silent for the longest time is closed. So whoever does say that it
/// resumes is heard, however many are there to be silent.
const GUESTS: usize = 256;
const SILENT: usize = 64;
/// How long such a peer may take to say that it resumes a session, for which there is room.
const GUEST: Duration = Duration::from_secs(1);
/// The log has one line for each burst of connections that are not taken.
const BURST: Duration = Duration::from_secs(10);

/// Takes connections, for ever.
pub(super) async fn accept(mut listener: impl Listener, shared: Arc<Shared>) {
    let resumes = shared.settings.config.resume.is_some();
    let refusals = if resumes { GUESTS } else { REFUSALS };
    let refusals = Arc::new(Semaphore::new(refusals));
    let mut guests = Guests::default();
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
            Stage::Serving => shared.seats.take(peer).map_err(Refusal::NoSeat),
            _ => Err(Refusal::Leaving),
        };
        match seat {
            Ok(seat) => {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move { shared.serve(stream, peer, Arc::new(seat)).await });
            }
            Err(refusal) => {
                let why = refusal.why();
                if let Some(before) = refused.is_new() {
                    tracing::warn!(%peer, before, "a connection was refused: {why}");
                }
                let Ok(permit) = Arc::clone(&refusals).try_acquire_owned() else {
                    continue;
                };
                if resumes {
                    // It may be of a session that has its seat, and whose connection broke.
                    let shared = Arc::clone(&shared);
                    let guest = async move { shared.resume(stream, peer, permit, refusal).await };
                    guests.let_in(tokio::spawn(guest).abort_handle());
                } else {
                    let why = why.to_owned();
                    tokio::spawn(async move {
                        refuse(stream, &why).await;
                        drop(permit);
                    });
                }
            }
        }
    }
}

/// Why a connection is not taken like any other.
enum Refusal {
    NoSeat(NoSeat),
    Leaving,
}

impl Refusal {
    fn why(&self) -> &str {
        match self {
            Self::NoSeat(no_seat) => &no_seat.why,
            Self::Leaving => REASON,
        }
    }

    /// Whether it would be taken if somebody left who is there.
    fn ends_without(&self, peer: Option<SocketAddr>) -> bool {
        match self {
            Self::NoSeat(no_seat) => no_seat.would_be_free_without(peer),
            Self::Leaving => false,
        }
    }
}

/// Connections that may be of a session that is there, and have not said so yet. The oldest first.
#[derive(Default)]
struct Guests(VecDeque<AbortHandle>);

impl Guests {
    fn let_in(&mut self, guest: AbortHandle) {
        self.0.retain(|guest| !guest.is_finished());
        if self.0.len() == SILENT
            && let Some(oldest) = self.0.pop_front()
        {
            oldest.abort();
        }
        self.0.push_back(guest);
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

/// What a connection takes up until it is gone.
#[allow(dead_code, reason = "it is there to be dropped")]
enum Place {
    Guest(OwnedSemaphorePermit),
    Seat(Seat),
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
        self.host(session, peer).await;
    }

    async fn host(&self, session: Session, peer: SocketAddr) {
        tracing::debug!(%peer, session = session.id(), "session opened");
        match self.keep(&session) {
            Stage::Serving => {}
            // It was open before, and calls may be in flight: they may finish, as those of the others.
            Stage::Leaving(until) => let_finish(std::slice::from_ref(&session), until).await,
            Stage::Closing | Stage::Over => session.close(),
        }
        session.closed().await;
        self.sessions().remove(&session.id());
    }

    /// Takes a connection for a session that is there. Any other one is refused, unless a session without a
    /// connection can make room for it.
    async fn resume(
        self: Arc<Self>,
        stream: impl Transport,
        peer: SocketAddr,
        permit: OwnedSemaphorePermit,
        refusal: Refusal,
    ) {
        let services = Arc::clone(&self.services);
        let registry = &self.settings.registry;
        let makes_room = |peer| refusal.ends_without(peer);
        let mut opening = self.settings.opening(Side::Accepting, services, Some(peer));
        opening.config.only_resumes = !registry.has_suspended(makes_room);
        opening.patience = opening.patience.min(GUEST);
        let guest = Arc::<Guest>::default();
        opening.lasting = Some(Lasting::Accepts {
            registry: Arc::clone(registry),
            guest: Some(Arc::clone(&guest)),
        });
        let place = Arc::new(Mutex::new(Place::Guest(permit)));
        opening.kept = Some(Arc::clone(&place) as _);
        match open(opening, stream).await {
            Ok(Opened::Resumed(_)) => {}
            Ok(Opened::New(session)) => {
                // Others may have left since it came, or have taken what was there for it.
                let seat = self.seats.take_or_displace(peer, |no_seat| {
                    registry.end_longest(|whose| no_seat.would_be_free_without(whose))
                });
                let Ok(seat) = seat else {
                    session.close(); // the one that it was to displace has come back meanwhile
                    return;
                };
                *place.lock().unwrap_or_else(PoisonError::into_inner) = Place::Seat(seat);
                guest.sits_down();
                let shared = Arc::clone(&self);
                tokio::spawn(async move { shared.host(session, peer).await });
            }
            Err(error) => tracing::debug!(%peer, %error, "no session"),
        }
    }

    /// Enters a session among those of the server. Gives how far that is from its end.
    fn keep(&self, session: &Session) -> Stage {
        let mut sessions = self.sessions();
        sessions.insert(session.id(), session.clone());
        // Looked at under the lock: whoever goes on to another stage sees all sessions then.
        self.stage()
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
