//! A call of this end: from its arguments to its answer.
//!
//! `encoder` writes the arguments, `submit` makes the call to a `remote`, and `call` waits for its `answer`. What is
//! called at many goes by `multicast`, and what is made once more on the client's next session by `again`.

mod again;
mod answer;
mod call;
mod encoder;
mod multicast;
mod remote;
mod submit;

pub(super) use answer::{Answer, Caller, Reply};

pub(crate) use encoder::Encoded;

pub use call::Call;
pub use encoder::{CallEncoder, Encoder};
pub use remote::{Remote, ServiceClient};
