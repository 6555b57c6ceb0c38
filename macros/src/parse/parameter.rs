//! One argument of a method: its name, and how it travels.

use syn::{
    Ident, Pat, PatType, Path, PathArguments, ReturnType, Type, TypeImplTrait, TypeParamBound,
};

use super::attributes;
use super::types::{
    Mentions, argument_of, bare, is_byte, is_text, is_unit, is_value, joined, last_segment, owned,
    type_arguments, written,
};
use crate::model::{Holder, Parameter, Passing};
use crate::names;
use crate::report::Report;

pub(super) fn parameter<'a>(
    index: usize,
    typed: &'a PatType,
    has_body: bool,
    report: &mut Report,
) -> Option<Parameter<'a>> {
    let name = name(index, &typed.pat, has_body, report);
    let attribute = attributes::on_parameter(&typed.attrs, report);
    let passing = match attribute {
        Some(_) => callback(&typed.ty, report),
        None => argument(&name, &typed.ty, report),
    };
    Some(Parameter {
        name,
        pattern: &typed.pat,
        attributes: &typed.attrs,
        ty: &typed.ty,
        passing: passing?,
        overflow: attribute.and_then(|callback| callback.overflow),
    })
}

/// The ident, or a name of its own for a pattern. Where there is no body, rustc takes no pattern.
fn name(index: usize, pattern: &Pat, has_body: bool, report: &mut Report) -> Ident {
    match pattern {
        Pat::Ident(ident) if ident.by_ref.is_none() && ident.subpat.is_none() => {
            if let Some(token) = ident.mutability.filter(|_| !has_body) {
                report.at(
                    token,
                    "`mut` belongs in the implementation: a method without a body only names its \
                     arguments",
                );
            }
            ident.ident.clone()
        }
        pattern => {
            if !has_body && !matches!(pattern, Pat::Wild(_)) {
                report.at(
                    pattern,
                    "give the argument a name: the pattern belongs in the implementation",
                );
            }
            names::positional(index, syn::spanned::Spanned::span(pattern))
        }
    }
}

/// An argument without `#[callback]`.
fn argument<'a>(name: &Ident, ty: &'a Type, report: &mut Report) -> Option<Passing<'a>> {
    let mentions = Mentions::of(ty);
    if let Some(ty) = mentions.impl_trait {
        report.at(
            ty,
            format!(
                "`{}` can only be a callback: write `#[callback] {name}: …` if it names a service, \
                 or name the type that travels",
                written(ty)
            ),
        );
        return None;
    }
    if let Some(ty) = mentions.dyn_trait {
        report.at(
            ty,
            format!(
                "a trait object cannot travel: pass a callback as `#[callback] {name}: impl …`, or \
                 name the type that travels"
            ),
        );
        return None;
    }
    owned_or_elided(&mentions, report)?;
    Some(passing(ty, mentions.borrow.is_some()))
}

/// What no argument has, with `#[callback]` or without.
fn owned_or_elided(mentions: &Mentions<'_>, report: &mut Report) -> Option<()> {
    if let Some(reference) = mentions.mutable {
        report.at(
            reference,
            format!(
                "what the peer changes does not come back: take `{}`, and return the changed value",
                owned(&reference.elem)
            ),
        );
    } else if let Some(lifetime) = mentions.lifetime {
        report.at(
            lifetime,
            "an argument lives as long as its call: leave the lifetime out, as in `&str` or \
             `Cow<'_, str>`",
        );
    } else if let Some(ident) = mentions.self_type {
        report.at(ident, "the peer does not know `Self`: name the type");
    } else {
        return Some(());
    }
    None
}

fn passing(ty: &Type, borrows: bool) -> Passing<'_> {
    let (inner, optional) = match argument_of(ty, "Option") {
        Some(inner) => (inner, true),
        None => (ty, false),
    };
    let Type::Reference(reference) = bare(inner) else {
        return if borrows {
            Passing::InPlace
        } else {
            Passing::Owned
        };
    };
    match bare(&reference.elem) {
        target if is_text(target) => Passing::InPlace,
        Type::Slice(slice) if is_byte(&slice.elem) => Passing::Bytes { optional },
        Type::Slice(slice) => Passing::Slice {
            element: &slice.elem,
            in_place: Mentions::of(&slice.elem).borrow.is_some(),
            optional,
        },
        target => Passing::Lent {
            target,
            in_place: Mentions::of(target).borrow.is_some(),
            optional,
        },
    }
}

/// A parameter marked `#[callback]`.
fn callback<'a>(ty: &'a Type, report: &mut Report) -> Option<Passing<'a>> {
    let (inner, holder) = if let Some(inner) = argument_of(ty, "Option") {
        (inner, Holder::Option)
    } else if let Some(inner) = argument_of(ty, "Vec") {
        (inner, Holder::Vec)
    } else {
        (ty, Holder::None)
    };
    if let Type::ImplTrait(ty) = bare(inner) {
        let service = service(ty, report)?;
        return Some(Passing::Callback { service, holder });
    }
    let mentions = Mentions::of(inner);
    if is_value(inner) || mentions.impl_trait.is_some() {
        report.at(
            ty,
            format!(
                "`{}` is not a callback: `#[callback]` goes on `impl Foo`, `Option<impl Foo>`, \
                 `Vec<impl Foo>` or a `FooProxy`, where `Foo` is a service",
                written(ty)
            ),
        );
        return None;
    }
    owned_or_elided(&mentions, report)?;
    Some(Passing::Proxy)
}

/// The `Foo` of `impl Foo`.
fn service<'a>(ty: &'a TypeImplTrait, report: &mut Report) -> Option<&'a Path> {
    let mut services = ty.bounds.iter().filter_map(|bound| match bound {
        TypeParamBound::Trait(bound) if bound.maybe.is_none() && bound.lifetimes.is_none() => {
            Some(&bound.path)
        }
        _ => None,
    });
    let Some(service) = services.next() else {
        report.at(ty, "a callback is `impl Foo`, where `Foo` is a service");
        return None;
    };
    if ty.bounds.len() > 1 {
        report.at(
            joined(ty.bounds.pairs()),
            format!(
                "a callback names one service: write `impl {}`, which is `Send + Sync + 'static` \
                 already",
                written(service)
            ),
        );
        return None;
    }
    if let Some(function) = function(service) {
        report.at(
            service,
            format!("a function that is called back is an `impl ringback::{function}`"),
        );
        return None;
    }
    let mentions = Mentions::of_path(service);
    if let Some(borrow) = mentions.borrow {
        report.at(
            &borrow,
            format!(
                "what `{}` names outlives this call, so it is owned: {}, or declare a service whose \
                 method borrows",
                service.segments.last()?.ident,
                borrow.advice()
            ),
        );
        return None;
    }
    owned_or_elided(&mentions, report)?;
    Some(service)
}

/// The `Callback<A, R>` that stands for an `impl Fn(A) -> R` or the like.
fn function(path: &Path) -> Option<String> {
    let PathArguments::Parenthesized(signature) = &path.segments.last()?.arguments else {
        return None;
    };
    let inputs: Vec<_> = signature.inputs.iter().map(written).collect();
    let argument = match &inputs[..] {
        [one] => one.clone(),
        many => format!("({})", many.join(", ")),
    };
    let value = match &signature.output {
        ReturnType::Type(_, ty) => last_segment(ty)
            .filter(|segment| segment.ident == "Result")
            .map_or(Some(&**ty), |result| type_arguments(result).next()),
        ReturnType::Default => None,
    };
    Some(match value {
        Some(value) if !is_unit(value) => format!("Callback<{argument}, {}>", written(value)),
        _ => format!("Callback<{argument}>"),
    })
}
