//! The macro `#[service]`, given any tokens.
//!
//! A proc-macro crate can be called by the compiler alone, so the macro's sources are compiled into this program.

#![no_main]
#![allow(
    dead_code,
    unused_imports,
    reason = "the macro's own crate uses what is not used here"
)]

#[path = "../../macros/src/check/mod.rs"]
mod check;
#[path = "../../macros/src/expand/mod.rs"]
mod expand;
#[path = "../../macros/src/expansion.rs"]
mod expansion;
#[path = "../../macros/src/fallback.rs"]
mod fallback;
#[path = "../../macros/src/model.rs"]
mod model;
#[path = "../../macros/src/names.rs"]
mod names;
#[path = "../../macros/src/parse/mod.rs"]
mod parse;
#[path = "../../macros/src/report.rs"]
mod report;

use libfuzzer_sys::fuzz_target;
use proc_macro2::TokenStream;

// The text of an attribute's arguments, a line feed, and the text of the item.
fuzz_target!(|text: &str| {
    let (arguments, item) = text.split_once('\n').unwrap_or(("", text));
    let (Ok(arguments), Ok(item)) = (arguments.parse(), item.parse()) else {
        return;
    };
    expand_any(arguments, item);
});

/// It never panics, and what it accepts, it expands to items.
fn expand_any(arguments: TokenStream, item: TokenStream) {
    let text = item.to_string();
    let expanded = expansion::expansion(arguments, item);
    if !expanded.to_string().contains("compile_error")
        && let Err(error) = syn::parse2::<syn::File>(expanded.clone())
    {
        panic!("{error}\nin what became of {text}:\n{expanded}");
    }
}
