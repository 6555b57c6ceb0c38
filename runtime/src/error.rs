//! The one error of the crate: what kind it is, what it is about, and why.

use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeStruct, Serializer};

/// The result of a service method that needs no error type of its own.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call, a connection or an object failed.
///
/// An error tells three things: its [`kind`](Error::kind), for code that decides; its message
/// (by `Display`), which names the service, method or limit that it is about, for people; and its
/// [`source`](StdError::source), where another error caused it.
///
/// It is cheap to clone: when a connection ends, every call in flight gets the same one.
///
/// ```
/// use ringback::{Error, ErrorKind};
///
/// let error = Error::application("no such order");
/// assert_eq!(error.kind(), ErrorKind::Application);
/// assert_eq!(error.to_string(), "no such order");
/// assert!(!error.is_remote());
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: Cow<'static, str>,
    remote: bool,
    source: Option<Arc<dyn StdError + Send + Sync>>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// What sort of failure an [`Error`] is: the part of it that code decides by.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* $name,)*
        }

        impl ErrorKind {
            /// The kind's name as it travels in a frame.
            pub(crate) fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }

            /// The kind of that name. A name that a later version may have added
            /// reads as [`ErrorKind::Application`].
            pub(crate) fn from_name(name: &str) -> Self {
                match name {
                    $(stringify!($name) => Self::$name,)*
                    _ => Self::Application,
                }
            }
        }
    };
}

kinds! {
    /// The call's deadline passed before its answer came. The far handler is cancelled.
    Timeout,
    /// The call was given up before it was answered.
    Cancelled,
    /// The connection ended: the peer closed it, went away, or fell silent.
    Closed,
    /// The session could not be resumed on a new connection.
    SessionLost,
    /// The object is no longer there for the caller: its owner withdrew it.
    Revoked,
    /// More callbacks would be alive on the connection than the peer takes.
    TooManyCallbacks,
    /// A message is larger than the peer takes.
    TooLarge,
    /// A limit on work in progress was met, such as the depth of calls inside calls.
    Overloaded,
    /// The peer serves no service of that name (and version).
    UnknownService,
    /// The service or object has no such method.
    UnknownMethod,
    /// A message's contents are not what the receiver's types ask for.
    Decode,
    /// A value could not be written as a message.
    Encode,
    /// The handler panicked. Its connection lives on.
    Panicked,
    /// The peer broke the protocol; the connection was ended for it.
    Protocol,
    /// The peer refused the session in the handshake.
    Refused,
    /// No connection could be made.
    Connect,
    /// A handler's own failure, made by [`Error::application`].
    Application,
}

impl Error {
    /// Makes an error of `kind`, for handlers, mocks and decorators that want to say more than
    /// [`Error::application`] does.
    ///
    /// ```
    /// use ringback::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Overloaded, "the queue of `prices` is full");
    /// assert_eq!(error.kind(), ErrorKind::Overloaded);
    /// ```
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: message.into(),
            remote: false,
            source: None,
        }))
    }

    /// Makes an error of the kind [`ErrorKind::Application`] from anything that can be shown, so
    /// that `?` takes any error: `.map_err(Error::application)?`.
    ///
    /// ```
    /// use ringback::{Error, Result};
    ///
    /// fn parse(text: &str) -> Result<u16> {
    ///     text.parse().map_err(Error::application)
    /// }
    /// assert_eq!(parse("many").unwrap_err().to_string(), "invalid digit found in string");
    /// ```
    pub fn application(message: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Application, message.to_string())
    }

    /// Adds what caused the error; [`source`](StdError::source) gives it back.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Arc::make_mut(&mut self.0).source = Some(Arc::from(source.into()));
        self
    }

    /// The sort of failure.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Whether the far handler returned the error: one of its own, or one that it met in a call
    /// that it made itself. A `Closed` that is remote says nothing about this connection.
    pub fn is_remote(&self) -> bool {
        self.0.remote
    }

    /// The error as it arrives at the other end: kind and text are kept.
    pub(crate) fn from_far_handler(kind: ErrorKind, message: String) -> Self {
        Self(Arc::new(Inner {
            kind,
            message: message.into(),
            remote: true,
            source: None,
        }))
    }

    /// The message with those of all its causes, for where causes can't travel.
    pub(crate) fn full_message(&self) -> Cow<'_, str> {
        let Some(source) = &self.0.source else {
            return Cow::Borrowed(&self.0.message);
        };
        let mut text = self.0.message.clone().into_owned();
        let mut cause: Option<&dyn StdError> = Some(&**source);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        Cow::Owned(text)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_struct("Error");
        out.field("kind", &self.0.kind)
            .field("message", &self.0.message);
        if self.0.remote {
            out.field("remote", &true);
        }
        if let Some(source) = &self.0.source {
            out.field("source", source);
        }
        out.finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .source
            .as_ref()
            .map(|source| &**source as &(dyn StdError + 'static))
    }
}

/// An error crosses as its kind and its message, causes included, so that it can be a method's
/// error type, or a part of one.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Error", 2)?;
        out.serialize_field("kind", self.0.kind.name())?;
        out.serialize_field("message", &*self.full_message())?;
        out.end()
    }
}

/// An error that was read answers [`is_remote`](Error::is_remote) with true.
impl<'de> Deserialize<'de> for Error {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Fields;

        impl<'de> Visitor<'de> for Fields {
            type Value = Error;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an error's kind and message")
            }

            fn visit_seq<A: SeqAccess<'de>>(
                self,
                mut seq: A,
            ) -> std::result::Result<Error, A::Error> {
                let kind: String = seq
                    .next_element()?
                    .ok_or_else(|| de::Error::missing_field("kind"))?;
                let message = seq
                    .next_element()?
                    .ok_or_else(|| de::Error::missing_field("message"))?;
                Ok(Error::from_far_handler(
                    ErrorKind::from_name(&kind),
                    message,
                ))
            }

            fn visit_map<A: MapAccess<'de>>(
                self,
                mut map: A,
            ) -> std::result::Result<Error, A::Error> {
                let (mut kind, mut message) = (None::<String>, None);
                while let Some(key) = map.next_key::<String>()? {
                    match &*key {
                        "kind" => kind = Some(map.next_value()?),
                        "message" => message = Some(map.next_value()?),
                        _ => {
                            map.next_value::<de::IgnoredAny>()?;
                        }
                    }
                }
                let kind = kind.ok_or_else(|| de::Error::missing_field("kind"))?;
                let message = message.ok_or_else(|| de::Error::missing_field("message"))?;
                Ok(Error::from_far_handler(
                    ErrorKind::from_name(&kind),
                    message,
                ))
            }
        }

        deserializer.deserialize_struct("Error", &["kind", "message"], Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_by_its_name() {
        for kind in [
            ErrorKind::Timeout,
            ErrorKind::TooManyCallbacks,
            ErrorKind::Application,
        ] {
            assert_eq!(ErrorKind::from_name(kind.name()), kind);
        }
        assert_eq!(
            ErrorKind::from_name("OfALaterVersion"),
            ErrorKind::Application
        );
    }

    #[test]
    fn an_error_that_crossed_keeps_kind_and_causes_and_is_remote() {
        let cause = std::io::Error::other("disk full");
        let error = Error::new(ErrorKind::Encode, "cannot write").with_source(cause);
        for compact in [false, true] {
            let mut bytes = Vec::new();
            crate::codec::encode(&error, &mut bytes, compact, 64).unwrap();
            let back: Error = crate::codec::Values::new(&bytes).next().unwrap();
            assert_eq!(back.kind(), ErrorKind::Encode);
            assert_eq!(back.to_string(), "cannot write: disk full");
            assert!(back.is_remote());
        }
    }

    #[test]
    fn the_cause_is_the_source() {
        let error = Error::new(ErrorKind::Connect, "no way").with_source("a wall");
        assert_eq!(error.source().unwrap().to_string(), "a wall");
    }
}
