//! What an end of a session takes from the other one at most.

/// What one end of a session grants to the other, and what it keeps for itself at most.
///
/// Both ends tell each other these figures when they meet, and each keeps to what the other granted:
/// a call waits for room, or fails before it is sent. Whoever does not keep to them is cut off, so the
/// figures also bound what a hostile peer can cost. They hold for each connection by itself.
///
/// ```
/// use ringback::{Limits, Server};
///
/// let mut limits = Limits::default();
/// limits.max_callbacks = 100;
/// limits.max_frame = 1 << 20;
/// let server = Server::builder().limits(limits);
/// ```
///
/// The guide has a [chapter](crate::guide::limits) about them.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Size of one message that may be sent to this end, in bytes. Default: 16 MiB.
    ///
    /// A larger call fails with [`TooLarge`](crate::ErrorKind::TooLarge), and so does one whose answer
    /// is larger.
    ///
    /// At least 1024; a smaller figure counts as 1024, or even a failure could not be told.
    pub max_frame: usize,
    /// Calls that this end may be handling at a time. Default: 4096.
    ///
    /// Further ones wait at the other end. A call counts until its handler has ended, also when its
    /// caller has long given it up.
    pub max_calls: u32,
    /// Calls to any one callback of this end that it may be handling at a time. Default: 1024.
    ///
    /// Further ones wait at the other end, and hold up no calls to others.
    pub max_object_calls: u32,
    /// Callbacks that the other end may have passed to this one and that are still held. Default: 10,000.
    ///
    /// A call that would pass more fails with
    /// [`TooManyCallbacks`](crate::ErrorKind::TooManyCallbacks).
    pub max_callbacks: u32,
    /// Length of a chain of calls of which each is made inside the one before. Default: 1024.
    ///
    /// A call that would make it longer fails with [`Overloaded`](crate::ErrorKind::Overloaded).
    pub max_call_depth: u32,
    /// Arrays and maps inside each other, in an argument or in a result. Default: 64.
    ///
    /// A value that is nested deeper is not written, and the call fails with
    /// [`Encode`](crate::ErrorKind::Encode). At least 1. Values are decoded recursively, and no deeper than
    /// 1024, whatever is set here.
    pub max_nesting: u32,
    /// Bytes that may stand in this end's outgoing queue before its calls wait for room, and calls of
    /// the peer wait to be begun. Default: 4 MiB.
    ///
    /// This one is not told to the other end.
    pub max_queued_bytes: usize,
    /// Bytes sent that are kept until the other end has acknowledged them, where the session
    /// [can be resumed](crate::ClientBuilder::resume). Default: 4 MiB.
    ///
    /// When so much is kept, calls wait. Answers have as much room again while the link is broken; an
    /// answer that does not fit ends the session with [`SessionLost`](crate::ErrorKind::SessionLost).
    pub max_replay_bytes: usize,
}

impl Limits {
    /// The smallest `max_frame` that an end may ask for, in bytes.
    pub(crate) const LEAST_FRAME: usize = 1024;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_frame: 16 << 20,
            max_calls: 4096,
            max_object_calls: 1024,
            max_callbacks: 10_000,
            max_call_depth: 1024,
            max_nesting: 64,
            max_queued_bytes: 4 << 20,
            max_replay_bytes: 4 << 20,
        }
    }
}
