//! What becomes of figures: tables in Markdown, pictures, and the counts that are kept.

mod counts;
pub(crate) mod kept;
pub(crate) mod leave;
mod number;
#[cfg(feature = "plots")]
mod plot;
mod results;
mod table;

pub(crate) use counts::{Counts, Ends};
pub(crate) use results::Results;
