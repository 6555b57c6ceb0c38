//! The trait itself: `async fn f(..) -> R` becomes `fn f(..) -> impl Future<Output = R> + Send`.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::token::Brace;
use syn::{Attribute, Block, FnArg, Pat, TraitItemFn};

use super::{Context, refused};
use crate::model::{Method, Parameter, Service};
use crate::parse::types::written;
use crate::parse::{CALLBACK, METHOD_ATTRIBUTES};

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let service = context.service;
    let (vis, ident) = (&service.item.vis, &service.item.ident);
    let trait_token = &service.item.trait_token;
    let attributes = service
        .item
        .attrs
        .iter()
        .filter(|attribute| !is_own(attribute));
    let diagnostic = diagnostic(service);
    let methods = service.methods.iter().map(method);
    let refused = service
        .refused
        .iter()
        .filter_map(|method| refused::expand(method));
    let proxy = &context.names.proxy;
    let (to_proxy, arc_to_proxy) = (&context.names.to_proxy, &context.names.arc_to_proxy);
    let private = &context.private;
    let members = quote! {
        #(#methods)*
        #(#refused)*

        #[doc(hidden)]
        fn #to_proxy(self) -> #proxy
        where
            Self: ::core::marker::Sized,
        {
            let object = ::std::sync::Arc::new(self);
            #proxy { reference: #private::Reference::<dyn #ident>::local(object) }
        }

        #[doc(hidden)]
        fn #arc_to_proxy(self: ::std::sync::Arc<Self>) -> #proxy
        where
            Self: ::core::marker::Sized,
        {
            #proxy { reference: #private::Reference::<dyn #ident>::local(self) }
        }
    };
    let members = surrounded(&service.item.brace_token, &members);
    // Without `<>`, rustc would suggest a type parameter for each type that it does not know.
    quote! {
        #(#attributes)*
        #diagnostic
        #vis #trait_token #ident<>:
            ::core::marker::Send + ::core::marker::Sync + 'static + #private::IsService
        #members
    }
}

/// Begins and ends where the user did, as the first and last token of every item here do. Otherwise,
/// what a lint has to say about the item would stand at the attribute.
fn surrounded(braces: &Brace, content: &TokenStream) -> TokenStream {
    let mut tokens = TokenStream::new();
    braces.surround(&mut tokens, |tokens| content.to_tokens(tokens));
    tokens
}

/// What rustc says first about a type that does not implement the service. Without it, it says
/// nine times that the type is no closure.
fn diagnostic(service: &Service<'_>) -> Option<TokenStream> {
    let own = |attribute: &Attribute| {
        let mut segments = attribute.path().segments.iter();
        segments
            .next()
            .is_some_and(|segment| segment.ident == "diagnostic")
    };
    if service.item.attrs.iter().any(own) {
        return None;
    }
    let ident = &service.item.ident;
    let message = format!("`{{Self}}` does not implement the service `{ident}`");
    let label = format!("not a `{ident}`");
    let implement = format!(
        "a type implements it by `impl {ident} for …`, with plain `async fn`s; an `Arc` of such a \
         type and a `{ident}Proxy` implement it too; for a reference to one, pass a clone"
    );
    let closure = match service.closure_method() {
        Some(method) => {
            let parameters: Vec<_> = method
                .parameters
                .iter()
                .map(|parameter| format!("{}: {}", parameter.wire_name(), closure_type(parameter)))
                .collect();
            format!(
                "a closure implements it if it is `async move |{}| …`, returns `{}`, changes \
                 nothing that it captured, and is `Clone + Send + Sync + 'static`",
                parameters.join(", "),
                written(method.output),
            )
        }
        None => "a closure implements only a service with exactly one method that has no default \
                 body"
            .to_owned(),
    };
    Some(quote! {
        #[diagnostic::on_unimplemented(
            message = #message,
            label = #label,
            note = #implement,
            note = #closure,
        )]
    })
}

fn closure_type(parameter: &Parameter<'_>) -> String {
    written(parameter.ty).replace("impl ", "")
}

fn method(method: &Method<'_>) -> TokenStream {
    let attributes = method
        .item
        .attrs
        .iter()
        .filter(|attribute| !is_own(attribute));
    let (ident, receiver, output) = (method.ident(), method.receiver, method.output);
    let parameters = method.parameters.iter().map(|parameter| {
        let attributes = parameter
            .attributes
            .iter()
            .filter(|attribute| !is_own(attribute));
        let (name, ty) = (&parameter.name, parameter.ty);
        quote!(#(#attributes)* #name: #ty)
    });
    let body = match method.default() {
        Some(block) => body(method, block),
        None => method.item.semi_token.to_token_stream(),
    };
    let fn_token = &method.item.sig.fn_token;
    // A message about the future, such as that it is not `Send`, points at what it returns.
    let future = quote_spanned! {output.span()=>
        impl ::core::future::Future<Output = #output> + ::core::marker::Send
        where
            Self: ::core::marker::Sized
    };
    quote! {
        #(#attributes)*
        #fn_token #ident(#receiver, #(#parameters),*) -> #future
        #body
    }
}

/// A default body. As in an `async fn`, the arguments move into the future, used or not, and a
/// pattern is matched there.
fn body(method: &Method<'_>, block: &Block) -> TokenStream {
    let moves = method.parameters.iter().map(|parameter| {
        let (name, pattern) = (&parameter.name, parameter.pattern);
        match pattern {
            Pat::Ident(ident) if ident.ident == *name => {
                let mutability = ident.mutability;
                quote!(let #mutability #name = #name;)
            }
            pattern => quote!(let #name = #name; let #pattern = #name;),
        }
    });
    let statements = &block.stmts;
    let future = quote! {
        async move {
            #(#moves)*
            #(#statements)*
        }
    };
    surrounded(&block.brace_token, &future)
}

pub(crate) fn without_own_attributes(method: &TraitItemFn) -> TraitItemFn {
    let mut method = method.clone();
    method.attrs.retain(|attribute| !is_own(attribute));
    for input in &mut method.sig.inputs {
        if let FnArg::Typed(typed) = input {
            typed.attrs.retain(|attribute| !is_own(attribute));
        }
    }
    method
}

/// Whether rustc would not know the attribute.
pub(crate) fn is_own(attribute: &Attribute) -> bool {
    let path = attribute.path();
    path.is_ident(CALLBACK) || METHOD_ATTRIBUTES.iter().any(|name| path.is_ident(name))
}
