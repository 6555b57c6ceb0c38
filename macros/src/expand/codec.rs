//! How a method travels: what describes it, and a function that gives the code for both ends.
//!
//! Both ends are closures in one body for the sake of rustc's messages. It reports a type that
//! cannot travel once for each body in which the type is asked for, so with the caller's end and the
//! called end apart, each mistake would be reported twice.

use proc_macro2::TokenStream;
use quote::quote;

use super::Context;
use super::form::Form;
use super::signature::{Argument, arguments};
use crate::model::{Method, Parameter};
use crate::names::MethodNames;

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

/// What becomes of a call. A one-way call is mostly over at once, and then there is nothing to wait for.
pub(super) fn outcome(method: &Method<'_>, call: &TokenStream) -> TokenStream {
    if method.options.oneway.is_none() {
        return quote!(#call.await);
    }
    quote! {
        match #call {
            ::core::result::Result::Ok(outcome) => outcome,
            ::core::result::Result::Err(call) => call.await,
        }
    }
}

/// How many arguments the method has. None has more than that.
pub(super) fn count(method: &Method<'_>) -> u32 {
    u32::try_from(method.parameters.len()).unwrap_or(u32::MAX)
}

/// The closures `call`, `failed`, `arguments` and `reply`: what a proxy or a stub does, what a proxy
/// answers whose object is gone, and what a server does before and after the user's method. `call` has
/// encoded the arguments and submitted the call when it returns, so it is called when the method's
/// future is first polled. For groups there is also `encode`, which only writes the arguments.
fn codec(context: &Context<'_>, method: &Method<'_>, names: &MethodNames) -> TokenStream {
    let Context { root, private, .. } = context;
    let MethodNames {
        description, codec, ..
    } = names;
    let (cfgs, output) = (method.cfgs(), method.output);
    let arguments: Vec<_> = arguments(method, names).collect();
    let forms: Vec<_> = arguments.iter().map(Form::of).collect();
    let count = count(method);
    let locals: Vec<_> = method.parameters.iter().map(Parameter::local).collect();
    let erased: Vec<_> = arguments.iter().map(Argument::erased_type).collect();
    let decoded = forms.iter().map(|form| &form.decoded);
    let encode = forms.iter().map(Form::write);
    let decode = forms.iter().map(|form| form.read(private));
    let call_type = quote!(#private::Call<#output>);
    let (send, sent) = if method.options.oneway.is_some() {
        let sent = quote!(::core::result::Result<#output, #call_type>);
        (quote!(notify), sent)
    } else {
        (quote!(request), call_type)
    };
    let (encoder, reader) = match count {
        0 => (quote!(_), quote!(_)),
        _ => (quote!(encoder), quote!(mut arguments)),
    };
    let group = context.service.options.group.as_ref();
    let encode_type = group.map(|_| quote!(impl Fn(&mut #private::Encoder, #(&#erased),*),));
    let encode_itself = group.map(|_| quote!(encode,));
    quote! {
        #(#cfgs)*
        fn #codec() -> (
            impl Fn(&#private::Remote, #(#erased),*) -> #sent,
            impl Fn(#root::Error) -> #output,
            impl Fn(#private::Incoming<'_>) -> #root::Result<(#(#decoded,)*)>,
            impl Fn(#output),
            #encode_type
        ) {
            let encode = |#encoder: &mut #private::Encoder, #(#locals: &#erased),*| {
                #(#encode)*
            };
            (
                move |remote, #(#locals),*| {
                    let mut call = remote.call(&#description, #count);
                    encode(&mut call, #(&#locals),*);
                    call.#send::<#output>()
                },
                |error| #private::failed::<#output>(error),
                |call| {
                    let #reader = call.arguments(&#description, #count)?;
                    ::core::result::Result::Ok((#(#decode,)*))
                },
                |outcome| #private::reply::<#output>(&#description, outcome),
                #encode_itself
            )
        }
    }
}
