//! From a call that arrived to its handler.
//!
//! The handler is polled once, at once, where its frame was read: then handlers start in the order in
//! which their calls arrived, and one that need not wait costs no task. One that has to wait goes on
//! in a task of its own, or in the lane of its object.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::future::{Abortable, abortable};
use tokio::time::Sleep;

use super::clock::now;
use super::context::Serving;
use super::handler::{self, HandlerFuture};
use super::incoming::{Incoming, unnamed};
use super::link::{Attached, Link};
use super::panic::catch_panic;
use super::received::References;
use super::running::Entry;
use super::target::{Mode, Services, Target};
use crate::error::{Error, ErrorKind};
use crate::id::{ObjectId, RequestId};
use crate::proto::{Extras, IncomingCall, IncomingTarget};

/// One-way calls whose handlers have ended where they began: how many in a row for which object. The peer
/// is told of all that came together at once.
#[derive(Default)]
pub(super) struct Ended(Vec<(Option<ObjectId>, u32)>);

impl Ended {
    fn one_more(&mut self, object: Option<ObjectId>) {
        match self.0.last_mut() {
            Some((last, calls)) if *last == object => *calls += 1,
            _ => self.0.push((object, 1)),
        }
    }

    /// Tells the protocol core.
    pub(super) fn tell(&mut self, link: &Link) {
        if !self.0.is_empty() {
            link.drive(|core| {
                for (object, calls) in self.0.drain(..) {
                    core.finish_notifications(object, calls);
                }
            });
        }
    }
}

/// Finds whom the peer calls and starts the handler.
pub(super) fn dispatch(
    link: &Arc<Link>,
    services: &Services,
    mut call: IncomingCall<Attached>,
    ended: &mut Ended,
) {
    let id = call.id;
    let (terms, references) = match call.extras.take() {
        None => (Terms::default(), None),
        Some(extras) => Terms::of(link, *extras),
    };
    let (target, object) = match &call.target {
        IncomingTarget::Object(object, target) => (Ok(target), Some(*object)),
        IncomingTarget::Unknown(object) => (Err(no_such_object(*object)), None),
        IncomingTarget::Service(_) => {
            let name = call.service().unwrap_or_default();
            let target = services.get(name);
            (target.ok_or_else(|| no_such_service(services, name)), None)
        }
    };
    let target = match target {
        Ok(target) => target,
        Err(error) => {
            match id {
                Some(id) => link.fail(id, &error),
                None => {
                    link.complain(unnamed(call.method), Some(&error));
                    ended.one_more(None);
                }
            }
            return;
        }
    };
    let incoming = Incoming {
        method: call.method,
        frame: call.frame,
        params: call.params,
        references,
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
        deadline: terms.deadline,
        metadata: terms.metadata,
    };
    let running = Running::new(future, serving, object);
    match (handler.mode, object) {
        (Mode::Spawned, _) => spawn(link, running),
        (_, Some(object)) => link.lanes.start(link, object, running, ended),
        (_, None) => start(link, running, ended),
    }
}

/// What a call says beside whom it calls with what.
#[derive(Default)]
struct Terms {
    deadline: Option<Instant>,
    metadata: Option<Box<Bytes>>,
}

impl Terms {
    fn of(link: &Arc<Link>, extras: Extras<Attached>) -> (Self, Option<Box<Mutex<References>>>) {
        let deadline = extras
            .left
            .and_then(|left| now().checked_add(Duration::from_millis(left)));
        let has_metadata = !extras.metadata.is_empty();
        let has_references = !extras.references.is_empty();
        (
            Self {
                deadline,
                metadata: has_metadata.then(|| Box::new(extras.metadata)),
            },
            has_references.then(|| Box::new(References::new(link, extras.references).into())),
        )
    }
}

fn start(link: &Arc<Link>, mut handler: Running, ended: &mut Ended) {
    if handler.first_poll(ended).is_pending() {
        spawn(link, handler);
    }
}

fn spawn(link: &Arc<Link>, handler: Running) {
    tokio::spawn(Waiting::new(link, handler));
}

/// A `#[serial]` handler begins when the one before it on the same target has ended.
fn serially(target: &Target, future: HandlerFuture) -> HandlerFuture {
    let line = target.serial();
    HandlerFuture::new(async move {
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
    object: Option<ObjectId>,
    /// It is a one-way call, and its end is yet to be noted.
    notes_its_end: bool,
}

impl Running {
    fn new(future: HandlerFuture, serving: Serving, object: Option<ObjectId>) -> Self {
        Self {
            future: Some(future),
            notes_its_end: serving.request.is_none(),
            serving: Some(serving),
            deadline: None,
            object,
        }
    }

    /// The poll that starts it. Nobody is woken by it, so one that waits is to be polled again.
    pub(super) fn first_poll(&mut self, ended: &mut Ended) -> Poll<()> {
        let polled = Pin::new(&mut *self).poll(&mut Context::from_waker(Waker::noop()));
        if polled.is_ready() && std::mem::take(&mut self.notes_its_end) {
            ended.one_more(self.object);
        }
        polled
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
                    Some(future) => future.poll(cx),
                    None => Poll::Ready(()),
                };
                if polled.is_ready()
                    && let Some(ended) = handler.take()
                {
                    handler::end(ended);
                }
                polled
            })
        });
        match polled {
            Ok(Poll::Ready(())) => {
                me.fail(not_answered);
                return Poll::Ready(());
            }
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
        match dropped {
            // Its caller is about to hear what it was: the runtime may end before the session that was closed.
            Ok(()) if self.is_leaving() => {}
            Ok(()) => self.fail(not_answered),
            Err(text) => self.panicked(&text),
        }
    }

    fn is_leaving(&self) -> bool {
        let link = self.serving.as_ref().map(|serving| &serving.link);
        link.is_some_and(|link| link.is_leaving())
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

fn not_answered() -> Error {
    let text = "the handler was ended before it answered";
    Error::new(ErrorKind::Cancelled, text)
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.future.is_some() {
            self.end_early(); // cancelled: its destructors run in the call's context, in the net
        }
        if self.notes_its_end
            && let Some(serving) = &self.serving
        {
            let object = self.object;
            serving
                .link
                .with(|core| core.finish_notifications(object, 1));
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
