//! What the fuzz targets of the protocol do with their bytes.
//!
//! The three lower floors of the runtime (bytes, frames, and the core of the protocol) need no tokio and nothing of
//! the floors above. Their sources are compiled into this crate as they are, so nothing of them has to be public.

#[allow(dead_code, unused_imports, reason = "the floors above use it")]
#[path = "../../runtime/src/codec/mod.rs"]
mod codec;
#[allow(dead_code, unused_imports, reason = "the floors above use it")]
#[path = "../../runtime/src/error.rs"]
mod error;
#[allow(dead_code, unused_imports, reason = "the floors above use it")]
#[path = "../../runtime/src/frame/mod.rs"]
mod frame;
#[allow(dead_code, unused_imports, reason = "the floors above use it")]
#[path = "../../runtime/src/id.rs"]
mod id;
#[allow(dead_code, unused_imports, reason = "the floors above use it")]
#[path = "../../runtime/src/limits.rs"]
mod limits;
#[allow(dead_code, unused_imports, reason = "the floors above use it")]
#[path = "../../runtime/src/proto/mod.rs"]
mod proto;

mod attached;
mod end;
mod frames;
mod hostile;
mod pair;
mod reader;
mod session;
mod steps;
mod stream;
mod user;
mod written;

pub use frames::any_frame;
pub use pair::{Pairing, any_pair};
pub use session::{Meeting, any_session};
pub use stream::any_stream;
