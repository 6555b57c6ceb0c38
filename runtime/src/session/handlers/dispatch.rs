//! From a call that arrived to its handler.
//!
//! The handler is polled once, at once, where its frame was read: then handlers start in the order in
//! which their calls arrived, and one that need not wait costs no task. One that has to wait goes on
//! in a task of its own, or in the lane of its object.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::context::{Known, Serving};
use super::future::HandlerFuture;
use super::handling::{Ended, Running, Waiting};
use super::incoming::{Incoming, unnamed};
use super::target::{Mode, Services, Target};
use crate::error::{Error, ErrorKind};
use crate::id::ObjectId;
use crate::proto::{Extras, IncomingCall, IncomingTarget};
use crate::session::clock::now;
use crate::session::link::{Attached, Link};
use crate::session::objects::References;
use crate::session::panic::drop_in_net;

/// What the calls that are acted on have in common.
#[derive(Default)]
pub(crate) struct Calls {
    /// The bytes in which they lie.
    pub(crate) frames: Bytes,
    /// The object that the last one was made to, if it was made to one: the next may be made to it as well.
    object: Option<Arc<Target>>,
    /// Those whose handlers ended at once.
    pub(crate) ended: Ended,
}

impl Calls {
    /// All of them have been acted on.
    pub(crate) fn are_done(&mut self) {
        if !self.frames.is_empty() {
            self.frames = Bytes::new(); // there is room to read again
        }
        self.let_go();
    }

    /// The next call is not to the same object. The peer may have let go of that already.
    pub(crate) fn let_go(&mut self) {
        if let Some(object) = self.object.take() {
            drop_in_net(object);
        }
    }
}

/// Finds whom the peer calls and starts the handler.
pub(crate) fn dispatch(
    link: &Arc<Link>,
    services: &Services,
    calls: &mut Calls,
    mut call: IncomingCall<Attached>,
) {
    let id = call.id;
    let (terms, references) = match call.extras.take() {
        None => (Terms::default(), None),
        Some(extras) => Terms::of(link, *extras),
    };
    let Calls {
        frames,
        object: last,
        ended,
    } = calls;
    let (target, object) = match call.target {
        IncomingTarget::Object(object, target) => {
            if target.is_some() {
                drop_in_net(std::mem::replace(last, target)); // the peer may have let go of it already
            }
            debug_assert!(last.is_some(), "the call before was to no object");
            (
                last.as_deref().ok_or_else(|| no_such_object(object)),
                Some(object),
            )
        }
        IncomingTarget::Unknown(object) => (Err(no_such_object(object)), None),
        IncomingTarget::Service(name) => {
            let name = &frames[name];
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
        frames,
        params: call.params,
        references,
    };
    let serving = Serving {
        call: Known {
            link: ended.link(link),
            deadline: terms.deadline,
            metadata: terms.metadata,
        },
        request: id,
        answered: Cell::new(false),
    };
    let lane = object.and_then(|object| link.lanes.of(object));
    let mut mode = Mode::Inline;
    let begun = Running::begin(serving, object, ended, |future, cx| {
        let handler = target.dispatch.dispatch(incoming);
        mode = handler.mode;
        let future = future.insert(match mode {
            Mode::Serial => serially(target, handler.future),
            Mode::Inline | Mode::Spawned => handler.future,
        });
        let starts = mode != Mode::Spawned && lane.is_none();
        starts.then(|| future.poll(cx))
    });
    let Some(handler) = begun else {
        return;
    };
    let object = match (mode, object) {
        (Mode::Spawned, _) | (_, None) => return spawn(link, handler),
        (_, Some(object)) => object,
    };
    let waiting = match lane {
        None => Some(handler),
        Some(lane) => match lane.start(link, handler) {
            Ok(()) => None,
            Err(handler) => handler.start(ended), // the lane has just ended
        },
    };
    if let Some(handler) = waiting {
        link.lanes.open(link, object, handler);
    }
}

/// What a call says beside whom it calls with what.
#[derive(Default)]
struct Terms {
    deadline: Option<Instant>,
    metadata: Option<Box<Bytes>>,
}

impl Terms {
    fn of(link: &Arc<Link>, extras: Extras<Attached>) -> (Self, Option<Box<References>>) {
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
            has_references.then(|| Box::new(References::new(link, extras.references))),
        )
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
