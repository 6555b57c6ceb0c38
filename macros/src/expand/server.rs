//! `FooServer`: an object as the named service that a server offers.

use proc_macro2::TokenStream;
use quote::quote;

use super::Context;

/// The type, and what a user calls on it.
pub(super) fn beside(context: &Context<'_>) -> TokenStream {
    let attributes = &context.attributes;
    let (vis, ident) = (&context.service.item.vis, &context.service.item.ident);
    let (server, object) = (&context.names.server, &context.names.object);
    let doc = format!("Offers an object that implements [`{ident}`] as a service.");
    quote! {
        #attributes
        #[doc = #doc]
        #[allow(dead_code)]
        #vis struct #server<#object> {
            object: ::std::sync::Arc<#object>,
        }

        #attributes
        #[allow(dead_code)]
        impl<#object> #server<#object>
        where
            #object: #ident,
        {
            /// Offers `object`. To keep hold of it, pass an `Arc`.
            #[must_use]
            #vis fn new(object: #object) -> Self {
                Self { object: ::std::sync::Arc::new(object) }
            }
        }
    }
}

pub(super) fn inside(context: &Context<'_>) -> TokenStream {
    let private = &context.private;
    let ident = &context.service.item.ident;
    let names = &context.names;
    let (server, object, serve) = (&names.server, &names.object, &names.serve);
    let name = server.to_string();
    quote! {
        impl<#object> #private::Dispatch for #server<#object>
        where
            #object: #ident,
        {
            fn dispatch(&self, call: #private::Incoming<'_>) -> #private::Handler {
                #serve(::core::clone::Clone::clone(&self.object), call)
            }
            fn as_any(&self) -> &dyn ::core::any::Any {
                self
            }
        }

        impl<#object> #private::Service for #server<#object>
        where
            #object: #ident,
        {
            const NAME: &'static str = <dyn #ident as #private::HasProxy>::NAME;
        }

        impl<#object> ::core::fmt::Debug for #server<#object> {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                formatter.debug_struct(#name).finish_non_exhaustive()
            }
        }
    }
}
