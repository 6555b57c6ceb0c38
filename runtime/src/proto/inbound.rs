//! Bytes from the peer: from frames to events.

use std::ops::Range;
use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::connection::Phase;
use super::handshake::{MAX_GREETING, told};
use super::tables::{Made, Serving, State};
use super::{
    Connection, Event, Extras, Fault, Garbage, Host, IncomingCall, IncomingTarget, Received,
};
use crate::frame::{
    Credit, Frame, Frames, PlainAnswer, PlainCall, Reference, Request, Target, read, split,
    split_all,
};
use crate::id::{ObjectId, RequestId};

/// Calls of the peer to one object that are read together, with nothing between them but answers. All but the first are
/// plain, and the object's credit for them is counted when they end.
#[derive(Default)]
pub(super) struct Row {
    object: Option<ObjectId>,
    /// Calls that are not counted yet.
    calls: u32,
}

impl<H: Host> Connection<H> {
    /// Takes what arrived off the front of `input`, as far as frames are whole.
    pub(crate) fn receive(&mut self, input: &mut BytesMut, now: Instant) -> Result<(), Fault> {
        self.heard(now);
        let mut is_another = false;
        loop {
            match self.phase {
                Phase::Ended(_) => {
                    input.clear();
                    return Ok(());
                }
                Phase::HandedOver => return Ok(()),
                Phase::Preface => {
                    if !self.read_preface(input)? {
                        return Ok(());
                    }
                }
                Phase::Greeting => {
                    let Some(frame) = split(input, MAX_GREETING)? else {
                        return Ok(());
                    };
                    self.greeted(read(&frame, self.config.limits.max_nesting)?)?;
                }
                Phase::Open => {
                    let Some(all) = split_all(input, self.config.limits.max_frame)? else {
                        break;
                    };
                    is_another = true;
                    self.on_frames(all, now)?;
                }
            }
        }
        self.keep_pace(input.len(), is_another, now);
        self.ask_behind_the_last();
        self.pump(now);
        Ok(())
    }

    /// So many bytes belong to a frame that is not whole, to another one than before or the same.
    fn keep_pace(&mut self, bytes: usize, is_another: bool, now: Instant) {
        if bytes == 0 {
            self.arriving_pace.ends();
        } else {
            self.owes_a_sign();
            if is_another || self.arrived == 0 {
                self.arriving_pace.begins(now);
            } else {
                self.arriving_pace
                    .goes_on(bytes.saturating_sub(self.arrived));
            }
        }
        self.arrived = bytes;
    }

    /// Acts on the frames in `all`.
    fn on_frames(&mut self, all: Bytes, now: Instant) -> Result<(), Fault> {
        self.frames_are_told = false;
        let done = Frames::of(&all).try_for_each(|frame| self.on_frame(&all, frame, now));
        self.end_row();
        self.served.look_at_credit();
        done
    }

    /// Acts on one of the frames that came in `all`.
    #[inline]
    fn on_frame(&mut self, all: &Bytes, bytes: &[u8], now: Instant) -> Result<(), Fault> {
        let max_nesting = self.config.limits.max_nesting;
        if let Some(call) = PlainCall::read(bytes, max_nesting) {
            self.is_used(now);
            return match self.takes_plain(bytes.len(), now)? {
                true => self.on_plain_call(all, call),
                false => Ok(()), // as below
            };
        }
        if let Some(answer) = PlainAnswer::read(bytes, max_nesting) {
            self.is_used(now);
            return match self.takes_plain(bytes.len(), now)? {
                true => self.on_response(all, answer, Vec::new(), now),
                false => Ok(()),
            };
        }
        self.on_any_frame(all, bytes, now)
    }

    /// By more than signs of life.
    #[inline]
    fn is_used(&mut self, now: Instant) {
        self.idle.used(now);
        self.owes_a_sign();
    }

    #[inline(never)]
    fn on_any_frame(&mut self, all: &Bytes, bytes: &[u8], now: Instant) -> Result<(), Fault> {
        self.end_row();
        // A frame with all its fields is large, and is not moved from where it was read.
        let frame = read(bytes, self.config.limits.max_nesting);
        let frame = match &frame {
            Ok(frame) => frame,
            Err(why) => return Err(why.clone().into()),
        };
        if !matches!(frame, Frame::Ping(_) | Frame::Pong(_) | Frame::Ack(_)) {
            self.is_used(now);
        }
        if !self.takes(frame, bytes.len(), now)? {
            return Ok(()); // it came before the last connection broke
        }
        match *frame {
            Frame::Request(ref call) | Frame::Notification(ref call) => {
                let extras = self.receive_extras(all, call)?;
                self.on_call(all, call.plain(), call.parent, extras)
            }
            Frame::Response(ref response) => {
                let references = self.receive_references(&response.references)?;
                self.on_response(all, response.plain(), references, now)
            }
            Frame::Cancel { id } => {
                // The answer may have crossed it; and once is enough.
                if let Some(serving) = self.served.get_mut(id)
                    && !std::mem::replace(&mut serving.cancelled, true)
                {
                    self.events.push_back(Event::Cancelled(id));
                }
                Ok(())
            }
            Frame::Release { object, count } => {
                if let Some(gone) = self.exports.release(object, count)? {
                    self.garbage.push(Garbage::Object(gone));
                    self.events.push_back(Event::Released);
                }
                if let Some(object) = self.exports.window(object) {
                    object.window.count_anew(); // should the peer meet it again
                }
                Ok(())
            }
            Frame::Revoke { object, reason } => {
                self.on_revoke(object, reason);
                Ok(())
            }
            Frame::Credit(ref credit) => self.on_credit(credit),
            Frame::Ping(token) => {
                self.pong_due = Some(token); // of many unread ones, one answer
                self.pings.one_more(self.peer.heartbeat, now)
            }
            Frame::Goaway { reason } => {
                self.on_goaway(reason);
                Ok(())
            }
            Frame::Pong(token) => {
                self.on_pong(token);
                Ok(())
            }
            Frame::Optional(_) => Ok(()),
            Frame::Ack(_) if self.resume.is_some() => Ok(()),
            Frame::Ack(_) => Err(Fault::protocol("an ack where no resume is agreed on")),
            Frame::Hello(_) | Frame::Welcome(_) | Frame::Resume(_) => {
                Err(Fault::protocol("a second greeting"))
            }
            Frame::Abort { kind, message } => Err(told(kind, message)),
        }
    }

    /// A plain call. Of those in a row to one object, that is looked up for the first and after the last.
    #[inline]
    fn on_plain_call(&mut self, all: &Bytes, call: PlainCall<'_>) -> Result<(), Fault> {
        let object = match call.target {
            Target::Object(id) if self.row.object == Some(id) => id,
            _ => {
                self.end_row();
                return self.on_call(all, call, None, None);
            }
        };
        self.served.admit()?;
        self.row.calls += 1;
        if let Some(id) = call.id {
            self.admit_request(id, None, Some(object))?;
        }
        self.call_comes(all, call, IncomingTarget::Object(object, None), None);
        Ok(())
    }

    /// Something comes that is neither one more call to the same object nor an answer.
    #[inline]
    fn end_row(&mut self) {
        let Some(id) = self.row.object.take() else {
            return;
        };
        let calls = std::mem::take(&mut self.row.calls);
        if calls > 0
            && let Some(object) = self.exports.window(id)
        {
            self.served.admit_to(object, calls);
        }
    }

    /// A call, and what most calls do without.
    #[inline]
    fn on_call(
        &mut self,
        all: &Bytes,
        call: PlainCall<'_>,
        parent: Option<RequestId>,
        extras: Option<Box<Extras<H>>>,
    ) -> Result<(), Fault> {
        let mut called = match call.target {
            Target::Service(_) => None,
            Target::Object(id) => self.exports.called(id),
        };
        if parent.is_none() {
            self.served.admit()?;
            if let Some((_, window)) = &mut called {
                self.served.admit_to(window, 1);
            }
        }
        let (target, object) = match (call.target, called) {
            (Target::Service(name), _) => {
                let place = place_of(name.as_bytes(), all);
                (IncomingTarget::Service(place), None)
            }
            (Target::Object(id), Some((object, _))) => {
                self.row.object = Some(id);
                (IncomingTarget::Object(id, Some(object.clone())), Some(id))
            }
            (Target::Object(id), None) => (IncomingTarget::Unknown(id), None),
        };
        match call.id {
            Some(id) => self.admit_request(id, parent, object)?,
            None if parent.is_some() => {
                return Err(Fault::protocol("a notification that names a parent"));
            }
            None => {}
        }
        self.call_comes(all, call, target, extras);
        Ok(())
    }

    #[inline(always)] // else the call is moved about
    fn call_comes(
        &mut self,
        all: &Bytes,
        call: PlainCall<'_>,
        target: IncomingTarget<H>,
        extras: Option<Box<Extras<H>>>,
    ) {
        if !std::mem::replace(&mut self.frames_are_told, true) {
            self.events.push_back(Event::Frames(all.clone()));
        }
        self.events.push_back(Event::Call(IncomingCall {
            id: call.id,
            target,
            method: call.method,
            params: place_of(call.params, all),
            extras,
        }));
    }

    fn receive_extras(
        &mut self,
        all: &Bytes,
        call: &Request<'_>,
    ) -> Result<Option<Box<Extras<H>>>, Fault> {
        if call.left.is_none() && call.metadata.is_none() && call.references.is_empty() {
            return Ok(None);
        }
        Ok(Some(Box::new(Extras {
            left: call.left,
            metadata: call
                .metadata
                .map_or_else(Bytes::new, |metadata| all.slice_ref(metadata.encoded())),
            references: self.receive_references(&call.references)?,
        })))
    }

    /// Enters a request among those being served. One that names a parent takes the place of the one
    /// call that our request's handler may make without credit.
    fn admit_request(
        &mut self,
        id: RequestId,
        parent: Option<RequestId>,
        object: Option<ObjectId>,
    ) -> Result<(), Fault> {
        let mut depth = 0;
        if let Some(parent) = parent {
            let outer = self.calls.get_mut(parent);
            let Some(outer) = outer.filter(|outer| matches!(outer.state, State::Sent)) else {
                return Err(Fault::protocol(format!(
                    "request {id} inside request {parent}, which is not outstanding"
                )));
            };
            if let Some(inner) = outer.inner {
                return Err(Fault::protocol(format!(
                    "request {id} inside request {parent}, whose place request {inner} holds"
                )));
            }
            depth = outer.depth + 1;
            if depth > self.config.limits.max_call_depth {
                return Err(Fault::protocol(format!(
                    "more than {} calls inside each other (max_call_depth)",
                    self.config.limits.max_call_depth
                )));
            }
            outer.inner = Some(id);
        }
        let serving = Serving {
            in_place_of: parent,
            object,
            depth,
            cancelled: false,
            inner: None,
            waiting: None,
            unattended: 0,
        };
        self.served.insert(id, serving)
    }

    #[inline]
    fn on_response(
        &mut self,
        all: &Bytes,
        response: PlainAnswer<'_>,
        references: Vec<Received<H>>,
        now: Instant,
    ) -> Result<(), Fault> {
        let made = match self.calls.remove(response.id) {
            Some(made) if matches!(made.state, State::Sent) => made,
            other => return Err(self.not_outstanding(response.id, other)),
        };
        self.events.push_back(Event::Reply {
            caller: made.caller,
            status: response.status,
            value: all.slice_ref(response.value),
            references,
        });
        self.made_call_ended(made.object, made.stay, made.in_place_of, now);
        Ok(())
    }

    /// There is a response to a request that was not sent, if it was made at all.
    #[cold]
    fn not_outstanding(&mut self, id: RequestId, made: Option<Made<H>>) -> Fault {
        if let Some(made) = made {
            self.calls.insert(id, made); // its caller is told of the end
        }
        Fault::protocol(format!(
            "a response to request {id}, which is not outstanding"
        ))
    }

    /// Counts what a frame passes, in its order and before anything is decoded. From here on each
    /// entry is owed its release, whatever becomes of the frame.
    fn receive_references(&mut self, table: &[Reference]) -> Result<Vec<Received<H>>, Fault> {
        let mut received = Vec::with_capacity(table.len());
        for reference in table {
            received.push(match *reference {
                Reference::Introduced(id) => {
                    self.imports.introduce(id)?;
                    Received::Theirs(id)
                }
                Reference::Returned(id) => match self.exports.get(id) {
                    Some(object) => Received::Ours(object.clone()),
                    None => Received::Unknown(id),
                },
            });
        }
        Ok(received)
    }

    fn on_credit(&mut self, credit: &Credit) -> Result<(), Fault> {
        self.credit.finished(credit.finished)?;
        for &(id, finished) in &credit.objects {
            self.on_object_credit(id, finished);
        }
        Ok(())
    }

    fn on_object_credit(&mut self, id: ObjectId, finished: u64) {
        let Some(import) = self.imports.get_mut(id) else {
            return; // released in the meantime
        };
        // The figure may be of before a release that crossed it, hence higher than what was sent
        // since: it only opens the object's window, so the worst is that it opens early.
        let finished = finished.min(import.notified);
        if finished > import.finished {
            let newly = (finished - import.finished) as u32;
            import.finished = finished;
            import.used = import.used.saturating_sub(newly);
            self.credit.reopen(id);
        }
    }
}

/// Where in `whole` the part of it lies.
fn place_of(part: &[u8], whole: &[u8]) -> Range<usize> {
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    start..start + part.len()
}
