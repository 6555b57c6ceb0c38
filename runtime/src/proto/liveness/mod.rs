//! Who is there: a peer that says nothing, that comes too slowly, or that pings without end; and a connection that
//! nobody uses.

mod heartbeat;
mod idle;
mod pace;
mod pings;

pub(super) use heartbeat::{Beat, Heartbeat};
pub(super) use idle::Idle;
pub(super) use pace::{Pace, TooSlow};
pub(super) use pings::Pings;
