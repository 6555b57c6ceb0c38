//! Panics in code of the user's, which stay where they are.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;

/// Runs code of the user's. If it panics, gives what it said.
pub(crate) fn catch_panic<R>(work: impl FnOnce() -> R) -> Result<R, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| text(&*panic))
}

/// The same for a future.
pub(crate) async fn catch_panics<R>(work: impl Future<Output = R>) -> Result<R, String> {
    let mut work = Some(Box::pin(work));
    let done = poll_fn(|cx| {
        let polled = catch_panic(|| match &mut work {
            Some(work) => work.as_mut().poll(cx),
            None => Poll::Pending,
        });
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(text) => Poll::Ready(Err(text)),
        }
    })
    .await;
    // What is left of it is dropped in the net, too.
    catch_panic(|| drop(work)).and(done)
}

/// Drops what was the user's. A destructor that panics must not take the connection along.
#[inline]
pub(super) fn drop_in_net<T>(one: T) {
    if catch_panic(|| drop(one)).is_err() {
        tracing::error!("the destructor of an object that was passed panicked");
    }
}

/// The same of each: those after one that panics are dropped all the same.
pub(super) fn drop_all_in_net<T>(all: Vec<T>) {
    all.into_iter().for_each(drop_in_net);
}

fn text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "with a value that is no text".to_owned())
}
