//! The `#[service]` macro of Ringback.

mod check;
mod expand;
mod fallback;
mod model;
mod names;
mod parse;
mod report;
#[cfg(test)]
mod snapshots;

use proc_macro2::TokenStream;
use quote::quote;

use crate::report::Report;

/// Makes a trait a service.
#[proc_macro_attribute]
pub fn service(
    arguments: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expansion(arguments.into(), item.into()).into()
}

/// Parse, check, expand.
fn expansion(arguments: TokenStream, tokens: TokenStream) -> TokenStream {
    let item = match parse::item(tokens.clone()) {
        Ok(item) => item,
        Err(error) => {
            let error = error.into_compile_error();
            return quote!(#tokens #error);
        }
    };
    let mut report = Report::default();
    let options = parse::options(arguments, &mut report);
    let sound = parse::frame(&item, &mut report);
    let mut service = parse::service(&item, &options, &mut report);
    check::check(&mut service, &mut report);
    let expanded = if sound {
        expand::expand(&service)
    } else {
        fallback::expand(&item)
    };
    let errors = report.into_compile_errors();
    quote!(#expanded #errors)
}
