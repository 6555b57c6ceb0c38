//! New sessions for old ones: what a client with `on_session` does when its session is lost.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio::time::Instant;

use super::dial::Dial;
use crate::error::{Error, ErrorKind, Result};
use crate::session::{Backoff, Session, catch_panics};

/// What is done with every new session.
pub(super) type OnSession = Arc<dyn Fn(Session) -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// Opens a session, and makes it ready.
pub(super) async fn begin(dial: &Dial, on_session: &OnSession) -> Result<Session> {
    let session = dial.session().await?;
    let prepared = catch_panics(on_session(session.clone())).await;
    let prepared = prepared.unwrap_or_else(|text| {
        let text = format!("`on_session` panicked: {text}");
        Err(Error::new(ErrorKind::Panicked, text))
    });
    match prepared {
        Ok(()) => Ok(session),
        Err(error) => {
            session.close();
            Err(error)
        }
    }
}

/// Replaces each session that is lost, until the client is closed or gone.
pub(super) async fn renew(
    dial: Dial,
    on_session: OnSession,
    sessions: watch::Sender<Session>,
    mut closed: watch::Receiver<bool>,
) {
    let mut backoff = Backoff::new();
    loop {
        // Not by a handle, which would keep the session open.
        let link = Arc::clone(sessions.borrow().link());
        let begun = Instant::now();
        let next = async {
            link.closed().await;
            if link.is_leaving() {
                return None;
            }
            backoff.after_a_life(begun).await;
            Some(begin_again(&dial, &on_session, &mut backoff).await)
        };
        let next = tokio::select! {
            next = next => next,
            // The client and all its stubs are gone,
            () = sessions.closed() => None,
            // or the user wants no more.
            _ = closed.wait_for(|closed| *closed) => None,
        };
        let Some(session) = next else {
            return;
        };
        sessions.send_replace(session);
        if *closed.borrow() {
            // Whoever closed the client just now may have closed the session before.
            sessions.borrow().close();
            return;
        }
    }
}

async fn begin_again(dial: &Dial, on_session: &OnSession, backoff: &mut Backoff) -> Session {
    loop {
        let begun = Instant::now();
        match begin(dial, on_session).await {
            Ok(session) => return session,
            Err(error) => tracing::warn!(%error, "no new session yet"),
        }
        backoff.wait(begun).await;
    }
}
