//! From the model to code. Every rejection happened before, so nothing here fails.
//!
//! One file per generated item. An item that the user names stands beside the trait; the rest is
//! in an anonymous constant, where its names meet nobody's. All paths are absolute.

mod arc;
mod callback;
mod client;
mod closure;
mod codec;
mod dispatch;
mod form;
mod group;
mod proxy;
mod refused;
mod server;
mod service_trait;
mod signature;
mod twin;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::Attribute;

use crate::model::{Method, Service};
use crate::names::{MethodNames, ServiceNames, Taken};

pub(crate) use self::service_trait::{is_own, without_own_attributes};

/// The model, and the names that its items get.
struct Context<'a> {
    service: &'a Service<'a>,
    names: ServiceNames,
    methods: Vec<(&'a Method<'a>, MethodNames)>,
    /// `::ringback`
    root: TokenStream,
    /// `::ringback::__private`
    private: TokenStream,
    /// What every item beside the trait has.
    attributes: TokenStream,
}

pub(crate) fn expand(service: &Service<'_>) -> TokenStream {
    let context = Context::new(service);
    let service_trait = service_trait::expand(&context);
    let items = [
        proxy::beside(&context),
        client::beside(&context),
        server::beside(&context),
    ];
    let inside = [
        callback::expand(&context),
        codec::expand(&context),
        twin::expand(&context),
        dispatch::expand(&context),
        proxy::inside(&context),
        client::inside(&context),
        server::inside(&context),
        arc::expand(&context),
        closure::expand(&context).unwrap_or_default(),
        group::expand(&context).unwrap_or_default(),
    ];
    let cfgs = service.cfgs();
    quote! {
        #service_trait
        #(#items)*
        #(#cfgs)*
        // The twin is public because the trait is, and cannot be named. A deprecated method is
        // implemented and forwarded all the same. The rest is the style of generated code.
        #[allow(
            unnameable_types,
            deprecated,
            clippy::too_many_arguments,
            clippy::type_complexity,
            clippy::ref_option_ref
        )]
        const _: () = {
            // async-trait writes `Box` without a path.
            #[allow(unused_imports)]
            use ::std::boxed::Box;
            #(#inside)*
        };
    }
}

impl<'a> Context<'a> {
    fn new(service: &'a Service<'a>) -> Self {
        let mut taken = Taken::by(service.item);
        let names = ServiceNames::new(&service.item.ident, &mut taken);
        let methods = service
            .methods
            .iter()
            .map(|method| (method, MethodNames::new(method, &mut taken)))
            .collect();
        let root = match &service.options.runtime {
            Some(path) => path.to_token_stream(),
            None => quote!(::ringback),
        };
        let private = quote!(#root::__private);
        Self {
            service,
            names,
            methods,
            private,
            attributes: attributes(service),
            root,
        }
    }
}

/// What the items beside the trait take over from it: `#[cfg]`, `#[doc(hidden)]`, and silence
/// about a deprecated trait.
fn attributes(service: &Service<'_>) -> TokenStream {
    let cfgs = service.cfgs();
    let attributes = &service.item.attrs;
    let hidden = attributes
        .iter()
        .filter(|attribute| is_doc_hidden(attribute));
    let deprecated = attributes
        .iter()
        .any(|attribute| attribute.path().is_ident("deprecated"))
        .then(|| quote!(#[allow(deprecated)]));
    quote!(#(#cfgs)* #(#hidden)* #deprecated)
}

fn is_doc_hidden(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
        && attribute
            .meta
            .require_list()
            .is_ok_and(|list| list.tokens.to_string() == "hidden")
}
