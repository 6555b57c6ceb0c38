//! From a call that arrived to its handler.
//!
//! The handler is polled once, at once, where its frame was read: then handlers start in the order in
//! which their calls arrived, and one that need not wait costs no task. One that has to wait goes on
//! in a task of its own, or in the lane of its object.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures::future::{Abortable, abortable};
use tokio::time::Sleep;

use super::clock::now;
use super::context::Serving;
use super::incoming::Incoming;
use super::link::{Attached, Link};
use super::panic::catch_panic;
use super::received::References;
use super::running::Entry;
use super::target::{HandlerFuture, Mode, Services, Target};
use crate::error::{Error, ErrorKind};
use crate::id::{ObjectId, RequestId};
use crate::proto::{IncomingCall, IncomingTarget};

/// Finds whom the peer calls and starts the handler.
pub(super) fn dispatch(link: &Arc<Link>, services: &Services, call: IncomingCall<Attached>) {
    let id = call.id;
    let deadline = call
        .left
        .and_then(|left| now().checked_add(Duration::from_millis(left)));
    let (target, object) = match &call.target {
        IncomingTarget::Object(object, target) => (Ok(target), Some(*object)),
        IncomingTarget::Unknown(object) => (Err(no_such_object(*object)), None),
        IncomingTarget::Service(_) => {
            let name = call.service().unwrap_or_default();
            let target = services.get(name);
            (target.ok_or_else(|| no_such_service(services, name)), None)
        }
    };
    let incoming = Incoming {
        link: Arc::clone(link),
        id,
        object,
        method: call.method,
        frame: call.frame,
        params: call.params,
        references: References::new(link, call.references).into(),
        answered: false,
    };
    let target = match target {
        Ok(target) => target,
        Err(error) => return incoming.fail(error),
    };
    let handler = target.dispatch.dispatch(incoming);
    let future = match handler.mode {
        Mode::Serial => serially(target, handler.future),
        Mode::Inline | Mode::Spawned => handler.future,
    };
    let serving = Serving {
        link: Arc::clone(link),
        request: id,
        answered: false,
        deadline,
        metadata: call.metadata,
    };
    start(link, object, handler.mode, Running::new(future, serving));
}

fn start(link: &Arc<Link>, object: Option<ObjectId>, mode: Mode, mut handler: Running) {
    if mode == Mode::Spawned {
        tokio::spawn(Waiting::new(link, handler));
        return;
    }
    if let Some(object) = object {
        link.lanes.start(link, object, handler);
    } else if handler.first_poll().is_pending() {
        tokio::spawn(Waiting::new(link, handler));
    }
}

/// A `#[serial]` handler begins when the one before it on the same target has ended.
fn serially(target: &Target, future: HandlerFuture) -> HandlerFuture {
    let line = target.serial();
    Box::pin(async move {
        let _turn = line.lock_owned().await;
        future.await;
    })
}

fn no_such_object(object: ObjectId) -> Error {
    Error::new(
        ErrorKind::Revoked,
        format!(
            "there is no object {object} in this session: it was released, withdrawn or never passed"
        ),
    )
}

/// More of a name is not repeated to who sent it, nor to the log.
const LONG_NAME: usize = 100;

fn no_such_service(services: &Services, name: &[u8]) -> Error {
    let name = String::from_utf8_lossy(name);
    let names = services.names();
    let name = &name[..name.floor_char_boundary(LONG_NAME)];
    Error::new(
        ErrorKind::UnknownService,
        format!("no service `{name}` here; there are: {names}"),
    )
}

/// A handler with the context of its call, its deadline and a net for its panics.
pub(super) struct Running {
    /// `None` once it has ended.
    future: Option<HandlerFuture>,
    serving: Option<Serving>,
    /// Made when the handler has to wait; most never do.
    deadline: Option<Pin<Box<Sleep>>>,
}

impl Running {
    fn new(future: HandlerFuture, serving: Serving) -> Self {
        Self {
            future: Some(future),
            serving: Some(serving),
            deadline: None,
        }
    }

    /// The poll that starts it. Nobody is woken by it, so one that waits is to be polled again.
    pub(super) fn first_poll(&mut self) -> Poll<()> {
        Pin::new(self).poll(&mut Context::from_waker(Waker::noop()))
    }

    fn id(&self) -> Option<RequestId> {
        self.serving.as_ref()?.request
    }
}

impl Future for Running {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let me = self.get_mut();
        let handler = &mut me.future;
        let polled = Serving::scope(&mut me.serving, || {
            catch_panic(|| {
                let polled = match handler {
                    Some(future) => future.as_mut().poll(cx),
                    None => Poll::Ready(()),
                };
                if polled.is_ready() {
                    *handler = None; // what it holds is dropped inside the net, too
                }
                polled
            })
        });
        match polled {
            Ok(Poll::Ready(())) => return Poll::Ready(()),
            Ok(Poll::Pending) => {}
            Err(text) => {
                me.panicked(&text);
                return Poll::Ready(());
            }
        }
        let Some(serving) = &me.serving else {
            return Poll::Pending;
        };
        if let Some(deadline) = serving.deadline {
            // Also by the first poll, whose waker wakes nobody: the next one gives the timer its own.
            let sleep = me
                .deadline
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline.into())));
            if sleep.as_mut().poll(cx).is_ready() {
                me.fail(|| Error::new(ErrorKind::Timeout, "the deadline of the call has passed"));
                me.end_early();
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
        let dropped = Serving::scope(&mut self.serving, || catch_panic(|| drop(future)));
        if let Err(text) = dropped {
            self.panicked(&text);
        }
    }

    fn panicked(&mut self, text: &str) {
        // What is left of the future is dropped as well, and may panic once more.
        let future = self.future.take();
        let _ = catch_panic(|| drop(future));
        let Some(serving) = &self.serving else {
            return;
        };
        tracing::error!(peer = ?serving.link.peer_addr(), "a handler panicked: {text}");
        self.fail(|| Error::new(ErrorKind::Panicked, format!("the handler panicked: {text}")));
    }

    /// Answers in place of the handler, unless that has answered.
    fn fail(&mut self, error: impl FnOnce() -> Error) {
        if let Some(serving) = &mut self.serving
            && let Some(id) = serving.request
            && !std::mem::replace(&mut serving.answered, true)
        {
            serving.link.fail(id, &error());
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.future.is_some() {
            self.end_early(); // cancelled: its destructors run in the call's context, in the net
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
