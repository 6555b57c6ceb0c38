//! The one task of a connection: moves bytes between the transport and the protocol core, and acts
//! on what comes out of it.
//!
//! What arrived is worked off first, handlers included; what they and everybody else wrote in the
//! meantime then leaves in one write, up to the next large payload. Where much arrives, what is due does
//! not wait for the last of it, so that both ends work at the same time. While several calls are under
//! way the task steps back once before it writes, so that those who are about to call get into the same
//! write; a lone call is never held up, and often does not need this task at all: see `direct`. (Measured
//! on two plain ends over loopback: one write per message costs seven times the processor time of this.)

use std::any::Any;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io::IoSlice;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use bytes::BytesMut;
use tokio::sync::oneshot;
use tokio::time::Sleep;

use super::direct::Direct;
use super::goodbye::End;
use super::input::Input;
use super::open::Opened;
use crate::error::{Error, ErrorKind};
use crate::frame::Resume;
use crate::proto::{Event, Output};
use crate::session::calls::{Answer, Reply};
use crate::session::clock::{self, now};
use crate::session::handlers::{Calls, Services, dispatch};
use crate::session::lifetime::Session;
use crate::session::link::{Attached, Link};
use crate::session::objects::References;
use crate::session::panic::drop_in_net;
use crate::transport::Transport;

/// A write buffer that grew larger is not kept.
const KEPT_OUTPUT: usize = 256 << 10;

/// Drives a connection until it ends. There is a task for each connection, most of them idle: so the driver
/// lies in a box, where it is not moved about, and the end gets its memory when it comes.
pub(super) async fn drive<T: Transport>(mut driver: Box<Driver<T>>) {
    let end = driver.run().await;
    Box::pin(driver.finish(end)).await;
}

pub(crate) struct Driver<T: Transport> {
    pub(crate) link: Arc<Link>,
    /// Here and not in the link, which lives as long as a proxy: a service may keep proxies, and would
    /// keep itself by them.
    services: Arc<Services>,
    pub(super) transport: T,
    pub(super) input: Input,
    /// Some of it came with the connection, before this task read from it.
    has_unread: bool,
    /// What is being written.
    pub(super) output: Output,
    pub(super) events: VecDeque<Event<Attached>>,
    /// Those that come now, until all events are acted on.
    pub(super) calls: Calls,
    stepped_back: bool,
    timer: Option<Pin<Box<Sleep>>>,
    /// Whom the timer wakes, if it has been told.
    timer_wakes: Option<Waker>,
    /// When something is to be seen to, as it was known when this task last had the connection.
    due: Option<Instant>,
    pub(super) opened: Option<oneshot::Sender<Result<Opened, Error>>>,
    /// The session that the connection is meant for, if it is another one.
    pub(crate) claim: Option<Resume>,
    _kept: Kept,
}

/// Dropped when the connection is gone, its goodbye included.
pub(crate) type Kept = Option<Arc<dyn Any + Send + Sync>>;

impl<T: Transport> Driver<T> {
    pub(super) fn new(
        link: Arc<Link>,
        services: Arc<Services>,
        transport: T,
        opened: oneshot::Sender<Result<Opened, Error>>,
        kept: Kept,
    ) -> Self {
        link.set_direct(Direct::of(&transport));
        Self {
            link,
            services,
            transport,
            input: Input::new(BytesMut::new()),
            has_unread: false,
            output: Output::default(),
            events: VecDeque::new(),
            calls: Calls::default(),
            stepped_back: false,
            timer: None,
            timer_wakes: None,
            due: None,
            opened: Some(opened),
            claim: None,
            _kept: kept,
        }
    }

    /// Drives the session for as long as its connection lasts.
    pub(crate) async fn run(&mut self) -> End {
        poll_fn(|cx| self.turn(cx)).await
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        self.link.register_driver(cx.waker());
        if let Poll::Ready(end) = self.read(cx) {
            return Poll::Ready(end);
        }
        if let Poll::Ready(Err(error)) = self.write(cx) {
            return Poll::Ready(End::Transport(error));
        }
        if let Poll::Ready(end) = self.keep_time(cx, self.due) {
            return Poll::Ready(end);
        }
        if self.link.is_leaving() {
            return Poll::Ready(End::Own);
        }
        if self.link.has_arrival() {
            return Poll::Ready(End::TakenOver);
        }
        Poll::Pending
    }

    fn read(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        if std::mem::take(&mut self.has_unread)
            && let Poll::Ready(end) = self.receive()
        {
            return Poll::Ready(end);
        }
        loop {
            match ready!(self.input.poll_read(&mut self.transport, cx)) {
                Ok(0) => return Poll::Ready(End::Peer),
                Ok(_) => {}
                Err(error) => return Poll::Ready(End::Transport(error)),
            }
            if let Poll::Ready(end) = self.receive() {
                return Poll::Ready(end);
            }
            let (is_pressing, handled) = self
                .link
                .drive(|core| (core.is_pressing(), core.calls_being_handled()));
            self.input.is_held_by(handled);
            if is_pressing {
                self.stepped_back = true; // there is enough for a write
                if let Poll::Ready(Err(error)) = self.write(cx) {
                    return Poll::Ready(End::Transport(error));
                }
            }
        }
    }

    /// Works off what has been read.
    fn receive(&mut self) -> Poll<End> {
        let (link, input, events) = (&self.link, &mut self.input.bytes, &mut self.events);
        let received = link.drive(|core| {
            let received = core.receive(input, now());
            core.take_events(events);
            received
        });
        self.act();
        match received {
            Err(fault) if fault.from_peer && fault.kind == ErrorKind::Closed => {
                Poll::Ready(End::Left(fault))
            }
            Err(fault) => Poll::Ready(End::Fault(fault)),
            Ok(()) if self.claim.is_some() => Poll::Ready(End::HandedOver),
            Ok(()) => Poll::Pending,
        }
    }

    fn write(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        loop {
            if self.output.is_written() {
                ready!(self.next_output(cx))?;
            }
            let transport = Pin::new(&mut self.transport);
            let written = match self.output.rest() {
                (rest, []) | ([], rest) => transport.poll_write(cx, rest),
                (first, second) => {
                    let both = [IoSlice::new(first), IoSlice::new(second)];
                    transport.poll_write_vectored(cx, &both)
                }
            };
            let Poll::Ready(written) = written else {
                let events = &mut self.events;
                self.due = self.link.drive(|core| {
                    core.take_events(events);
                    core.timeout()
                });
                self.act(); // those who waited for room may have been told that there is some
                return Poll::Pending;
            };
            let written = written?;
            if written == 0 {
                return Poll::Ready(Err(std::io::ErrorKind::WriteZero.into()));
            }
            self.output.wrote(written);
            if !self.output.is_written() {
                self.link.drive(|core| core.wrote(written, now()));
                self.act(); // there may be room again
            }
        }
    }

    /// Everything taken so far is written: takes what there is by now. Pending when there is nothing, or
    /// when there may soon be more.
    fn next_output(&mut self, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.clear_output(KEPT_OUTPUT);
        loop {
            let (output, events, due) = (&mut self.output, &mut self.events, &mut self.due);
            let stepped_back = std::mem::take(&mut self.stepped_back);
            let (steps_back, rests) = self.link.drive_to_rest(|core| {
                if core.has_events() {
                    core.take_events(events); // of what was done outside of this task
                }
                if core.has_output() && core.is_busy() && !stepped_back {
                    return (true, false);
                }
                self.link.take_gathered();
                core.take_output(output, now);
                if core.has_events() {
                    core.take_events(events);
                }
                let has_nothing = output.is_written();
                if has_nothing {
                    *due = core.timeout();
                }
                (false, has_nothing && events.is_empty())
            });
            self.act();
            if steps_back {
                self.stepped_back = true;
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            if !self.output.is_written() {
                return Poll::Ready(Ok(()));
            }
            ready!(Pin::new(&mut self.transport).poll_flush(cx))?;
            if rests {
                return Poll::Pending;
            }
            // Where there are events still, the peer has to read before they are acted on.
            if self.link.is_idle() {
                self.due = self.link.with(|core| core.timeout());
                return Poll::Pending;
            }
        }
    }

    pub(super) fn clear_output(&mut self, kept: usize) {
        if let Some(bytes) = self.output.clear(kept) {
            drop_in_net(bytes);
        }
    }

    /// Sees to what is due at that time.
    pub(crate) fn keep_time(&mut self, cx: &mut Context<'_>, due: Option<Instant>) -> Poll<End> {
        let Some(mut at) = due else {
            return Poll::Pending;
        };
        loop {
            let timer = self.timer.get_or_insert_with(|| Box::pin(clock::timer(at)));
            if at < timer.deadline().into_std() {
                timer.as_mut().reset(at.into());
                self.timer_wakes = None;
            }
            let wakes = self.timer_wakes.as_ref();
            if wakes.is_some_and(|waker| waker.will_wake(cx.waker())) && !timer.is_elapsed() {
                return Poll::Pending; // as in most turns
            }
            // The time moves on with every byte that arrives; the timer follows when it fires.
            if timer.as_mut().poll(cx).is_pending() {
                self.timer_wakes = Some(cx.waker().clone());
                return Poll::Pending;
            }
            self.timer_wakes = None;
            let next = self.link.drive(|core| {
                core.on_timeout(now())?;
                Ok(core.timeout())
            });
            cx.waker().wake_by_ref(); // for what there may be to write
            match next {
                Err(fault) => return Poll::Ready(End::Silent(fault)),
                Ok(None) => return Poll::Pending,
                Ok(Some(next)) => {
                    timer.as_mut().reset(next.into());
                    (at, self.due) = (next, Some(next));
                }
            }
        }
    }

    /// Acts on events in their order: a call's handler has started before a later answer is seen.
    ///
    /// While the peer does not take what was answered already, nobody is given more to answer. It
    /// would be no help not to read: two ends that ask much of each other would both wait.
    fn act(&mut self) {
        while !self.link.is_congested()
            && let Some(event) = self.events.pop_front()
        {
            self.act_on(event);
        }
        if self.events.is_empty() {
            self.calls.are_done();
        }
        self.calls.ended.tell(&self.link);
    }

    pub(super) fn act_on(&mut self, event: Event<Attached>) {
        match event {
            Event::Opened => {
                let session = self.link.open();
                if let Some(opened) = self.opened.take() {
                    let _ = opened.send(Ok(Opened::New(session)));
                }
            }
            Event::Resume(resume) => self.claim = Some(resume),
            Event::Frames(frames) => self.calls.frames = frames,
            Event::Call(call) => dispatch(&self.link, &self.services, &mut self.calls, call),
            Event::Released => self.calls.let_go(),
            Event::Cancelled(id) => self.link.running.abort(id),
            Event::Reply {
                caller,
                status,
                value,
                references,
            } => {
                let references = References::new(&self.link, references);
                if let Some(caller) = caller {
                    caller.tell(Answer::Reply(Reply {
                        status,
                        value,
                        references,
                    }));
                }
            }
            Event::Entered(caller) => {
                caller.tell(Answer::Entered);
            }
            Event::Failed(caller, rejected) => {
                caller.tell(Answer::Rejected(rejected));
            }
            Event::ObjectClosed(watch) => watch.close(),
        }
    }

    /// Acts on what happened outside of this task.
    pub(crate) fn act_on_all(&mut self) {
        let events = &mut self.events;
        self.link.drive(|core| core.take_events(events));
        self.act();
    }
}

impl Driver<Box<dyn Transport>> {
    /// Takes the connection away, with what has come over it and was not looked at.
    pub(crate) fn part(&mut self) -> (Box<dyn Transport>, BytesMut) {
        self.link.set_direct(None);
        self.clear_output(0);
        self.stepped_back = false;
        let none: Box<dyn Transport> = Box::new(tokio::io::empty());
        let transport = std::mem::replace(&mut self.transport, none);
        (transport, std::mem::take(&mut self.input.bytes))
    }

    /// Goes on over another connection.
    pub(crate) fn take_up(&mut self, transport: Box<dyn Transport>, input: BytesMut) {
        self.link.set_direct(Direct::of(&transport));
        self.has_unread = !input.is_empty();
        (self.transport, self.input) = (transport, Input::new(input));
    }

    /// The connection was handed over to that session, which was there before.
    pub(crate) fn became(&mut self, session: Session) {
        if let Some(opened) = self.opened.take() {
            let _ = opened.send(Ok(Opened::Resumed(session)));
        }
    }
}

/// Whatever becomes of the task, nobody is left waiting: it may be dropped with its runtime.
impl<T: Transport> Drop for Driver<T> {
    fn drop(&mut self) {
        self.link.set_direct(None);
        self.link.end(Error::new(
            ErrorKind::Closed,
            "the runtime that drove the connection has shut down",
        ));
    }
}
