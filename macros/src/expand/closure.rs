//! The service for functions and closures, where one method is all that an implementation needs.
//!
//! A bound of `Fn(Args) -> Fut` would refuse a closure that captures state by move, and each one
//! over a borrowed argument. `AsyncFn` takes them but cannot say that its future is `Send`. So it
//! only says what a closure is called with, and refuses one that mutates what it captured, while
//! `Once` calls a clone of it and names the future. `Once` stands beside the trait: in another
//! crate, coherence would not let `Arc` have its impl (E0119). It has no lifetime of its own, or a
//! spawned caller would hear that "`Send` is not general enough".

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::visit_mut::VisitMut;
use syn::{Lifetime, Type, TypeReference};

use super::Context;
use super::signature::{self, Argument};
use crate::model::Passing;

pub(super) fn expand(context: &Context<'_>) -> Option<TokenStream> {
    let required = context.service.closure_method()?;
    let mut methods = context.methods.iter();
    let (method, names) = methods.find(|(method, _)| std::ptr::eq(*method, required))?;
    let once = once(context, method.parameters.len());
    let ident = &context.service.item.ident;
    let (once_name, function) = (&context.names.once, &context.names.function);
    let (method_ident, output) = (method.ident(), method.output);
    let arguments = signature::arguments(method, names);
    let erased = arguments.clone().map(|argument| argument.erased_type());
    let mut lifetimes = NamedLifetimes::default();
    let named: Vec<_> = arguments
        .map(|argument| lifetimes.name(&argument))
        .collect();
    let bound = lifetimes.bound();
    let parameters = signature::declared(method);
    let converted = signature::converted(method, names);
    let cfgs: Vec<_> = method.cfgs().collect();
    Some(quote! {
        #once

        #(#cfgs)*
        impl<#function> #ident for #function
        where
            #function: ::core::ops::AsyncFn(#(#erased),*) -> #output
                + #bound #once_name<#(#named,)* Output = #output>
                + ::core::clone::Clone
                + ::core::marker::Send
                + ::core::marker::Sync
                + 'static,
        {
            fn #method_ident(&self, #parameters)
                -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
            {
                #once_name::call(::core::clone::Clone::clone(self), #converted)
            }
        }
    })
}

/// The trait `Once<A0, A1, R>`. It speaks of no type of the user's, so its parameters can have
/// plain names.
fn once(context: &Context<'_>, parameters: usize) -> TokenStream {
    let once = &context.names.once;
    let vis = &context.service.item.vis;
    let types: Vec<_> = (0..parameters)
        .map(|index| format_ident!("A{index}"))
        .collect();
    let names: Vec<_> = (0..parameters)
        .map(|index| format_ident!("a{index}"))
        .collect();
    quote! {
        #[doc(hidden)]
        #vis trait #once<#(#types,)*>: ::core::marker::Sized {
            type Output;
            fn call(self, #(#names: #types),*)
                -> impl ::core::future::Future<Output = Self::Output> + ::core::marker::Send;
        }

        impl<F, Fut, #(#types,)*> #once<#(#types,)*> for F
        where
            F: ::core::ops::FnOnce(#(#types),*) -> Fut,
            Fut: ::core::future::Future + ::core::marker::Send,
        {
            type Output = Fut::Output;
            fn call(self, #(#names: #types),*)
                -> impl ::core::future::Future<Output = Fut::Output> + ::core::marker::Send
            {
                self(#(#names),*)
            }
        }
    }
}

/// Gives each elided lifetime a name: `Once<&str>` is not allowed, `for<'a0> Once<&'a0 str>` is.
#[derive(Default)]
struct NamedLifetimes(Vec<Lifetime>);

impl NamedLifetimes {
    fn name(&mut self, argument: &Argument<'_>) -> TokenStream {
        if let Passing::Callback { .. } = argument.passing {
            return argument.erased_type();
        }
        let mut ty: Type = argument.ty.clone();
        self.visit_type_mut(&mut ty);
        ty.into_token_stream()
    }

    fn next(&mut self) -> Lifetime {
        let lifetime = Lifetime::new(&format!("'a{}", self.0.len()), Span::call_site());
        self.0.push(lifetime.clone());
        lifetime
    }

    fn bound(&self) -> Option<TokenStream> {
        let lifetimes = &self.0;
        (!lifetimes.is_empty()).then(|| quote!(for<#(#lifetimes),*>))
    }
}

impl VisitMut for NamedLifetimes {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        if reference
            .lifetime
            .as_ref()
            .is_none_or(|lifetime| lifetime.ident == "_")
        {
            reference.lifetime = Some(self.next());
        }
        self.visit_type_mut(&mut reference.elem);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            *lifetime = self.next();
        }
    }

    // The lifetimes of a function's signature are its own.
    fn visit_type_fn_ptr_mut(&mut self, _: &mut syn::TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        _: &mut syn::ParenthesizedGenericArguments,
    ) {
    }
}
