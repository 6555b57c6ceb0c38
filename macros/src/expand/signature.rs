//! The forms in which a method's arguments appear.

use std::ops::Deref;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use crate::model::{Holder, Method, Parameter, Passing};
use crate::names::{CallbackNames, MethodNames};

/// A parameter, with the names that were made for it.
pub(super) struct Argument<'a> {
    parameter: &'a Parameter<'a>,
    callback: Option<&'a CallbackNames>,
}

pub(super) fn arguments<'a>(
    method: &'a Method<'_>,
    names: &'a MethodNames,
) -> impl Iterator<Item = Argument<'a>> + Clone {
    let callbacks = names.callbacks.iter().map(Option::as_ref);
    let arguments = method.parameters.iter().zip(callbacks);
    arguments.map(|(parameter, callback)| Argument {
        parameter,
        callback,
    })
}

/// `key: &str, listener: impl Bar`: as the trait declares them, with names for patterns.
pub(super) fn declared(method: &Method<'_>) -> TokenStream {
    let forms = method.parameters.iter().map(|parameter| {
        let (local, ty) = (parameter.local(), parameter.ty);
        quote!(#local: #ty)
    });
    quote!(#(#forms),*)
}

/// `key: &str, listener: BarProxy`: with every callback as its proxy.
pub(super) fn erased(method: &Method<'_>, names: &MethodNames) -> TokenStream {
    let forms = arguments(method, names).map(|argument| {
        let (local, ty) = (argument.local(), argument.erased_type());
        quote!(#local: #ty)
    });
    quote!(#(#forms),*)
}

/// `key, listener`
pub(super) fn passed(method: &Method<'_>) -> TokenStream {
    let forms = method.parameters.iter().map(Parameter::local);
    quote!(#(#forms),*)
}

/// `key, BarProxy::new(listener)`: what is declared, as what is erased.
pub(super) fn converted(method: &Method<'_>, names: &MethodNames) -> TokenStream {
    let forms = arguments(method, names).map(|argument| argument.converted());
    quote!(#(#forms),*)
}

impl Argument<'_> {
    /// The type of the argument, with a callback as its proxy.
    pub(super) fn erased_type(&self) -> TokenStream {
        let Some((proxy, holder)) = self.proxy() else {
            return self.ty.to_token_stream();
        };
        match holder {
            Holder::None => quote!(#proxy),
            Holder::Option => quote!(::core::option::Option<#proxy>),
            Holder::Vec => quote!(::std::vec::Vec<#proxy>),
        }
    }

    pub(super) fn converted(&self) -> TokenStream {
        let local = self.local();
        let Some((proxy, holder)) = self.proxy() else {
            return quote!(#local);
        };
        match holder {
            Holder::None => quote!(<#proxy>::new(#local)),
            Holder::Option => quote!(::core::option::Option::map(#local, <#proxy>::new)),
            Holder::Vec => quote! {
                ::core::iter::Iterator::collect(::core::iter::Iterator::map(
                    ::core::iter::IntoIterator::into_iter(#local),
                    <#proxy>::new,
                ))
            },
        }
    }

    /// Of an `impl Bar` the alias of `BarProxy`, and what the `impl Bar` stands in.
    fn proxy(&self) -> Option<(&syn::Ident, Holder)> {
        match self.passing {
            Passing::Callback { holder, .. } => Some((&self.callback?.proxy, holder)),
            _ => None,
        }
    }
}

impl<'a> Deref for Argument<'a> {
    type Target = Parameter<'a>;

    fn deref(&self) -> &Parameter<'a> {
        self.parameter
    }
}
