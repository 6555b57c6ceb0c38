//! The time: whose clock a connection goes by.

use std::sync::LazyLock;
use std::time::Instant;

use tokio::runtime::{Builder, Handle, RuntimeFlavor};
use tokio::time::Sleep;

/// Now, by tokio's clock: what its timers go by, and what a test can pause.
pub(super) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// A timer for `at`, which wakes its task on whichever runtime that runs.
///
/// A connection nearly always has something due, be it only the next heartbeat. A runtime that waits for
/// bytes would set an alarm for it each time it falls asleep, which is a twentieth of what a lone call
/// costs. So the timers of all multi-thread runtimes are kept by one thread that does nothing else. A
/// current-thread runtime keeps its own: a test may have paused its clock.
pub(super) fn timer(at: Instant) -> Sleep {
    static SHARED: LazyLock<Option<Handle>> = LazyLock::new(start_shared);

    let many_threads = Handle::current().runtime_flavor() != RuntimeFlavor::CurrentThread;
    let shared = many_threads.then(|| SHARED.as_ref()).flatten();
    let _entered = shared.map(Handle::enter);
    tokio::time::sleep_until(at.into())
}

/// Starts the thread that keeps the timers; it lives as long as the process. None if the system has no
/// thread to give: every runtime keeps its own timers then.
fn start_shared() -> Option<Handle> {
    let started = || {
        let runtime = Builder::new_current_thread().enable_time().build()?;
        let handle = runtime.handle().clone();
        std::thread::Builder::new()
            .name("ringback-clock".into())
            .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
        Ok::<_, std::io::Error>(handle)
    };
    started()
        .inspect_err(|error| tracing::warn!(%error, "no thread for a shared clock"))
        .ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const SOON: Duration = Duration::from_millis(20);

    /// Without a time driver of its own the runtime could not fire a timer, nor make one.
    #[test]
    fn a_runtime_with_threads_needs_no_timers_of_its_own() {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let due = Instant::now() + SOON;
        runtime.block_on(async { timer(due).await });
        assert!(Instant::now() >= due);
    }

    #[test]
    fn a_paused_clock_is_gone_by() {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let started = Instant::now();
        runtime.block_on(async {
            let due = now() + Duration::from_secs(3600);
            timer(due).await;
            assert!(now() >= due);
        });
        assert!(started.elapsed() < Duration::from_secs(60));
    }
}
