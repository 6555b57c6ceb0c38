//! The erased twin: the service as a trait object, behind a proxy of a local object.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, signature};

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let private = &context.private;
    let names = &context.names;
    let (vis, ident) = (&context.service.item.vis, &context.service.item.ident);
    let (twin, twin_serve, serve) = (&names.twin, &names.twin_serve, &names.serve);
    let object = &names.object;
    let declarations = context.methods.iter().map(|(method, names)| {
        let (cfgs, name, output) = (method.cfgs(), &names.twin, method.output);
        let parameters = signature::erased(method, names);
        quote! {
            #(#cfgs)*
            async fn #name(&self, #parameters) -> #output;
        }
    });
    let definitions = context.methods.iter().map(|(method, names)| {
        let (cfgs, name, output) = (method.cfgs(), &names.twin, method.output);
        let parameters = signature::erased(method, names);
        let passed = signature::passed(method);
        let method = method.ident();
        quote! {
            #(#cfgs)*
            async fn #name(&self, #parameters) -> #output {
                <#object as #ident>::#method(self, #passed).await
            }
        }
    });
    quote! {
        #[doc(hidden)]
        #[#private::async_trait]
        #vis trait #twin: ::core::marker::Send + ::core::marker::Sync + 'static {
            #(#declarations)*
            fn #twin_serve(self: ::std::sync::Arc<Self>, call: #private::Incoming<'_>)
                -> #private::Handler;
        }

        #[#private::async_trait]
        impl<#object> #twin for #object
        where
            #object: #ident,
        {
            #(#definitions)*
            fn #twin_serve(self: ::std::sync::Arc<Self>, call: #private::Incoming<'_>)
                -> #private::Handler
            {
                #serve(self, call)
            }
        }
    }
}
