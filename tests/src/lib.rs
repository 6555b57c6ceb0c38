//! The kit of Ringback's end-to-end tests: two ends that meet over TCP or in memory, services to call, and
//! ways to await what should come to pass.

pub mod ends;
pub mod keeper;
pub mod living;
pub mod raw;
pub mod road;
pub mod run;
pub mod services;
pub mod until;

pub use ends::{Ends, Over, Serving, meet};
pub use living::Living;
pub use until::until;
