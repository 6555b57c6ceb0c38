//! A method about which something was reported. It stays in the trait as the user wrote it, for those
//! who implement and call it, and has a body, so that nothing else needs to have it.

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::visit_mut::{self, VisitMut};
use syn::{FnArg, Lifetime, ReturnType, TraitItemFn, Type, TypeImplTrait, parse_quote};

use super::without_own_attributes;
use crate::names;
use crate::parse::types::Mentions;

/// The method, or nothing if it cannot have such a body.
pub(super) fn expand(method: &TraitItemFn) -> Option<TokenStream> {
    if names::is_generated(&method.sig.ident.unraw().to_string()) {
        return None;
    }
    if let ReturnType::Type(_, ty) = &method.sig.output
        && Mentions::of(ty).impl_trait.is_some()
    {
        return None;
    }
    let mut method = without_own_attributes(method);
    for input in &mut method.sig.inputs {
        CallbacksOwn.visit_fn_arg_mut(input);
    }
    let lints = parse_quote!(#[allow(async_fn_in_trait, unused_variables, unused_mut)]);
    method.attrs.push(lints);
    let sized = parse_quote!(Self: ::core::marker::Sized);
    method
        .sig
        .generics
        .make_where_clause()
        .predicates
        .push(sized);
    promise_send(&mut method);
    method
        .default
        .get_or_insert_with(|| parse_quote!({ ::core::unreachable!() }));
    method.semi_token = None;
    Some(method.into_token_stream())
}

/// Other methods may await this one, and their futures have to be `Send`. Of one that takes an `impl Trait` it is not
/// known whether that is.
fn promise_send(method: &mut TraitItemFn) {
    let signature = &mut method.sig;
    let takes_any = signature
        .inputs
        .iter()
        .any(|input| matches!(input, FnArg::Typed(input) if Mentions::of(&input.ty).impl_trait.is_some()));
    if signature.asyncness.is_none() || method.default.is_some() || takes_any {
        return;
    }
    let output = match &signature.output {
        ReturnType::Default => parse_quote!(()),
        ReturnType::Type(_, ty) => ty.clone(),
    };
    signature.asyncness = None;
    signature.output = parse_quote! {
        -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
    };
    method.default = Some(parse_quote!({ async { ::core::unreachable!() } }));
}

/// Of `impl Callback<&str>` rustc would complain as well, so it becomes `impl Callback<String>`.
struct CallbacksOwn;

impl VisitMut for CallbacksOwn {
    fn visit_type_impl_trait_mut(&mut self, callback: &mut TypeImplTrait) {
        struct Own;
        impl VisitMut for Own {
            fn visit_type_mut(&mut self, ty: &mut Type) {
                if let Type::Reference(reference) = ty {
                    *ty = match &*reference.elem {
                        Type::Path(path) if path.path.is_ident("str") => {
                            parse_quote!(::std::string::String)
                        }
                        Type::Slice(slice) => {
                            let element = &slice.elem;
                            parse_quote!(::std::vec::Vec<#element>)
                        }
                        target => target.clone(),
                    };
                }
                visit_mut::visit_type_mut(self, ty);
            }

            fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
                *lifetime = Lifetime::new("'static", lifetime.span());
            }
        }
        visit_mut::visit_type_impl_trait_mut(&mut Own, callback);
    }
}
