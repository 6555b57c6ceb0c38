//! Each way to fail has a kind of its own, and a message that names what it is about.

mod application;
mod connecting;
mod handlers;
mod values;
mod versions;

use ringback::{Error, ErrorKind};

/// Checks an error of the runtime: its kind, and what its message speaks of.
fn is(error: &Error, kind: ErrorKind, parts: &[&str]) {
    assert_eq!(error.kind(), kind, "{error:?}");
    let text = error.to_string();
    assert!(parts.iter().all(|part| text.contains(part)), "{text}");
}
