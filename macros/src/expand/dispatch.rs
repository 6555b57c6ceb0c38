//! The called side: one function that finds the method of an incoming call and runs it.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use super::{Context, call, signature};
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
        fn #serve<#object: #ident>(
            object: ::std::sync::Arc<#object>,
            call: #private::Incoming,
        ) -> #private::Handler {
            match call.method() {
                #(#arms)*
                _ => call.unknown_method(<dyn #ident as #private::HasProxy>::NAME),
            }
        }
    }
}

fn arm(context: &Context<'_>, method: &Method<'_>, names: &MethodNames) -> TokenStream {
    let private = &context.private;
    let root = &context.root;
    let (service, object) = (&context.service.item.ident, &context.names.object);
    let (cfgs, output, ident) = (method.cfgs(), method.output, method.ident());
    let description = &names.description;
    let lane = if method.options.serial.is_some() {
        quote!(serial)
    } else if method.options.spawn.is_some() {
        quote!(spawn)
    } else {
        quote!(inline)
    };
    let count = call::count(method);
    let mutability = (count > 0)
        .then(|| quote!(mut arguments))
        .unwrap_or(quote!(_));
    let decode = method
        .parameters
        .iter()
        .map(|parameter| parameter.decode(context));
    let locals = signature::passed(method);
    let comma = (count == 1).then(|| quote!(,));
    let passed = method.parameters.iter().map(Parameter::lent);
    quote! {
        #(#cfgs)*
        id if id == #description.id() => #private::Handler::#lane(async move {
            let decoded = (|| -> #root::Result<_> {
                let #mutability = call.arguments(&#description, #count)?;
                #(#decode)*
                ::core::result::Result::Ok((#locals #comma))
            })();
            match decoded {
                ::core::result::Result::Err(error) => call.fail(error),
                ::core::result::Result::Ok((#locals #comma)) => {
                    let outcome = <#object as #service>::#ident(&*object, #(#passed),*).await;
                    call.reply::<#output>(outcome);
                }
            }
        }),
    }
}

impl Parameter<'_> {
    fn decode(&self, context: &Context<'_>) -> TokenStream {
        let (local, name, ty) = (self.local(), self.wire_name(), self.ty);
        let (ty, in_place) = match &self.passing {
            Passing::Owned | Passing::Proxy => (ty.to_token_stream(), false),
            Passing::Callback { .. } => (self.erased_type(context), false),
            Passing::InPlace => (ty.to_token_stream(), true),
            Passing::Lent {
                target,
                in_place,
                optional,
            } => (held(target.to_token_stream(), *optional), *in_place),
            Passing::Slice {
                element,
                in_place,
                optional,
            } => (
                held(quote!(::std::vec::Vec<#element>), *optional),
                *in_place,
            ),
        };
        let arg = if in_place {
            quote!(arg_in_place)
        } else {
            quote!(arg)
        };
        quote!(let #local = arguments.#arg::<#ty>(#name)?;)
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

fn held(ty: TokenStream, optional: bool) -> TokenStream {
    if optional {
        quote!(::core::option::Option<#ty>)
    } else {
        ty
    }
}
