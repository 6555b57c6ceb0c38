//! The service for functions and closures, where one method is all that an implementation needs.
//!
//! A bound of `Fn(Args) -> Fut` would refuse a closure that captures state by move, and each one
//! over a borrowed argument. `AsyncFn` takes them but cannot say that its future is `Send`. So the
//! closure is called by `Once`, which names the future, and `Again` clones it before and asks for
//! `AsyncFn`, which refuses a closure that mutates what it captured: each clone would begin anew.
//!
//! `Once` and `Again` stand beside the trait: in another crate, coherence would not let `Arc` have its
//! impl (E0119). `Once` has no lifetime of its own, or a spawned caller would hear that "`Send` is not
//! general enough".
//!
//! Of a type that is no function rustc should say so once, and not also that it is no `AsyncFn` and
//! not `Clone`. It is silent about what depends on an unknown type, as long as more than one impl is
//! in question. So `Again` depends on the future, which is unknown then, and has two impls more.

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
    let traits = traits(context, method.parameters.len());
    let ident = &context.service.item.ident;
    let (once, function) = (&context.names.once, &context.names.function);
    let (method_ident, output) = (method.ident(), method.output);
    let mut lifetimes = NamedLifetimes::default();
    let named: Vec<_> = signature::arguments(method, names)
        .map(|argument| lifetimes.name(&argument))
        .collect();
    let bound = lifetimes.bound();
    let parameters = signature::declared(method);
    let converted = signature::converted(method, names);
    let cfgs: Vec<_> = method.cfgs().collect();
    Some(quote! {
        #traits

        #(#cfgs)*
        impl<#function> #ident for #function
        where
            #function: #bound #once<#(#named,)* Output = #output>
                + ::core::marker::Send
                + ::core::marker::Sync
                + 'static,
        {
            fn #method_ident(&self, #parameters)
                -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
            {
                #once::call(self, #converted)
            }
        }
    })
}

/// The traits `Once<A0, A1>` and `Again<Fut, A0, A1>`. They speak of no type of the user's, so their
/// parameters can have plain names.
fn traits(context: &Context<'_>, parameters: usize) -> TokenStream {
    let (once, again, no_future) = (
        &context.names.once,
        &context.names.again,
        &context.names.no_future,
    );
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
            fn call(&self, #(#names: #types),*)
                -> impl ::core::future::Future<Output = Self::Output>
                    + ::core::marker::Send
                    + use<Self, #(#types),*>;
        }

        impl<F, Fut, #(#types,)*> #once<#(#types,)*> for F
        where
            F: ::core::ops::FnOnce(#(#types),*) -> Fut,
            Fut: ::core::future::Future + ::core::marker::Send,
            F: #again<Fut, #(#types,)*>,
        {
            type Output = Fut::Output;
            fn call(&self, #(#names: #types),*)
                -> impl ::core::future::Future<Output = Fut::Output>
                    + ::core::marker::Send
                    + use<F, Fut, #(#types),*>
            {
                #again::again(self)(#(#names),*)
            }
        }

        #[doc(hidden)]
        #vis trait #again<Fut, #(#types,)*> {
            fn again(&self) -> Self;
        }

        impl<F, Fut, #(#types,)*> #again<Fut, #(#types,)*> for F
        where
            F: ::core::ops::AsyncFn(#(#types),*) -> Fut::Output + ::core::clone::Clone,
            Fut: ::core::future::Future,
        {
            fn again(&self) -> Self {
                ::core::clone::Clone::clone(self)
            }
        }

        #[doc(hidden)]
        #vis struct #no_future;

        impl<F, #(#types,)*> #again<#no_future, #(#types,)*> for F {
            fn again(&self) -> Self {
                ::core::unreachable!()
            }
        }

        impl<F, #(#types,)*> #again<&#no_future, #(#types,)*> for F {
            fn again(&self) -> Self {
                ::core::unreachable!()
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
