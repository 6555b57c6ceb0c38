//! A handler at work, from its first poll to its end.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::future::{Abortable, abortable};
use tokio::time::Sleep;

use super::context::Serving;
use super::future::{self, HandlerFuture};
use super::running::Entry;
use crate::error::{Error, ErrorKind};
use crate::id::{ObjectId, RequestId};
use crate::session::link::Link;
use crate::session::panic::catch_panic;

/// Calls whose handlers have ended where they began.
#[derive(Default)]
pub(crate) struct Ended {
    /// Of one-way calls, how many in a row for which object. The peer is told of all that came together at once.
    one_way: Vec<(Option<ObjectId>, u32)>,
    /// Of the last one, for the next one: to hand it on takes no atomic operation.
    link: Option<Arc<Link>>,
}

impl Ended {
    pub(super) fn one_more(&mut self, object: Option<ObjectId>) {
        match self.one_way.last_mut() {
            Some((last, calls)) if *last == object => *calls += 1,
            _ => self.one_way.push((object, 1)),
        }
    }

    /// The session, for the context of a call.
    #[inline]
    pub(super) fn link(&mut self, link: &Arc<Link>) -> Arc<Link> {
        self.link.take().unwrap_or_else(|| Arc::clone(link))
    }

    /// Tells the protocol core.
    pub(crate) fn tell(&mut self, link: &Link) {
        if !self.one_way.is_empty() {
            link.drive(|core| {
                for (object, calls) in self.one_way.drain(..) {
                    core.finish_notifications(object, calls);
                }
            });
        }
    }
}

/// A handler with the context of its call, its deadline and a net for its panics.
pub(super) struct Running {
    /// `None` once it has ended.
    future: Option<HandlerFuture>,
    serving: Serving,
    /// Made when the handler has to wait; most never do.
    deadline: Option<Pin<Box<Sleep>>>,
    object: Option<ObjectId>,
    /// It is a one-way call, and its end is yet to be noted.
    notes_its_end: bool,
}

impl Running {
    /// Begins to handle a call: `begin` makes the handler, and polls it if it starts at once. Both are done in the
    /// context of the call, and in the net. Gives the handler if it has not ended by that; it is to be polled
    /// then, since nobody is woken by the first poll.
    #[inline]
    pub(super) fn begin(
        serving: Serving,
        object: Option<ObjectId>,
        ended: &mut Ended,
        begin: impl FnOnce(&mut Option<HandlerFuture>, &mut Context<'_>) -> Option<Poll<()>>,
    ) -> Option<Self> {
        let mut future = None;
        let mut unheard = Context::from_waker(Waker::noop());
        let polled = in_context(&serving, || {
            let polled = begin(&mut future, &mut unheard);
            if polled == Some(Poll::Ready(())) {
                give_memory(&mut future);
            }
            polled
        });
        let is_one_way = serving.request.is_none();
        if let Ok(Some(Poll::Ready(()))) = polled
            && (is_one_way || serving.answered.get())
        {
            if is_one_way {
                ended.one_more(object);
            }
            ended.link = Some(serving.call.link);
            return None; // as most do
        }
        let begun = Self {
            future,
            notes_its_end: is_one_way,
            serving,
            deadline: None,
            object,
        };
        match polled.transpose() {
            None => Some(begun),
            Some(polled) => begun.go_on(polled, ended),
        }
    }

    /// Starts a handler that was going to be started by somebody else.
    pub(super) fn start(mut self, ended: &mut Ended) -> Option<Self> {
        let mut unheard = Context::from_waker(Waker::noop());
        let polled = poll_handler(&mut self.future, &self.serving, &mut unheard);
        self.go_on(polled, ended)
    }

    /// What follows on the first poll of a handler.
    fn go_on(mut self, polled: Result<Poll<()>, String>, ended: &mut Ended) -> Option<Self> {
        match self.after(polled, &mut Context::from_waker(Waker::noop())) {
            Poll::Pending => Some(self),
            Poll::Ready(()) => {
                if std::mem::take(&mut self.notes_its_end) {
                    ended.one_more(self.object);
                }
                None
            }
        }
    }

    fn id(&self) -> Option<RequestId> {
        self.serving.request
    }
}

impl Future for Running {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let me = self.get_mut();
        let polled = poll_handler(&mut me.future, &me.serving, cx);
        me.after(polled, cx)
    }
}

/// Does something for a call: in its context, and in a net.
#[inline]
fn in_context<R>(serving: &Serving, work: impl FnOnce() -> R) -> Result<R, String> {
    serving.scope(|| catch_panic(work))
}

#[inline]
fn poll_handler(
    handler: &mut Option<HandlerFuture>,
    serving: &Serving,
    cx: &mut Context<'_>,
) -> Result<Poll<()>, String> {
    in_context(serving, || {
        let polled = match handler {
            Some(future) => future.poll(cx),
            None => Poll::Ready(()),
        };
        if polled.is_ready() {
            give_memory(handler);
        }
        polled
    })
}

/// A handler has ended: the next one has its memory.
#[inline]
fn give_memory(ended: &mut Option<HandlerFuture>) {
    if let Some(ended) = ended.take() {
        future::end(ended);
    }
}

impl Running {
    /// What follows on a poll of the handler.
    fn after(&mut self, polled: Result<Poll<()>, String>, cx: &mut Context<'_>) -> Poll<()> {
        match polled {
            Ok(Poll::Ready(())) => {
                self.fail(not_answered);
                return Poll::Ready(());
            }
            Ok(Poll::Pending) => {}
            Err(text) => {
                self.panicked(&text);
                return Poll::Ready(());
            }
        }
        if let Some(deadline) = self.serving.call.deadline {
            // Also by the first poll, whose waker wakes nobody: the next one gives the timer its own.
            let sleep = self
                .deadline
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline.into())));
            if sleep.as_mut().poll(cx).is_ready() {
                self.fail(|| Error::new(ErrorKind::Timeout, "the deadline of the call has passed"));
                self.end_early();
                return Poll::Ready(());
            }
        }
        Poll::Pending
    }
}

impl Running {
    /// Drops the handler where it stands; its call is answered by that.
    fn end_early(&mut self) {
        let future = self.future.take();
        match in_context(&self.serving, || drop(future)) {
            // Its caller is about to hear what it was: the runtime may end before the session that was closed.
            Ok(()) if self.is_leaving() => {}
            Ok(()) => self.fail(not_answered),
            Err(text) => self.panicked(&text),
        }
    }

    fn is_leaving(&self) -> bool {
        self.serving.call.link.is_leaving()
    }

    fn panicked(&mut self, text: &str) {
        // What is left of the future is dropped as well, and may panic once more.
        let future = self.future.take();
        let _ = catch_panic(|| drop(future));
        tracing::error!(peer = ?self.serving.call.link.peer_addr(), "a handler panicked: {text}");
        self.fail(|| Error::new(ErrorKind::Panicked, format!("the handler panicked: {text}")));
    }

    /// Answers in place of the handler, unless that has answered.
    fn fail(&self, error: impl FnOnce() -> Error) {
        self.serving.answer(|link, id| link.fail(id, &error()));
    }
}

fn not_answered() -> Error {
    let text = "the handler was ended before it answered";
    Error::new(ErrorKind::Cancelled, text)
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.future.is_some() {
            self.end_early(); // cancelled: its destructors run in the call's context, in the net
        }
        if self.notes_its_end {
            let object = self.object;
            let link = &self.serving.call.link;
            link.with(|core| core.finish_notifications(object, 1));
        }
    }
}

/// A handler that has to wait. It can be cancelled from outside.
pub(super) struct Waiting {
    handler: Abortable<Running>,
    entry: Entry,
    link: Arc<Link>,
}

impl Waiting {
    pub(super) fn new(link: &Arc<Link>, handler: Running) -> Self {
        let id = handler.id();
        let (handler, abort) = abortable(handler);
        Self {
            handler,
            entry: link.running.insert(id, abort),
            link: Arc::clone(link),
        }
    }
}

impl Future for Waiting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.handler).poll(cx).map(|_| ())
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.link.running.remove(&self.entry);
    }
}
