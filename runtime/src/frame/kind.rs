//! The first element of every frame.

pub(crate) const REQUEST: u64 = 0;
pub(crate) const RESPONSE: u64 = 1;
pub(crate) const NOTIFICATION: u64 = 2;
pub(crate) const CANCEL: u64 = 3;
pub(crate) const RELEASE: u64 = 4;
pub(crate) const REVOKE: u64 = 5;
pub(crate) const CREDIT: u64 = 6;
pub(crate) const PING: u64 = 7;
pub(crate) const PONG: u64 = 8;
pub(crate) const HELLO: u64 = 9;
pub(crate) const WELCOME: u64 = 10;
pub(crate) const ACK: u64 = 11;
pub(crate) const RESUME: u64 = 12;
pub(crate) const GOAWAY: u64 = 13;
pub(crate) const ABORT: u64 = 14;
/// From here on a receiver skips the kinds that it does not know.
pub(crate) const FIRST_OPTIONAL: u64 = 64;
