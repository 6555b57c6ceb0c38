//! The called end: one function that finds the method of an incoming call and runs it.

use proc_macro2::TokenStream;
use quote::quote;

use super::Context;
use crate::model::{Method, Parameter, Passing};
use crate::names::MethodNames;

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let private = &context.private;
    let ident = &context.service.item.ident;
    let (serve, object) = (&context.names.serve, &context.names.object);
    let arms = context
        .methods
        .iter()
        .map(|(method, names)| arm(context, method, names));
    quote! {
        fn #serve<#object>(
            object: ::std::sync::Arc<#object>,
            call: #private::Incoming<'_>,
        ) -> #private::Handler
        where
            #object: #ident,
        {
            match call.method() {
                #(#arms)*
                _ => call.unknown_method(<dyn #ident as #private::HasProxy>::NAME),
            }
        }
    }
}

fn arm(context: &Context<'_>, method: &Method<'_>, names: &MethodNames) -> TokenStream {
    let private = &context.private;
    let (service, object) = (&context.service.item.ident, &context.names.object);
    let (cfgs, ident) = (method.cfgs(), method.ident());
    let MethodNames {
        description, codec, ..
    } = names;
    let locals: Vec<_> = method.parameters.iter().map(Parameter::local).collect();
    let passed = method.parameters.iter().map(Parameter::lent);
    let answer = quote! {
        let outcome = <#object as #service>::#ident(&*object, #(#passed),*).await;
        reply(outcome);
    };
    let lane = if method.options.serial.is_some() {
        Some(quote!(serial))
    } else if method.options.spawn.is_some() {
        Some(quote!(spawn))
    } else if method.parameters.iter().any(Parameter::borrows) {
        Some(quote!(inline))
    } else {
        None
    };
    let Some(lane) = lane else {
        // Its arguments need not wait for anything, and once they are decoded the frame is not kept.
        return quote! {
            #(#cfgs)*
            id if id == #description.id() => {
                let (_, _, arguments, reply, ..) = #codec();
                match arguments(call) {
                    ::core::result::Result::Err(error) => {
                        #private::Handler::failed(&#description, error)
                    },
                    ::core::result::Result::Ok((#(#locals,)*)) => {
                        #private::Handler::inline(async move { #answer })
                    }
                }
            }
        };
    };
    quote! {
        #(#cfgs)*
        id if id == #description.id() => {
            let mut call = call.keep();
            #private::Handler::#lane(async move {
                let (_, _, arguments, reply, ..) = #codec();
                match arguments(call.incoming()) {
                    ::core::result::Result::Err(error) => #private::fail(&#description, error),
                    ::core::result::Result::Ok((#(#locals,)*)) => { #answer }
                }
            })
        }
    }
}

impl Parameter<'_> {
    /// Whether what was decoded borrows from the frame.
    fn borrows(&self) -> bool {
        matches!(
            self.passing,
            Passing::InPlace
                | Passing::Bytes { .. }
                | Passing::Lent { in_place: true, .. }
                | Passing::Slice { in_place: true, .. }
        )
    }

    /// What was decoded, as the handler takes it.
    fn lent(&self) -> TokenStream {
        let local = self.local();
        match self.passing {
            Passing::Lent { optional: true, .. } => quote!(::core::option::Option::as_ref(&#local)),
            Passing::Slice { optional: true, .. } => {
                quote!(::core::option::Option::as_deref(&#local))
            }
            Passing::Lent { .. } | Passing::Slice { .. } => quote!(&#local),
            _ => quote!(#local),
        }
    }
}
