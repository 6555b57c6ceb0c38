//! Awaits a state of affairs that nothing announces.

use std::time::{Duration, Instant};

use ringback::{Session, Stats};

/// How long what is awaited may take: no promise of the library, only an end to a failing test.
const PATIENCE: Duration = Duration::from_secs(30);

/// Lets others run until `holds`.
///
/// # Panics
/// If it does not come to hold; with `what`.
pub async fn until(what: &str, holds: impl FnMut() -> bool) {
    if !holds_within(PATIENCE, holds).await {
        panic!("never came to pass: {what}");
    }
}

async fn holds_within(patience: Duration, mut holds: impl FnMut() -> bool) -> bool {
    // The clock of tokio may stand still.
    let start = Instant::now();
    while !holds() {
        if start.elapsed() > patience {
            return false;
        }
        tokio::task::yield_now().await;
    }
    true
}

/// Lets others run until nothing of what was begun on the session is left.
///
/// # Panics
/// If something stays; with what it is.
pub async fn idle(session: &Session) {
    if !holds_within(PATIENCE, || is_idle(session.stats())).await {
        panic!("something stays: {:?}", session.stats());
    }
}

/// Whether every table is empty. What policies have dropped is history.
fn is_idle(stats: Stats) -> bool {
    let mut nothing = Stats::default();
    nothing.dropped = stats.dropped;
    stats == nothing
}
