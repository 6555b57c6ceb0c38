//! What a method of a `#[service(group)]` cannot do: it is called on many, each with a copy of the
//! arguments, and has nothing to return.

use syn::Type;

use super::combination::value;
use crate::model::{Method, Parameter, Passing};
use crate::parse::types::{Mentions, argument_of, bare, owned, written};
use crate::report::Report;

pub(super) fn check(method: &Method<'_>, report: &mut Report) {
    if method.options.oneway.is_none()
        && let Some(value) = value(method.output)
    {
        report.at(
            value,
            format!(
                "a group has no one `{}` to return: write `Result<()>`, or leave `group` out and \
                 ask its members with `Group::ask`",
                written(value)
            ),
        );
    }
    for parameter in &method.parameters {
        if let Some(owned) = owned_instead(parameter) {
            report.at(
                parameter.ty,
                format!("a group gives each member a copy of its own, so write {owned}"),
            );
        }
    }
}

/// What to write for a parameter that is borrowed.
fn owned_instead(parameter: &Parameter<'_>) -> Option<String> {
    let (target, optional) = match &parameter.passing {
        Passing::Owned | Passing::Callback { .. } | Passing::Proxy => return None,
        _ => match argument_of(parameter.ty, "Option") {
            Some(inner) => (inner, true),
            None => (parameter.ty, false),
        },
    };
    let Type::Reference(reference) = bare(target) else {
        return Some("a type without lifetimes".to_owned());
    };
    if Mentions::of(&reference.elem).borrow.is_some() {
        return Some("a type without lifetimes".to_owned());
    }
    let target = owned(&reference.elem);
    Some(if optional {
        format!("`Option<{target}>`")
    } else {
        format!("`{target}`")
    })
}
