//! Writes the arguments of a call.

use std::fmt;
use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use serde::Serialize;

use super::again::Again;
use super::call::{Call, State, sent};
use super::remote::{Far, Remote};
use super::submit::{has_its_turn, is_sent_at_once};
use crate::codec::{EncodeError, ValueWriter, write_array_head};
use crate::error::{Error, ErrorKind};
use crate::proto::Payload;
use crate::session::lifetime::Session;
use crate::session::method::Method;
use crate::session::objects::Passing;
use crate::session::values::{Arg, Form, Outcome, buffer, large, write};

/// Arguments that are being written, into a buffer of their own.
pub struct Encoder {
    method: &'static Method,
    writer: ValueWriter,
    more: Option<Box<More>>,
}

/// What most arguments have nothing of.
#[derive(Default)]
struct More {
    /// What follows on the other bytes: the last argument so far.
    rest: Option<Bytes>,
    passing: Passing,
    /// The first argument that could not be written fails the call.
    failed: Option<Error>,
}

impl Encoder {
    #[inline]
    pub(crate) fn new(method: &'static Method, arguments: u32, form: Form) -> Self {
        let mut out = buffer::take();
        match u8::try_from(arguments) {
            Ok(few @ 0..16) => out.push(0x90 | few),
            _ => write_array_head(&mut out, arguments),
        }
        Self {
            method,
            writer: form.writer(out),
            more: None,
        }
    }

    /// Writes the next argument.
    pub fn arg<T: Arg>(&mut self, name: &'static str, value: &T) {
        match large::bytes_of(value) {
            None => self.write(name, |writer| write(value, writer)),
            Some(bytes) => self.large(bytes),
        }
    }

    /// Writes the next argument, of a type that the handler borrows from the received frame.
    pub fn arg_in_place<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) {
        self.write(name, |writer| writer.write(value));
    }

    /// Writes the next argument, a large byte string.
    pub(crate) fn large(&mut self, bytes: Bytes) {
        if self.goes_on().is_some() {
            large::write_head(self.writer.bytes_mut(), &bytes);
            self.more.get_or_insert_default().rest = Some(bytes);
        }
    }

    #[inline]
    fn write(
        &mut self,
        name: &'static str,
        write: impl FnOnce(&mut ValueWriter) -> Result<(), EncodeError>,
    ) {
        let Some(before) = self.goes_on() else {
            return;
        };
        let (written, passed) = Passing::noting(before, || write(&mut self.writer));
        if let Some(passed) = passed {
            self.more.get_or_insert_default().passing.add(passed);
        }
        if let Err(why) = written {
            self.fail(name, &why);
        }
    }

    /// How many objects were passed before the argument that comes now, unless one has failed.
    #[inline]
    fn goes_on(&mut self) -> Option<u32> {
        match &mut self.more {
            None => Some(0),
            Some(more) => more.goes_on(self.writer.bytes_mut()),
        }
    }

    #[cold]
    fn fail(&mut self, name: &'static str, why: &EncodeError) {
        let text = format!("argument `{name}` of {}: {why}", self.method);
        let error = Error::new(ErrorKind::Encode, text);
        self.more.get_or_insert_default().failed = Some(error);
    }

    /// The encoded arguments.
    #[inline]
    pub(crate) fn finish(self) -> Result<Encoded, Error> {
        let params = self.writer.into_bytes();
        if self.more.is_some() || large::is_large(&params) {
            return finish(params, self.more.unwrap_or_default());
        }
        Ok(Encoded { params, more: None })
    }
}

impl More {
    #[cold]
    fn goes_on(&mut self, out: &mut Vec<u8>) -> Option<u32> {
        if self.failed.is_some() {
            return None;
        }
        // There is another argument behind the last one, so that has to be copied.
        if let Some(bytes) = self.rest.take() {
            out.extend_from_slice(&bytes);
        }
        Some(self.passing.count())
    }
}

#[cold]
fn finish(mut params: Vec<u8>, mut more: Box<More>) -> Result<Encoded, Error> {
    if let Some(error) = more.failed {
        return Err(error);
    }
    if more.rest.is_none() {
        more.rest = large::lend(&mut params);
    }
    let more = Some(more);
    Ok(Encoded { params, more })
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("method", self.method)
            .finish_non_exhaustive()
    }
}

/// Arguments as they are sent.
pub(crate) struct Encoded {
    params: Vec<u8>,
    more: Option<Box<More>>,
}

impl Encoded {
    #[inline]
    pub(super) fn payload(&self) -> Payload<'_> {
        Payload {
            bytes: &self.params,
            rest: self.more.as_ref().and_then(|more| more.rest.as_ref()),
        }
    }

    /// Whether they are short, and pass nothing.
    #[inline]
    pub(super) fn are_plain(&self) -> bool {
        self.more.is_none()
    }

    /// The objects among them.
    #[inline]
    pub(super) fn passing(&self) -> Option<&Passing> {
        self.more.as_ref().map(|more| &more.passing)
    }
}

/// The buffer serves another call.
impl Drop for Encoded {
    #[inline]
    fn drop(&mut self) {
        buffer::put(std::mem::take(&mut self.params));
    }
}

/// A call whose arguments are being written.
pub struct CallEncoder<'a> {
    remote: &'a Remote,
    far: &'a Far,
    /// The session of the moment, where it changes.
    session: Option<Session>,
    encoder: Encoder,
}

impl<'a> CallEncoder<'a> {
    #[inline]
    pub(super) fn new(
        remote: &'a Remote,
        far: &'a Far,
        session: Option<Session>,
        method: &'static Method,
        arguments: u32,
    ) -> Self {
        let form = far.callee(remote, session.as_ref()).link.form();
        Self {
            remote,
            far,
            session,
            encoder: Encoder::new(method, arguments, form),
        }
    }

    /// Makes the call, which is answered.
    #[inline]
    pub fn request<R: Outcome>(self) -> Call<R> {
        Call::new(self.encoder.method, self.ask())
    }

    /// Makes the call of a one-way method: it is over once it has entered the stream. Mostly that is at once, and then
    /// there is nothing to wait for.
    #[inline]
    pub fn notify<R: Outcome<Ok = ()>>(mut self) -> Result<R, Call<R>> {
        match self.send_at_once() {
            Ok(()) => Ok(sent()),
            Err(held) => Call::new(self.encoder.method, self.tell(held)).ended_at_once(),
        }
    }

    /// Sends the call if it is of the usual form and nothing is in its way. Else says whether it is to be held, since
    /// its task has no turn left.
    #[inline(never)]
    fn send_at_once(&mut self) -> Result<(), bool> {
        let callee = self.far.callee(self.remote, self.session.as_ref());
        let Encoder {
            method,
            writer,
            more,
        } = &mut self.encoder;
        let params = writer.bytes_mut();
        if !has_its_turn(callee.link, params.len()) {
            return Err(true);
        }
        let is_sent =
            more.is_none() && !large::is_large(params) && is_sent_at_once(&callee, method, params);
        if !is_sent {
            return Err(false);
        }
        buffer::put(std::mem::take(params));
        Ok(())
    }

    #[inline(never)]
    fn tell(self, held: bool) -> State {
        let method = self.encoder.method;
        let callee = self.far.callee(self.remote, self.session.as_ref());
        match self.encoder.finish() {
            Ok(arguments) => State::submit(&callee, method, &arguments, held),
            Err(error) => State::Failed(error),
        }
    }

    fn ask(self) -> State {
        let method = self.encoder.method;
        let arguments = match self.encoder.finish() {
            Ok(arguments) => arguments,
            Err(error) => return State::Failed(error),
        };
        match self.session {
            Some(session) if method.may_be_made_again() => State::submit_again(
                &session,
                method,
                Again::new(self.remote.clone(), arguments, session.link().form()),
            ),
            session => {
                let callee = self.far.callee(self.remote, session.as_ref());
                State::ask(&callee, method, &arguments)
            }
        }
    }
}

impl fmt::Debug for CallEncoder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallEncoder")
            .field("remote", self.remote)
            .field("method", self.encoder.method)
            .finish_non_exhaustive()
    }
}

impl Deref for CallEncoder<'_> {
    type Target = Encoder;

    fn deref(&self) -> &Encoder {
        &self.encoder
    }
}

impl DerefMut for CallEncoder<'_> {
    #[inline]
    fn deref_mut(&mut self) -> &mut Encoder {
        &mut self.encoder
    }
}
