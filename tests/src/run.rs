//! Runs tests, each over every transport, and none of them for ever.

use std::future::Future;
use std::time::Duration;

/// How long a test may take on a busy machine before it counts as hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a test with two worker threads.
///
/// # Panics
/// If the test does, or if it hangs.
pub fn run(test: impl Future<Output = ()>) {
    run_with(2, test);
}

/// Runs a test with that many worker threads.
///
/// # Panics
/// If the test does, or if it hangs.
pub fn run_with(workers: usize, test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .expect("a runtime");
    let ended = runtime.block_on(async { tokio::time::timeout(PATIENCE, test).await });
    // Whatever still runs is not waited for: a failed test has to end, too.
    runtime.shutdown_background();
    ended.expect("the test hangs");
}

/// Makes two tests of each function that takes an [`Over`](crate::Over): one over TCP and one in
/// memory.
#[macro_export]
macro_rules! over_both {
    ($($name:ident),* $(,)?) => {$(
        mod $name {
            #[test]
            fn over_tcp() {
                $crate::run::run(super::$name($crate::Over::Tcp));
            }

            #[test]
            fn in_memory() {
                $crate::run::run(super::$name($crate::Over::Memory));
            }
        }
    )*};
}
