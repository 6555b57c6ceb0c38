//! The macro's own attributes: on which item each of them stands, and what it takes.

use syn::spanned::Spanned as _;
use syn::{Attribute, ItemTrait, LitStr, Meta, TraitItemFn};

use super::callback::Callback;
use super::duration::millis;
use crate::model::MethodOptions;
use crate::report::Report;

/// The attributes of methods.
pub(crate) const METHOD_ATTRIBUTES: [&str; 5] =
    ["oneway", "timeout", "idempotent", "serial", "spawn"];

/// The attribute of parameters.
pub(crate) const CALLBACK: &str = "callback";

const TIMEOUT_FORM: &str = "write `#[timeout(\"5s\")]`: a whole number and one of the units `ms`, \
                            `s`, `m` and `h`";

pub(super) fn on_trait(item: &ItemTrait, report: &mut Report) {
    for attribute in &item.attrs {
        if let Some(name) = own_name(attribute, &METHOD_ATTRIBUTES) {
            report.at(
                attribute,
                format!("`#[{name}]` goes on a method of the service"),
            );
        } else if attribute.path().is_ident(CALLBACK) {
            report.at(attribute, "`#[callback]` goes on a parameter of a method");
        }
    }
}

pub(super) fn on_method<'a>(item: &'a TraitItemFn, report: &mut Report) -> MethodOptions<'a> {
    let mut options = MethodOptions::default();
    for attribute in &item.attrs {
        if attribute.path().is_ident(CALLBACK) {
            report.at(
                attribute,
                "`#[callback]` goes on a parameter: `#[callback] listener: impl Listener`",
            );
            continue;
        }
        let Some(name) = own_name(attribute, &METHOD_ATTRIBUTES) else {
            continue;
        };
        let twice = match name {
            "oneway" => flag(attribute, name, &mut options.oneway, report),
            "idempotent" => flag(attribute, name, &mut options.idempotent, report),
            "serial" => flag(attribute, name, &mut options.serial, report),
            "spawn" => flag(attribute, name, &mut options.spawn, report),
            _ => timeout(attribute, report)
                .and_then(|millis| options.timeout.replace(millis))
                .is_some(),
        };
        if twice {
            report.at(attribute, format!("`#[{name}]` is given twice"));
        }
    }
    options
}

/// What the parameter's `#[callback]` says, if it has one.
pub(super) fn on_parameter(attributes: &[Attribute], report: &mut Report) -> Option<Callback> {
    let mut callback = None;
    for attribute in attributes {
        if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
            report.at(
                attribute,
                "a parameter of a service's method cannot be conditional, for both peers have to \
                 agree on it; put the `#[cfg]` on the method",
            );
        } else if let Some(name) = own_name(attribute, &METHOD_ATTRIBUTES) {
            report.at(
                attribute,
                format!("`#[{name}]` goes on the method, not on a parameter"),
            );
        } else if attribute.path().is_ident(CALLBACK) {
            let parsed = Callback::parse(attribute, report);
            if callback.replace(parsed).is_some() {
                report.at(attribute, "`#[callback]` is given twice");
            }
        }
    }
    callback
}

/// Which of `names` the attribute has.
fn own_name(attribute: &Attribute, names: &[&'static str]) -> Option<&'static str> {
    names
        .iter()
        .find(|name| attribute.path().is_ident(name))
        .copied()
}

/// Takes an attribute without arguments, and says whether it was there before.
fn flag<'a>(
    attribute: &'a Attribute,
    name: &str,
    place: &mut Option<&'a Attribute>,
    report: &mut Report,
) -> bool {
    if !matches!(attribute.meta, Meta::Path(_)) {
        report.at(attribute, format!("`#[{name}]` takes no arguments"));
    }
    place.replace(attribute).is_some()
}

fn timeout(attribute: &Attribute, report: &mut Report) -> Option<u64> {
    let text = match &attribute.meta {
        Meta::List(list) if !list.tokens.is_empty() => {
            list.parse_args::<LitStr>().map_err(|_| list.tokens.span())
        }
        meta => Err(meta.span()),
    };
    let error = match text {
        Ok(text) => match millis(&text.value()) {
            Ok(millis) => return Some(millis),
            Err(reason) => syn::Error::new(text.span(), format!("{reason}; {TIMEOUT_FORM}")),
        },
        Err(span) => syn::Error::new(span, TIMEOUT_FORM),
    };
    report.push(error);
    None
}
