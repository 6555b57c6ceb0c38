//! The proxies that stand for parameters of the form `impl Foo`.
//!
//! Whether `Foo` is a service cannot be seen here, and its proxy is named in many places: rustc would
//! complain in each. So it is asked once, by a constant on which the proxy's type depends. If `Foo` is
//! no service the constant does not compile, and rustc is silent about types that depend on it.
//!
//! Three things in this are as they are for a reason:
//!
//! - The question is put to an associated type of which only `Foo` is known. `dyn Foo` cannot be asked,
//!   since a trait with an `async fn` of its own has none; it is named only where the constant is too.
//! - The answer is not evaluated (`true ||`), and the constant names no implementation of `Foo`. The
//!   one for closures depends on the constants of its own parameters, so services that take each other
//!   would go round in a circle.
//! - The question is a trait's default, for which rustc does not suggest to add a bound to `Foo`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;

use super::Context;
use crate::model::{Method, Passing};
use crate::names::{CallbackNames, MethodNames};

pub(super) fn expand(context: &Context<'_>) -> TokenStream {
    let methods = context.methods.iter();
    methods
        .flat_map(|(method, names)| callbacks(context, method, names))
        .collect()
}

fn callbacks(context: &Context<'_>, method: &Method<'_>, names: &MethodNames) -> Vec<TokenStream> {
    let pairs = method.parameters.iter().zip(&names.callbacks);
    pairs
        .filter_map(|(parameter, names)| match (&parameter.passing, names) {
            (Passing::Callback { service, .. }, Some(names)) => {
                Some(callback(context, method, service, names))
            }
            _ => None,
        })
        .collect()
}

fn callback(
    context: &Context<'_>,
    method: &Method<'_>,
    service: &Path,
    names: &CallbackNames,
) -> TokenStream {
    let private = &context.private;
    let vis = &context.service.item.vis;
    let CallbackNames {
        asked,
        is_service,
        stand_in,
        proxy,
    } = names;
    let cfgs: Vec<_> = method.cfgs().collect();
    let place = service
        .segments
        .last()
        .map_or_else(Span::call_site, |name| name.ident.span());
    // A trait that is no service is reported here.
    let asked_type = quote_spanned!(place=> Self::Service);
    quote! {
        #(#cfgs)*
        trait #asked {
            type Service: ?::core::marker::Sized + #service;
            const IS_SERVICE: bool = true || #private::is_service::<#asked_type>();
        }
        #(#cfgs)*
        impl #asked for #stand_in {
            type Service = <#stand_in as #private::ProxyOf<#is_service>>::Service;
        }
        #(#cfgs)*
        const #is_service: bool = <#stand_in as #asked>::IS_SERVICE;
        #(#cfgs)*
        #[doc(hidden)]
        #vis struct #stand_in;
        #(#cfgs)*
        impl #private::ProxyOf<#is_service> for #stand_in {
            type Service = <dyn #service as #private::ProxyOf<#is_service>>::Service;
            type Proxy = <dyn #service as #private::ProxyOf<#is_service>>::Proxy;
        }
        #(#cfgs)*
        type #proxy = <#stand_in as #private::ProxyOf<#is_service>>::Proxy;
    }
}
