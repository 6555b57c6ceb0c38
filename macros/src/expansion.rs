//! From the user's tokens to what stands in their place.

use proc_macro2::TokenStream;
use quote::quote;

use crate::report::Report;
use crate::{check, expand, fallback, parse};

/// Parse, check, expand.
pub(crate) fn expansion(arguments: TokenStream, tokens: TokenStream) -> TokenStream {
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
