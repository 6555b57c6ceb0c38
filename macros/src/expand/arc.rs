//! `impl<T: Foo> Foo for Arc<T>`: whoever keeps an object passes a clone of its `Arc`.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, signature};

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let ident = &context.service.item.ident;
    let names = &context.names;
    let (proxy, object) = (&names.proxy, &names.object);
    let (to_proxy, arc_to_proxy) = (&names.to_proxy, &names.arc_to_proxy);
    let methods = context.methods.iter().map(|(method, _)| {
        let (cfgs, method_ident, output) = (method.cfgs(), method.ident(), method.output);
        let parameters = signature::declared(method);
        let passed = signature::passed(method);
        quote! {
            #(#cfgs)*
            fn #method_ident(&self, #parameters)
                -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
            {
                <#object as #ident>::#method_ident(&**self, #passed)
            }
        }
    });
    quote! {
        impl<#object> #ident for ::std::sync::Arc<#object>
        where
            #object: #ident,
        {
            #(#methods)*
            fn #to_proxy(self) -> #proxy {
                <#object as #ident>::#arc_to_proxy(self)
            }
            fn #arc_to_proxy(self: ::std::sync::Arc<Self>) -> #proxy {
                <#object as #ident>::#arc_to_proxy(::core::clone::Clone::clone(&*self))
            }
        }
    }
}
