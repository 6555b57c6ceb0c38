//! The service for a `Group` of its proxies: a call goes to every member.

use proc_macro2::TokenStream;
use quote::quote;

use super::Context;
use super::signature::{self, arguments};
use crate::model::Method;
use crate::names::MethodNames;

pub(super) fn expand(context: &Context<'_>) -> Option<TokenStream> {
    context.service.options.group.as_ref()?;
    let root = &context.root;
    let ident = &context.service.item.ident;
    let (proxy, key) = (&context.names.proxy, &context.names.key);
    let methods = context
        .methods
        .iter()
        .map(|(method, names)| cast(context, method, names));
    Some(quote! {
        impl<#key> #ident for #root::Group<#key, #proxy>
        where
            #key: ::core::clone::Clone
                + ::core::cmp::Eq
                + ::core::hash::Hash
                + ::core::fmt::Debug
                + ::core::marker::Send
                + ::core::marker::Sync
                + 'static,
        {
            #(#methods)*
        }
    })
}

/// The arguments are gone before anything is waited for. What is waited for has copies of its own.
fn cast(context: &Context<'_>, method: &Method<'_>, names: &MethodNames) -> TokenStream {
    let private = &context.private;
    let (proxy, twin, key) = (
        &context.names.proxy,
        &context.names.twin,
        &context.names.key,
    );
    let (cfgs, ident, output) = (method.cfgs(), method.ident(), method.output);
    let MethodNames {
        description,
        codec,
        twin: twin_method,
        ..
    } = names;
    let parameters = signature::declared(method);
    let locals = signature::passed(method);
    let count = super::codec::count(method);
    let arguments: Vec<_> = arguments(method, names).collect();
    let references = arguments.iter().map(|argument| {
        let local = argument.local();
        quote!(&#local)
    });
    let moves = arguments.iter().map(|argument| {
        let (local, converted) = (argument.local(), argument.converted());
        quote!(let #local = #converted;)
    });
    let copies = arguments.iter().map(|argument| {
        // Names the type, so that one that is not `Clone` is reported there.
        let (local, ty) = (argument.local(), argument.erased_type());
        quote!(let #local = <#ty as ::core::clone::Clone>::clone(&#local);)
    });
    quote! {
        #(#cfgs)*
        async fn #ident(&self, #parameters) -> #output {
            let call = {
                #(#moves)*
                #private::cast::<#key, #proxy, #output>(
                    self,
                    &#description,
                    #count,
                    |encoder| #codec().4(encoder, #(#references),*),
                    |twin| {
                        #(#copies)*
                        ::std::boxed::Box::pin(async move {
                            #twin::#twin_method(&*twin, #locals).await
                        })
                    },
                )
            };
            call.await
        }
    }
}
