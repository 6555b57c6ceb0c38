//! A call to a member that is an object of this process.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::{Error, ErrorKind};
use crate::session::{Method, Outcome, catch_panic};

pub(super) type LocalCall<'a, R> = Pin<Box<dyn Future<Output = R> + Send + 'a>>;

/// The call, with a net for its panics: they would unwind through the calls to all other members.
pub(super) struct Local<'a, R> {
    /// `None` once it has ended.
    call: Option<LocalCall<'a, R>>,
    method: &'static Method,
    failed: fn(Error) -> R,
}

impl<'a, R: Outcome> Local<'a, R> {
    pub(super) fn new(method: &'static Method, call: LocalCall<'a, R>) -> Self {
        Self {
            call: Some(call),
            method,
            failed: R::failed,
        }
    }
}

impl<R> Future for Local<'_, R> {
    type Output = R;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let slot = &mut self.call;
        let polled = catch_panic(|| {
            let call = slot.as_mut().expect("a call is polled until it is over");
            let polled = call.as_mut().poll(cx);
            if polled.is_ready() {
                *slot = None; // what it holds is dropped inside the net, too
            }
            polled
        });
        polled.unwrap_or_else(|text| {
            self.let_go();
            let error = format!("{}: the handler panicked: {text}", self.method);
            Poll::Ready((self.failed)(Error::new(ErrorKind::Panicked, error)))
        })
    }
}

impl<R> Local<'_, R> {
    /// Drops what is left of the call.
    fn let_go(&mut self) {
        let call = self.call.take();
        if let Err(text) = catch_panic(|| drop(call)) {
            tracing::error!("{} panicked when it was given up: {text}", self.method);
        }
    }
}

impl<R> Drop for Local<'_, R> {
    fn drop(&mut self) {
        self.let_go();
    }
}
