//! Writes the arguments of a call.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Deref, DerefMut};

use bytes::Bytes;
use serde::Serialize;

use super::again::Again;
use super::call::Call;
use super::large;
use super::link::Form;
use super::passing::Passing;
use super::remote::{Method, Remote};
use super::value::{Arg, Outcome, write};
use crate::codec::{EncodeError, encode, write_array_head};
use crate::error::{Error, ErrorKind};
use crate::proto::Payload;

/// Arguments that are being written, into a buffer of their own.
pub struct Encoder {
    method: &'static Method,
    form: Form,
    out: Vec<u8>,
    /// What follows on it: the last argument so far. In a box, since there mostly is none.
    rest: Option<Box<Bytes>>,
    passing: Passing,
    /// The first argument that could not be written fails the call.
    failed: Option<Error>,
}

impl Encoder {
    pub(crate) fn new(method: &'static Method, arguments: u32, form: Form) -> Self {
        let mut out = buffer::take();
        match u8::try_from(arguments) {
            Ok(few @ 0..16) => out.push(0x90 | few),
            _ => write_array_head(&mut out, arguments),
        }
        Self {
            method,
            form,
            passing: Passing::default(),
            failed: None,
            out,
            rest: None,
        }
    }

    /// Writes the next argument.
    pub fn arg<T: Arg>(&mut self, name: &'static str, value: &T) {
        match large::bytes_of(value) {
            None => self.write(name, |out, form| write(value, out, form)),
            Some(bytes) => self.large(bytes),
        }
    }

    /// Writes the next argument, a large byte string.
    pub(super) fn large(&mut self, bytes: Bytes) {
        self.copy_rest();
        large::write_head(&mut self.out, &bytes);
        self.rest = Some(Box::new(bytes));
    }

    /// There is another argument behind the last one, so that has to be copied.
    #[cold]
    fn copy_rest(&mut self) {
        if let Some(bytes) = self.rest.take() {
            self.out.extend_from_slice(&bytes);
        }
    }

    /// Writes the next argument, of a type that the handler borrows from the received frame.
    pub fn arg_in_place<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) {
        self.write(name, |out, form| {
            encode(value, out, form.compact, form.max_nesting)
        });
    }

    #[inline]
    fn write(
        &mut self,
        name: &'static str,
        write: impl FnOnce(&mut Vec<u8>, Form) -> Result<(), EncodeError>,
    ) {
        if self.failed.is_some() {
            return;
        }
        if self.rest.is_some() {
            self.copy_rest();
        }
        let (out, form) = (&mut self.out, self.form);
        let written = self.passing.scope(|| write(out, form));
        self.failed = written.err().map(|why| {
            Error::new(
                ErrorKind::Encode,
                format!("argument `{name}` of {}: {why}", self.method),
            )
        });
    }

    /// The encoded arguments.
    #[inline(always)] // else what it gives is copied
    pub(crate) fn finish(mut self) -> Result<Encoded, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        if self.rest.is_none() && self.passing.is_empty() && !large::is_large(&self.out) {
            std::mem::forget(self.passing); // it is empty, and that need not be found out again
            return Ok(Encoded {
                params: self.out,
                more: None,
            });
        }
        let more = More {
            rest: match self.rest {
                Some(rest) => Some(*rest),
                None => large::lend(&mut self.out),
            },
            passing: self.passing,
        };
        Ok(Encoded {
            params: self.out,
            more: Some(Box::new(more)),
        })
    }
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

/// What most arguments have nothing of.
struct More {
    /// What follows on the other bytes.
    rest: Option<Bytes>,
    passing: Passing,
}

impl Encoded {
    pub(super) fn payload(&self) -> Payload<'_> {
        Payload {
            bytes: &self.params,
            rest: self.more.as_ref().and_then(|more| more.rest.as_ref()),
        }
    }

    /// The objects among them.
    pub(super) fn passing(&self) -> Option<&Passing> {
        self.more.as_ref().map(|more| &more.passing)
    }

    /// Makes the call with these arguments.
    pub(crate) fn submit<R: Outcome>(&self, remote: &Remote, method: &'static Method) -> Call<R> {
        Call::submit(remote, method, self)
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
#[derive(Debug)]
pub struct CallEncoder<'a> {
    remote: Cow<'a, Remote>,
    /// What it is made at again if the session is lost, if it may be.
    again: Option<Remote>,
    encoder: Encoder,
}

impl<'a> CallEncoder<'a> {
    pub(super) fn new(
        remote: Cow<'a, Remote>,
        again: Option<Remote>,
        method: &'static Method,
        arguments: u32,
    ) -> Self {
        let encoder = Encoder::new(method, arguments, remote.link().form());
        Self {
            remote,
            again,
            encoder,
        }
    }

    /// Makes the call, which is answered.
    pub fn request<R: Outcome>(self) -> Call<R> {
        self.submit()
    }

    /// Makes the call of a one-way method: it is over once it has entered the stream.
    pub fn notify<R: Outcome<Ok = ()>>(self) -> Call<R> {
        self.submit()
    }

    fn submit<R: Outcome>(self) -> Call<R> {
        let (method, form) = (self.encoder.method, self.encoder.form);
        match (self.encoder.finish(), self.again) {
            (Err(error), _) => Call::failed(method, error),
            (Ok(arguments), None) => arguments.submit(&self.remote, method),
            (Ok(arguments), Some(again)) => {
                let again = Again::new(again, arguments, form);
                Call::submit_again(&self.remote, method, again)
            }
        }
    }
}

impl Deref for CallEncoder<'_> {
    type Target = Encoder;

    fn deref(&self) -> &Encoder {
        &self.encoder
    }
}

impl DerefMut for CallEncoder<'_> {
    fn deref_mut(&mut self) -> &mut Encoder {
        &mut self.encoder
    }
}

/// Buffers for encoding, used again by the calls of a thread.
pub(super) mod buffer {
    use std::cell::Cell;

    /// A buffer that grew larger by an unusual value is not kept. Of a megabyte it is: new memory of that size
    /// costs more than what is written to it, since the system clears each page of it.
    const KEPT: usize = 2 << 20;

    thread_local! {
        static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }

    // Both may be called when the thread's locals are gone: a call may lie in one of the user's.
    pub(crate) fn take() -> Vec<u8> {
        SPARE.try_with(Cell::take).unwrap_or_default()
    }

    pub(crate) fn put(mut buffer: Vec<u8>) {
        if (1..=KEPT).contains(&buffer.capacity()) {
            buffer.clear();
            let _ = SPARE.try_with(|spare| spare.set(buffer));
        }
    }

    pub(crate) fn with<R>(work: impl FnOnce(&mut Vec<u8>) -> R) -> R {
        let mut buffer = take();
        let result = work(&mut buffer);
        put(buffer);
        result
    }
}
