//! What a service that was refused expands to.
//!
//! The trait stays, so that its implementations and an editor go on. `FooProxy`, `FooClient` and
//! `FooServer` stay as names for a type that rustc knows to be an error: a failing `compile_error!`
//! where a type is expected. rustc says nothing more about a value of such a type.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{FnArg, ItemTrait, TraitItem, TypeParamBound, parse_quote};

use crate::expand::is_own;
use crate::names;
use crate::report::Report;

pub(crate) fn expand(item: &ItemTrait, report: Report) -> TokenStream {
    let mut errors = report.into_compile_errors();
    let first = errors.next();
    let vis = &item.vis;
    let [proxy, client, server] =
        ["Proxy", "Client", "Server"].map(|suffix| names::beside(&item.ident, suffix));
    let cfgs: Vec<_> = item
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect();
    let stripped = stripped(item);
    quote! {
        #stripped
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(dead_code)]
        #vis type #proxy = #first;
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(dead_code)]
        #vis type #client = #proxy;
        #(#cfgs)*
        #[doc(hidden)]
        #[allow(dead_code)]
        #vis type #server = #proxy;
        #(#errors)*
    }
}

/// The trait without the attributes that rustc does not know, and with the bounds that code which
/// uses it counts on.
fn stripped(item: &ItemTrait) -> TokenStream {
    let mut item = item.clone();
    item.attrs.retain(|attribute| !is_own(attribute));
    item.attrs
        .push(parse_quote!(#[allow(async_fn_in_trait, dead_code)]));
    let bounds: [TypeParamBound; 3] = [
        parse_quote!(::core::marker::Send),
        parse_quote!(::core::marker::Sync),
        parse_quote!('static),
    ];
    item.colon_token.get_or_insert_default();
    if !item.supertraits.empty_or_trailing() {
        item.supertraits.push_punct(Default::default());
    }
    item.supertraits.extend(bounds);
    for member in &mut item.items {
        if let TraitItem::Fn(method) = member {
            method.attrs.retain(|attribute| !is_own(attribute));
            for input in &mut method.sig.inputs {
                if let FnArg::Typed(typed) = input {
                    typed.attrs.retain(|attribute| !is_own(attribute));
                }
            }
        }
    }
    item.into_token_stream()
}
