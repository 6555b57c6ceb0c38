//! The forms in which a method's arguments appear.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::Path;

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

/// `key, BarProxy::new(listener)`: what is declared, as what is erased.
pub(super) fn converted(context: &Context<'_>, method: &Method<'_>) -> TokenStream {
    list(method, |parameter| parameter.converted(context))
}

fn list(method: &Method<'_>, form: impl Fn(&Parameter<'_>) -> TokenStream) -> TokenStream {
    let forms = method.parameters.iter().map(form);
    quote!(#(#forms),*)
}

/// The proxy of a service that is known by its path alone, which may be an alias or a generic one.
///
/// It stands where the user named the service, in all its uses, so that a trait that is no service
/// is reported there. rustc says nothing more about a type that has no name for it.
fn proxy(context: &Context<'_>, service: &Path) -> TokenStream {
    let private = &context.private;
    let place = service
        .segments
        .last()
        .map_or_else(Span::call_site, |name| name.ident.span());
    quote_spanned! {Span::call_site().located_at(place)=>
        <dyn #service as #private::HasProxy>::Proxy
    }
}

impl Parameter<'_> {
    /// The type of the argument, with a callback as its proxy.
    pub(super) fn erased_type(&self, context: &Context<'_>) -> TokenStream {
        let Passing::Callback { service, holder } = self.passing else {
            return self.ty.to_token_stream();
        };
        let proxy = proxy(context, service);
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
        let proxy = proxy(context, service);
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
}
