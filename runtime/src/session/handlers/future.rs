//! The memory of handlers. Most of them end where they begin, so the next one can have it: one of the same kind,
//! mostly, since calls of a method come in rows. (A `#[serial]` one lies inside of another that waits for its turn,
//! and finds no memory of its kind.)

use std::cell::Cell;
use std::future::Future;

use tokio_util::sync::ReusableBoxFuture;

/// The handler of one call.
pub(crate) type HandlerFuture = ReusableBoxFuture<'static, ()>;

/// Memory of an unusually large handler is not kept.
const KEPT: usize = 4 << 10;

thread_local! {
    static SPARE: Cell<Option<HandlerFuture>> = const { Cell::new(None) };
}

/// Puts a handler into the memory of the one that ended last on this thread, if that was one of its kind.
pub(super) fn begin(handler: impl Future<Output = ()> + Send + 'static) -> HandlerFuture {
    // The thread's locals may be gone: one of the user's may poll a connection where it is dropped.
    match SPARE.try_with(Cell::take) {
        Ok(Some(mut spare)) => {
            spare.set(handler);
            spare
        }
        _ => HandlerFuture::new(handler),
    }
}

/// A handler has ended. It is an `async` block, so what it held is dropped already.
pub(super) fn end(mut handler: HandlerFuture) {
    if size_of_val(&*handler.get_pin()) <= KEPT {
        let _ = SPARE.try_with(|spare| spare.set(Some(handler)));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    use super::*;

    /// Where a handler lies.
    fn place(handler: &mut HandlerFuture) -> usize {
        std::ptr::from_ref(&*handler.get_pin()).addr()
    }

    /// Runs a handler that holds so many bytes and `held`; gives where it lay.
    fn run<const BYTES: usize>(held: &Arc<()>) -> usize {
        let (held, bytes) = (Arc::clone(held), [0_u8; BYTES]);
        let mut handler = begin(async move {
            std::hint::black_box((&held, &bytes));
        });
        let lay = place(&mut handler);
        let polled = handler.poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(polled, Poll::Ready(()));
        end(handler);
        lay
    }

    #[test]
    fn one_handler_after_the_other_lies_in_the_same_memory() {
        let held = Arc::new(());
        let first = run::<100>(&held);
        // Had it been given back, one of these would have it.
        let others: Vec<Vec<u8>> = (64..512).step_by(8).map(Vec::with_capacity).collect();
        assert_eq!(run::<100>(&held), first);
        drop(others);
    }

    /// What lies in memory that is kept is gone all the same.
    #[test]
    fn a_handler_that_has_ended_holds_nothing() {
        let held = Arc::new(());
        run::<100>(&held);
        assert_eq!(Arc::strong_count(&held), 1);
    }

    #[test]
    fn memory_of_a_large_handler_is_not_kept() {
        let held = Arc::new(());
        run::<{ 2 * KEPT }>(&held);
        assert!(SPARE.take().is_none());
        run::<100>(&held);
        assert!(SPARE.take().is_some());
    }
}
