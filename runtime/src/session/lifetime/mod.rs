//! A session from its beginning to its end, over one connection or several.
//!
//! A `handle` is what users hold of it, and `events` tell what becomes of it. One that outlives its connections is
//! `lasting`: the end that connects has to `reconnect`, and the other waits for the `arrival`. It ends at once
//! (`ending`) or when what is in flight has finished (`leave`).

mod arrival;
mod backoff;
mod current;
mod ending;
mod events;
mod handle;
mod lasting;
mod leave;
mod reconnect;

pub(super) use arrival::{Arrival, Arrivals};
pub(super) use handle::Handle;
pub(super) use lasting::drive_lasting;

pub(crate) use arrival::{Guest, Registry};
pub(crate) use backoff::Backoff;
pub(crate) use current::Current;
pub(crate) use events::Readers;
pub(crate) use lasting::Lasting;
pub(crate) use reconnect::{Connected, Connector};

pub use events::{SessionEvent, SessionEvents};
pub use handle::{Session, Stats};
