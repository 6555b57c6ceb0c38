//! The `#[service]` macro of Ringback.

mod check;
mod expand;
mod expansion;
mod fallback;
mod model;
mod names;
mod parse;
mod report;
#[cfg(test)]
mod snapshots;

use crate::expansion::expansion;

/// Makes a trait a service.
#[proc_macro_attribute]
pub fn service(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expansion(arguments.into(), item.into()).into()
}
