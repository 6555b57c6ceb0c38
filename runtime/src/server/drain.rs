//! How a server ends: at once, or when what is in flight has finished.
//!
//! Draining has two steps, since a handler of one session may call objects of another. First the peers
//! are told to begin nothing new, and what they had begun is served; meanwhile this end calls them as
//! ever. Then this end begins nothing new either, and each session ends when its last call has.

use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use super::Shared;
use crate::session::Session;

/// What the peers are told.
pub(super) const REASON: &str = "the server is shutting down";

/// How far the server is from its end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Stage {
    Serving,
    /// Until then (`None`: without an end), what is in flight may finish.
    Leaving(Option<Instant>),
    /// Every session is being closed.
    Closing,
    /// `run` has returned.
    Over,
}

impl Shared {
    pub(super) fn stage(&self) -> Stage {
        *self.stage.borrow()
    }

    /// Goes on to that stage, unless the server is as far. (A shorter grace time is further.)
    fn proceed(&self, next: Stage) {
        self.stage.send_if_modified(|stage| {
            let proceeds = match (*stage, next) {
                (Stage::Serving, _) | (Stage::Leaving(_), Stage::Closing) => true,
                (Stage::Leaving(now), Stage::Leaving(next)) => {
                    next.is_some_and(|next| now.is_none_or(|now| next < now))
                }
                _ => false,
            };
            if proceeds {
                *stage = next;
            }
            proceeds
        });
    }

    pub(super) fn begin_to_leave(&self, grace: Duration) {
        self.proceed(Stage::Leaving(Instant::now().checked_add(grace)));
    }

    /// Ends every session at once.
    pub(super) fn close(&self) {
        self.proceed(Stage::Closing);
        for session in self.sessions().values() {
            session.close();
        }
    }

    /// Lets what is in flight finish, as far as the stage gives it time, and waits until every connection
    /// is gone.
    pub(super) async fn drain(&self) {
        let mut stage = self.stage.subscribe();
        loop {
            let now = *stage.borrow_and_update();
            let drained = async {
                if let Stage::Leaving(until) = now {
                    let sessions: Vec<Session> = self.sessions().values().cloned().collect();
                    let_finish(&sessions, until).await;
                }
                self.seats.all_left().await;
            };
            tokio::select! {
                () = drained => return,
                _ = stage.changed() => {} // sooner, or at once
            }
        }
    }
}

/// Lets what is in flight on the sessions finish, until then.
pub(super) async fn let_finish(sessions: &[Session], until: Option<Instant>) {
    let until = until.map(Instant::into_std);
    for session in sessions {
        session.link().announce_end(REASON, until);
    }
    join_all(sessions.iter().map(|session| session.link().served_out())).await;
    for session in sessions {
        session.link().begin_nothing_new();
    }
}
