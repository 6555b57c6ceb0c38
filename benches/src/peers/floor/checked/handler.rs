//! A listener as a user would write it, and the way to its method.

use std::cell::{Cell, RefCell};
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use scoped_tls::scoped_thread_local;
use tokio_util::sync::ReusableBoxFuture;

use crate::item::Item;
use crate::peers::floor::wire::Wire;
use crate::peers::{Outcome, Sink, Stop};

/// What its name would come to.
pub(super) const METHOD: u32 = 0x6f72_1b2e;

trait Listener: Send + Sync + 'static {
    fn event(&self, item: Item) -> impl Future<Output = Outcome<()>> + Send;
}

pub(super) struct Counting(pub(super) Arc<Sink>);

impl Listener for Counting {
    async fn event(&self, item: Item) -> Outcome<()> {
        self.0.take(item);
        Ok(())
    }
}

type HandlerFuture = ReusableBoxFuture<'static, ()>;

/// What can be called by the number of its method.
pub(super) trait Dispatch: Send + Sync + 'static {
    fn dispatch(self: Arc<Self>, method: u32, value: &[u8]) -> Outcome<HandlerFuture>;
}

impl<L: Listener> Dispatch for L {
    fn dispatch(self: Arc<Self>, method: u32, value: &[u8]) -> Outcome<HandlerFuture> {
        if method != METHOD {
            return Err(Stop::Failed(format!("no method {method:#010x}")));
        }
        let item: Item = rmp_serde::from_slice(value)?;
        Ok(begin(async move {
            if let Err(why) = self.event(item).await {
                eprintln!("a handler failed: {why}");
            }
        }))
    }
}

/// What a handler could ask for while it runs. Nobody does: it is there for what it costs.
struct Serving {
    _wire: Arc<Wire>,
}

scoped_thread_local!(static CURRENT: Serving);

thread_local! {
    static SPARE: Cell<Option<HandlerFuture>> = const { Cell::new(None) };
    static ENCODED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Puts a handler into the memory of the one that ended last.
fn begin(handler: impl Future<Output = ()> + Send + 'static) -> HandlerFuture {
    match SPARE.take() {
        Some(mut spare) => {
            spare.set(handler);
            spare
        }
        None => HandlerFuture::new(handler),
    }
}

/// Makes the handler and polls it, in its context and in a net for panics.
pub(super) fn handle(
    target: Arc<dyn Dispatch>,
    wire: &Arc<Wire>,
    method: u32,
    value: &[u8],
) -> Outcome<()> {
    let serving = Serving {
        _wire: Arc::clone(wire),
    };
    let work = || {
        let mut handler = target.dispatch(method, value)?;
        match handler.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(()) => SPARE.set(Some(handler)),
            // It counts as ended. The one listener there is does not come here.
            Poll::Pending => {
                tokio::spawn(async move { std::future::poll_fn(|cx| handler.poll(cx)).await });
            }
        }
        Ok(())
    };
    catch_unwind(AssertUnwindSafe(|| CURRENT.set(&serving, work)))
        .unwrap_or_else(|_| Err(Stop::Failed("a handler panicked".to_owned())))
}

/// A writer of its own kind: with that of the floor, whose encoder is compiled into the one place where it is used, that
/// would be compiled otherwise, and the floor cost more.
struct Encoded<'a>(&'a mut Vec<u8>);

impl Write for Encoded<'_> {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    #[inline]
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Encodes an argument, outside of every lock, and lends its bytes to `work`.
pub(super) fn encoded<R>(item: &Item, work: impl FnOnce(&[u8]) -> Outcome<R>) -> Outcome<R> {
    ENCODED.with_borrow_mut(|bytes| {
        bytes.clear();
        rmp_serde::encode::write(&mut Encoded(bytes), item)?;
        work(bytes)
    })
}
