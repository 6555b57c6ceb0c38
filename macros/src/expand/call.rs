//! The caller's side of each method: what describes it, and the function that sends a call.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, signature};
use crate::model::{Method, Parameter, Passing};
use crate::names::MethodNames;
use syn::Type;

use crate::parse::types::bare;

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    context
        .methods
        .iter()
        .map(|(method, names)| {
            let description = description(context, method, names);
            let call = call(context, method, names);
            quote!(#description #call)
        })
        .collect()
}

fn description(context: &Context<'_>, method: &Method<'_>, names: &MethodNames) -> TokenStream {
    let private = &context.private;
    let ident = &context.service.item.ident;
    let cfgs = method.cfgs();
    let description = &names.description;
    let name = method.wire_name();
    let timeout = method
        .options
        .timeout
        .map(|millis| quote!(.timeout(#millis)));
    let oneway = method.options.oneway.map(|_| quote!(.oneway()));
    let idempotent = method.options.idempotent.map(|_| quote!(.idempotent()));
    quote! {
        #(#cfgs)*
        static #description: #private::Method =
            #private::Method::new(<dyn #ident as #private::HasProxy>::NAME, #name)
                #timeout #oneway #idempotent;
    }
}

/// The arguments are encoded and the call is submitted before this returns, so it is called when
/// the method's future is first polled.
fn call(context: &Context<'_>, method: &Method<'_>, names: &MethodNames) -> TokenStream {
    let private = &context.private;
    let cfgs = method.cfgs();
    let MethodNames {
        description, call, ..
    } = names;
    let parameters = signature::erased(context, method);
    let output = method.output;
    let count = count(method);
    let encode = method
        .parameters
        .iter()
        .map(|parameter| parameter.encode(context));
    let mutability = (count > 0).then(|| quote!(mut));
    let send = if method.options.oneway.is_some() {
        quote!(notify)
    } else {
        quote!(request)
    };
    quote! {
        #(#cfgs)*
        fn #call(remote: &#private::Remote, #parameters) -> #private::Call<#output> {
            let #mutability call = remote.call(&#description, #count);
            #(#encode)*
            call.#send::<#output>()
        }
    }
}

/// How many arguments travel.
pub(super) fn count(method: &Method<'_>) -> u32 {
    // No method has more arguments than that.
    u32::try_from(method.parameters.len()).unwrap_or(u32::MAX)
}

impl Parameter<'_> {
    fn encode(&self, context: &Context<'_>) -> TokenStream {
        let (local, name, ty) = (self.local(), self.wire_name(), self.ty);
        match &self.passing {
            Passing::Owned | Passing::Proxy => quote!(call.arg::<#ty>(#name, &#local);),
            Passing::Callback { .. } => {
                let ty = self.erased_type(context);
                quote!(call.arg::<#ty>(#name, &#local);)
            }
            Passing::Lent {
                target,
                in_place: false,
                optional: false,
            } => {
                quote!(call.arg::<#target>(#name, #local);)
            }
            Passing::InPlace | Passing::Lent { .. } | Passing::Slice { .. } => match bare(ty) {
                Type::Reference(reference) => {
                    let target = &reference.elem;
                    quote!(call.arg_in_place::<#target>(#name, #local);)
                }
                ty => quote!(call.arg_in_place::<#ty>(#name, &#local);),
            },
        }
    }
}
