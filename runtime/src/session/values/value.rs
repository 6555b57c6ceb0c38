//! What may stand in a method's signature, as traits, so that rustc can say what is missing where.

use std::any::Any;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::large::{self, Found};
use crate::codec::{Bytes, DecodeError, EncodeError, OwnedBytes, ValueWriter, Values};
use crate::error::{Error, ErrorKind};
use crate::frame::Status;

/// An owned argument of a service method. Every type that serde can write and read is one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a service method",
    label = "cannot be sent and received",
    note = "an argument has to be `Serialize + DeserializeOwned + Send`: derive `serde::Serialize` and `serde::Deserialize` for it",
    note = "to pass an object by reference, write `#[callback] name: impl Trait`"
)]
pub trait Arg: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Arg for T {}

/// What a service method gives when it succeeds.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be returned by a service method",
    label = "cannot be sent and received",
    note = "a returned value has to be `Serialize + DeserializeOwned + Send + 'static`: derive `serde::Serialize` and `serde::Deserialize` for it"
)]
pub trait Returned: Serialize + DeserializeOwned + Send + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned + Send + 'static> Returned for T {}

/// What a service method gives when it fails.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the error of a service method",
    label = "cannot carry a failed call",
    note = "an error has to be `Serialize + DeserializeOwned + Send + 'static`, and `From<ringback::Error>` since the call itself can fail",
    note = "without an error type of your own, return `ringback::Result<T>`"
)]
pub trait Failure: Serialize + DeserializeOwned + Send + From<Error> + 'static {}

#[diagnostic::do_not_recommend]
impl<E: Serialize + DeserializeOwned + Send + From<Error> + 'static> Failure for E {}

/// What a service method returns: a `Result` whose error can hold a [`Error`].
#[diagnostic::on_unimplemented(
    message = "a service method has to return a `Result`, since the call itself can fail",
    label = "not a `Result`",
    note = "write `-> ringback::Result<{Self}>`"
)]
pub trait Outcome: Sized + Send + 'static {
    /// The value of success.
    type Ok: 'static;
    /// The value of failure.
    type Err;

    /// A call that succeeded.
    #[doc(hidden)]
    fn succeeded(value: Self::Ok) -> Self;

    /// A call that failed by itself.
    #[doc(hidden)]
    fn failed(error: Error) -> Self;

    /// Reads an outcome that the far handler gave.
    #[doc(hidden)]
    fn read(reader: OutcomeReader<'_>) -> Result<Self, Error>;

    /// Appends the outcome, and may take it apart for that.
    #[doc(hidden)]
    fn write(&mut self, writer: &mut OutcomeWriter);

    /// The failure, if it is one of ours.
    #[doc(hidden)]
    fn error(&self) -> Option<&Error>;

    /// Whether it is a failure.
    #[doc(hidden)]
    fn is_err(&self) -> bool;
}

/// A response's value, to be read by its outcome.
#[doc(hidden)]
pub struct OutcomeReader<'a> {
    pub(crate) status: Status,
    pub(crate) value: &'a bytes::Bytes,
}

/// Where an outcome is written.
#[doc(hidden)]
pub struct OutcomeWriter {
    pub(crate) writer: ValueWriter,
    /// What follows on it.
    pub(crate) rest: Option<Box<bytes::Bytes>>,
    pub(crate) written: Result<Status, EncodeError>,
}

impl OutcomeWriter {
    #[inline]
    pub(crate) fn new(writer: ValueWriter) -> Self {
        Self {
            writer,
            rest: None,
            written: Ok(Status::Ok),
        }
    }

    fn write<T: Returned>(&mut self, value: &mut T, status: Status) {
        self.rest = large::taken(value).map(Box::new);
        self.written = match &self.rest {
            None => write(value, &mut self.writer).map(|()| status),
            Some(bytes) => {
                large::write_head(self.writer.bytes_mut(), bytes);
                Ok(status)
            }
        };
    }
}

/// Appends an owned value. To serde a vector of bytes is a sequence like any other, which goes byte by
/// byte; here it goes in one piece.
pub(crate) fn write<T: Serialize + 'static>(
    value: &T,
    writer: &mut ValueWriter,
) -> Result<(), EncodeError> {
    match (value as &dyn Any).downcast_ref::<Vec<u8>>() {
        Some(bytes) => writer.write(&Bytes(bytes)),
        None => writer.write(value),
    }
}

/// Reads the next of `values`, an owned one; a vector of bytes in one piece, and large bytes that may be
/// shared as a part of the frame in which the values lie.
pub(crate) fn read_next<T: DeserializeOwned + 'static>(
    values: &mut Values<'_>,
    frame: &bytes::Bytes,
) -> Result<T, DecodeError> {
    let mut whole = None::<T>;
    let any = &mut whole as &mut dyn Any;
    if let Some(bytes) = any.downcast_mut::<Option<Vec<u8>>>() {
        *bytes = Some(values.next::<OwnedBytes>()?.0);
    } else if let Some(bytes) = any.downcast_mut::<Option<bytes::Bytes>>() {
        *bytes = Some(values.next::<Found<'_>>()?.into_bytes(frame));
    }
    match whole {
        Some(bytes) => Ok(bytes),
        None => values.next(), // it is another type
    }
}

fn read<T: Returned>(value: &bytes::Bytes) -> Result<T, Error> {
    read_next(&mut Values::new(value), value)
        .map_err(|why| Error::new(ErrorKind::Decode, why.to_string()))
}

/// The outcome of a call that failed by itself.
pub fn failed<R: Outcome>(error: Error) -> R {
    R::failed(error)
}

impl<T: Returned, E: Failure> Outcome for Result<T, E> {
    type Ok = T;
    type Err = E;

    fn succeeded(value: T) -> Self {
        Ok(value)
    }

    fn failed(error: Error) -> Self {
        Err(error.into())
    }

    fn read(reader: OutcomeReader<'_>) -> Result<Self, Error> {
        match reader.status {
            Status::Ok => read(reader.value).map(Ok),
            Status::Application | Status::Failed => read(reader.value).map(Err),
        }
    }

    fn write(&mut self, writer: &mut OutcomeWriter) {
        match self {
            Ok(value) => writer.write(value, Status::Ok),
            Err(error) => writer.write(error, Status::Application),
        }
    }

    fn error(&self) -> Option<&Error> {
        let error = self.as_ref().err()?;
        (error as &dyn Any).downcast_ref()
    }

    fn is_err(&self) -> bool {
        Result::is_err(self)
    }
}
