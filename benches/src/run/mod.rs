//! The parent: starts servers and clients, gathers their figures, and reports.

mod check;
mod child;
mod compile;
mod count;
mod profile;
mod rounds;
pub(crate) mod runtime;

pub(crate) use check::check;
pub(crate) use count::count;
pub(crate) use profile::profile;
pub(crate) use rounds::rounds;
