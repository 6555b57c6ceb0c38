//! How a method travels: what describes it, and a function that gives the code for both ends.
//!
//! Both ends are closures in one body for the sake of rustc's messages. It reports a type that
//! cannot travel once for each body in which the type is asked for, so with the caller's end and the
//! called end apart, each mistake would be reported twice.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::Type;

use super::{Context, signature};
use crate::model::{Method, Parameter, Passing};
use crate::names::MethodNames;
use crate::parse::types::bare;

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    context
        .methods
        .iter()
        .map(|(method, names)| {
            let description = description(context, method, names);
            let codec = codec(context, method, names);
            quote!(#description #codec)
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

/// The closures `call`, `failed`, `arguments` and `reply`: what a proxy or a stub does, what a proxy
/// answers whose object is gone, and what a server does before and after the handler. `call` has encoded the arguments and submitted the
/// call when it returns, so it is called when the method's future is first polled.
fn codec(context: &Context<'_>, method: &Method<'_>, names: &MethodNames) -> TokenStream {
    let Context { root, private, .. } = context;
    let MethodNames {
        description, codec, ..
    } = names;
    let (cfgs, output) = (method.cfgs(), method.output);
    let parameters = || method.parameters.iter();
    // No method has more arguments than that.
    let count = u32::try_from(method.parameters.len()).unwrap_or(u32::MAX);
    let locals = signature::passed(method);
    let erased = parameters().map(|parameter| parameter.erased_type(context));
    let decoded = parameters().map(|parameter| parameter.decoded_type(context));
    let encode = parameters().map(|parameter| parameter.encode(context));
    let decode = parameters().map(|parameter| parameter.decode(context));
    let send = if method.options.oneway.is_some() {
        quote!(notify)
    } else {
        quote!(request)
    };
    let (encoder, arguments) = match count {
        0 => (quote!(call), quote!(_)),
        _ => (quote!(mut call), quote!(mut arguments)),
    };
    quote! {
        #(#cfgs)*
        fn #codec() -> (
            impl Fn(&#private::Remote, #(#erased),*) -> #private::Call<#output>,
            impl Fn(#root::Error) -> #output,
            impl Fn(&#private::Incoming) -> #root::Result<(#(#decoded,)*)>,
            impl Fn(#private::Incoming, #output),
        ) {
            (
                |remote, #locals| {
                    let #encoder = remote.call(&#description, #count);
                    #(#encode)*
                    call.#send::<#output>()
                },
                |error| #private::failed::<#output>(error),
                |call| {
                    let #arguments = call.arguments(&#description, #count)?;
                    ::core::result::Result::Ok((#(#decode,)*))
                },
                |call, outcome| call.reply::<#output>(outcome),
            )
        }
    }
}

impl Parameter<'_> {
    fn encode(&self, context: &Context<'_>) -> TokenStream {
        let (local, name) = (self.local(), self.wire_name());
        match &self.passing {
            Passing::Owned | Passing::Proxy | Passing::Callback { .. } => {
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
            Passing::InPlace | Passing::Lent { .. } | Passing::Slice { .. } => {
                let check = self.check(context);
                match bare(self.ty) {
                    Type::Reference(reference) => {
                        let target = &reference.elem;
                        quote!(#check call.arg_in_place::<#target>(#name, #local);)
                    }
                    ty => quote!(#check call.arg_in_place::<#ty>(#name, &#local);),
                }
            }
        }
    }

    /// Of `&[T]` and `Option<&T>`, rustc would say three things that are missing around `T`. It says
    /// one, if it was asked first whether `T` can be an argument.
    fn check(&self, context: &Context<'_>) -> Option<TokenStream> {
        let target = match self.passing {
            Passing::Slice {
                element,
                in_place: false,
                ..
            } => element,
            Passing::Lent {
                target,
                in_place: false,
                optional: true,
            } => target,
            _ => return None,
        };
        let private = &context.private;
        Some(quote!(let _ = #private::Arguments::arg::<#target>;))
    }

    fn decode(&self, context: &Context<'_>) -> TokenStream {
        let (name, ty) = (self.wire_name(), self.decoded_type(context));
        let in_place = match self.passing {
            Passing::Owned | Passing::Proxy | Passing::Callback { .. } => false,
            Passing::Lent {
                in_place, optional, ..
            } => in_place || optional,
            Passing::InPlace | Passing::Slice { .. } => true,
        };
        let arg = if in_place {
            quote!(arg_in_place)
        } else {
            quote!(arg)
        };
        quote!(arguments.#arg::<#ty>(#name)?)
    }

    /// The type of what is decoded: of `&T` it is `T`, which the handler is lent.
    fn decoded_type(&self, context: &Context<'_>) -> TokenStream {
        let (ty, optional) = match &self.passing {
            Passing::Owned | Passing::Proxy | Passing::Callback { .. } | Passing::InPlace => {
                return self.erased_type(context);
            }
            Passing::Lent {
                target, optional, ..
            } => (target.to_token_stream(), optional),
            Passing::Slice {
                element, optional, ..
            } => (quote!(::std::vec::Vec<#element>), optional),
        };
        if *optional {
            quote!(::core::option::Option<#ty>)
        } else {
            ty
        }
    }
}
