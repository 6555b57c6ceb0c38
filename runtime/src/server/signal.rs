//! Ctrl-c and SIGTERM.

use std::time::Duration;

/// The signals that tell a server to end.
pub(super) struct Signals {
    /// How long what is in flight may take; `None` if signals are not heard.
    grace: Option<Duration>,
    #[cfg(unix)]
    terminate: Option<tokio::signal::unix::Signal>,
}

impl Signals {
    /// Hears them from now on, unless there is no grace time for them.
    pub(super) fn heard(grace: Option<Duration>) -> Self {
        Self {
            grace,
            #[cfg(unix)]
            terminate: grace.and_then(|_| terminate()),
        }
    }

    /// Waits for the next one, and gives the grace time.
    pub(super) async fn next(&mut self) -> Duration {
        let Some(grace) = self.grace else {
            return std::future::pending().await;
        };
        #[cfg(unix)]
        let terminated = async {
            match &mut self.terminate {
                Some(signal) => signal.recv().await,
                None => std::future::pending().await,
            }
        };
        #[cfg(not(unix))]
        let terminated = std::future::pending::<Option<()>>();
        tokio::select! {
            () = ctrl_c() => tracing::info!("ctrl-c: the server ends"),
            _ = terminated => tracing::info!("SIGTERM: the server ends"),
        }
        grace
    }
}

async fn ctrl_c() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::warn!(%error, "ctrl-c cannot be heard");
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
fn terminate() -> Option<tokio::signal::unix::Signal> {
    use tokio::signal::unix::{SignalKind, signal};

    signal(SignalKind::terminate())
        .inspect_err(|error| tracing::warn!(%error, "SIGTERM cannot be heard"))
        .ok()
}
