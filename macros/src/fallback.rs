//! What a trait expands to that is refused as a whole.
//!
//! The trait stays, so that its implementations and an editor go on, and `FooProxy`, `FooClient` and
//! `FooServer` stay as names. A trait of which only methods are refused is expanded all the same.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{ItemTrait, TraitItem, parse_quote};

use crate::expand::{is_own, without_own_attributes};
use crate::names;

pub(crate) fn expand(item: &ItemTrait) -> TokenStream {
    let vis = &item.vis;
    let cfgs: Vec<_> = item
        .attrs
        .iter()
        .filter(|attribute| attribute.path().is_ident("cfg"))
        .collect();
    let structs = ["Proxy", "Client", "Server"].map(|suffix| {
        let name = names::beside(&item.ident, suffix);
        quote! {
            #(#cfgs)*
            #[doc(hidden)]
            #[allow(dead_code, missing_debug_implementations)]
            #vis struct #name;
        }
    });
    let stripped = stripped(item);
    quote!(#stripped #(#structs)*)
}

/// The trait without the attributes that rustc does not know.
fn stripped(item: &ItemTrait) -> TokenStream {
    let mut item = item.clone();
    item.attrs.retain(|attribute| !is_own(attribute));
    item.attrs
        .push(parse_quote!(#[allow(async_fn_in_trait, dead_code)]));
    // It was reported, and rustc would say much about what such a trait cannot have.
    item.modifiers.auto_token = None;
    for member in &mut item.items {
        if let TraitItem::Fn(method) = member {
            *method = without_own_attributes(method);
        }
    }
    item.into_token_stream()
}
