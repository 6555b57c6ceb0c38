//! The time: whose clock a connection goes by.

use std::sync::LazyLock;
use std::time::Instant;
use std::{io, thread};

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};
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
    static SHARED: LazyLock<Option<Clock>> = LazyLock::new(Clock::start);

    let many_threads = Handle::current().runtime_flavor() != RuntimeFlavor::CurrentThread;
    let shared = many_threads.then(|| SHARED.as_ref()?.timers()).flatten();
    let _entered = shared.map(Handle::enter);
    tokio::time::sleep_until(at.into())
}

/// The thread that keeps the timers. It lives as long as the process.
struct Clock {
    timers: Handle,
    /// A process that forks has its threads no longer.
    process: u32,
}

impl Clock {
    fn start() -> Option<Self> {
        Self::start_in(|thread, body| thread.spawn(body).map(drop))
    }

    /// None if the system has no thread to give: every runtime keeps its own timers then.
    fn start_in(
        spawn: impl FnOnce(thread::Builder, Box<dyn FnOnce() + Send>) -> io::Result<()>,
    ) -> Option<Self> {
        let started = || {
            let runtime = Builder::new_current_thread().enable_time().build()?;
            // Whoever is the first to need it is in a runtime, and there none may be dropped.
            let runtime: &'static Runtime = Box::leak(Box::new(runtime));
            let thread = thread::Builder::new().name("ringback-clock".into());
            let runs = || runtime.block_on(std::future::pending());
            spawn(thread, Box::new(runs))?;
            Ok::<_, io::Error>(runtime.handle().clone())
        };
        let timers = started()
            .inspect_err(|error| tracing::warn!(%error, "no thread for a shared clock"))
            .ok()?;
        Some(Self {
            timers,
            process: std::process::id(),
        })
    }

    /// None in a process that was forked off: its runtimes keep their own timers.
    fn timers(&self) -> Option<&Handle> {
        (self.process == std::process::id()).then_some(&self.timers)
    }
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

    /// The failure is met inside of a runtime, where the first connection is.
    #[test]
    fn without_a_thread_there_is_no_shared_clock() {
        let runtime = Builder::new_multi_thread().build().unwrap();
        let clock = runtime
            .block_on(async { Clock::start_in(|_, _| Err(io::Error::other("no more threads"))) });
        assert!(clock.is_none());
    }

    #[test]
    fn a_process_that_was_forked_off_does_not_wait_for_a_thread_of_its_parent() {
        let mut clock = Clock::start().unwrap();
        assert!(clock.timers().is_some());
        clock.process += 1;
        assert!(clock.timers().is_none());
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
