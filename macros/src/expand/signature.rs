//! The forms in which a method's arguments appear.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, quote};

use super::Context;
use crate::model::{Holder, Method, Parameter, Passing};

/// `key: &str, listener: impl Bar`: as the trait declares them, with names for patterns.
pub(super) fn declared(method: &Method<'_>) -> TokenStream {
    list(method, |parameter| {
        let (local, ty) = (parameter.local(), parameter.ty);
        quote!(#local: #ty)
    })
}

/// `key: &str, listener: <dyn Bar as HasProxy>::Proxy`: with every callback as its proxy.
pub(super) fn erased(context: &Context<'_>, method: &Method<'_>) -> TokenStream {
    list(method, |parameter| {
        let (local, ty) = (parameter.local(), parameter.erased_type(context));
        quote!(#local: #ty)
    })
}

/// `key, listener`
pub(super) fn passed(method: &Method<'_>) -> TokenStream {
    list(method, |parameter| parameter.local().to_token_stream())
}

/// `key, listener.__proxy()`: what is declared, as what is erased.
pub(super) fn converted(context: &Context<'_>, method: &Method<'_>) -> TokenStream {
    list(method, |parameter| parameter.converted(context))
}

fn list(method: &Method<'_>, form: impl Fn(&Parameter<'_>) -> TokenStream) -> TokenStream {
    let forms = method.parameters.iter().map(form);
    quote!(#(#forms),*)
}

impl Parameter<'_> {
    /// The type of the argument, with a callback as its proxy.
    pub(super) fn erased_type(&self, context: &Context<'_>) -> TokenStream {
        let Passing::Callback { service, holder } = self.passing else {
            return self.ty.to_token_stream();
        };
        let private = &context.private;
        let proxy = quote!(<dyn #service as #private::HasProxy>::Proxy);
        match holder {
            Holder::None => proxy,
            Holder::Option => quote!(::core::option::Option<#proxy>),
            Holder::Vec => quote!(::std::vec::Vec<#proxy>),
        }
    }

    fn converted(&self, context: &Context<'_>) -> TokenStream {
        let local = self.local();
        let Passing::Callback { service, holder } = self.passing else {
            return local.to_token_stream();
        };
        let to_proxy: &Ident = &context.names.to_proxy;
        let convert = quote!(<_ as #service>::#to_proxy);
        match holder {
            Holder::None => quote!(#convert(#local)),
            Holder::Option => quote!(::core::option::Option::map(#local, #convert)),
            Holder::Vec => quote! {
                ::core::iter::Iterator::collect(::core::iter::Iterator::map(
                    ::core::iter::IntoIterator::into_iter(#local),
                    #convert,
                ))
            },
        }
    }
}
