//! How each argument is written and read: a method that the runtime has on both ends, and the type
//! that either is asked for.
//!
//! The types are the user's tokens, and as small as may be: of `&[Plan]` it is `Plan`. A type that
//! cannot travel is reported there.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, format_ident, quote};
use syn::Type;

use super::signature::Argument;
use crate::model::{Overflow, Passing};
use crate::parse::types::bare;

pub(super) struct Form {
    method: &'static str,
    /// The type that the writing method is asked for, if it has to be told.
    written: Option<TokenStream>,
    /// The type that the reading method is asked for, if it has to be told.
    read: Option<TokenStream>,
    /// Whether the writing method takes a copy, and not a reference.
    copied: bool,
    /// The type of what is read, from which the handler gets or is lent its argument.
    pub(super) decoded: TokenStream,
    overflow: Option<Overflow>,
    local: Ident,
    name: String,
}

impl Form {
    pub(super) fn of(argument: &Argument<'_>) -> Self {
        let ty = argument.ty;
        match &argument.passing {
            Passing::Owned => Self::new(argument, "arg", ty, ty),
            Passing::InPlace => match bare(ty) {
                Type::Reference(reference) => {
                    Self::new(argument, "arg_in_place", &reference.elem, ty)
                }
                _ => Self::new(argument, "arg_in_place", ty, ty),
            },
            Passing::Bytes { optional: false } => Self::untyped(argument, "bytes"),
            Passing::Bytes { optional: true } => Self::untyped(argument, "optional_bytes").copied(),
            Passing::Lent {
                target,
                in_place,
                optional,
            } => {
                let one = Self::new(argument, "arg", target, target);
                one.lent(*in_place, *optional, "optional", ty)
            }
            Passing::Slice {
                element,
                in_place,
                optional,
            } => {
                let many = Self {
                    decoded: quote!(::std::vec::Vec<#element>),
                    ..Self::new(argument, "slice", element, element)
                };
                many.lent(*in_place, *optional, "optional_slice", ty)
            }
            Passing::Proxy | Passing::Callback { .. } => {
                let proxy = argument.erased_type();
                Self::new(argument, "callback", &proxy, &proxy)
            }
        }
    }

    fn new(
        argument: &Argument<'_>,
        method: &'static str,
        written: &impl quote::ToTokens,
        read: &impl quote::ToTokens,
    ) -> Self {
        Self {
            method,
            written: Some(written.to_token_stream()),
            read: Some(read.to_token_stream()),
            copied: false,
            decoded: read.to_token_stream(),
            overflow: argument.overflow,
            local: argument.local(),
            name: argument.wire_name(),
        }
    }

    fn untyped(argument: &Argument<'_>, method: &'static str) -> Self {
        Self {
            written: None,
            read: None,
            ..Self::new(argument, method, argument.ty, argument.ty)
        }
    }

    fn copied(self) -> Self {
        Self {
            copied: true,
            ..self
        }
    }

    /// Of a form of what is lent, that of the parameter's type `ty` as a whole.
    fn lent(self, in_place: bool, optional: bool, method: &'static str, ty: &Type) -> Self {
        let decoded = match (optional, &self.decoded) {
            (true, one) => quote!(::core::option::Option<#one>),
            (false, one) => one.clone(),
        };
        if in_place {
            // Only what is owned is known by its smallest part.
            let written = match bare(ty) {
                Type::Reference(reference) => reference.elem.to_token_stream(),
                ty => ty.to_token_stream(),
            };
            return Self {
                method: "arg_in_place",
                written: Some(written),
                read: Some(decoded.clone()),
                decoded,
                ..self
            };
        }
        Self {
            method: if optional { method } else { self.method },
            copied: optional,
            decoded,
            ..self
        }
    }

    /// Writes the argument, to which there is a reference, with `encoder`.
    pub(super) fn write(&self) -> TokenStream {
        let (method, local, name) = (self.method(), &self.local, &self.name);
        let ty = self.written.as_ref().map(|ty| quote!(::<#ty>));
        let star = self.copied.then(|| quote!(*));
        quote!(encoder.#method #ty(#name, #star #local);)
    }

    /// Reads the argument from `arguments`.
    pub(super) fn read(&self, private: &TokenStream) -> TokenStream {
        let (method, name) = (self.method(), &self.name);
        let ty = self.read.as_ref().map(|ty| quote!(::<#ty>));
        let read = quote!(arguments.#method #ty(#name)?);
        let Some(overflow) = self.overflow else {
            return read;
        };
        let policy = match overflow {
            Overflow::Wait => quote!(Wait),
            Overflow::DropOldest => quote!(DropOldest),
            Overflow::Latest => quote!(Latest),
            Overflow::Close => quote!(Close),
        };
        quote!(#private::Callbacks::with_overflow(#read, #private::Overflow::#policy))
    }

    fn method(&self) -> Ident {
        format_ident!("{}", self.method)
    }
}
