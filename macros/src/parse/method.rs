//! One method: its signature, its arguments and what it returns.

use syn::{FnArg, Receiver, ReceiverKind, ReturnType, Safety, Signature, TraitItemFn, Type};

use super::attributes;
use super::parameter::parameter;
use super::types::{Mentions, bare, is_value, owned, written};
use crate::model::Method;
use crate::report::Report;

/// The model of a method, if it can be one.
pub(super) fn method<'a>(item: &'a TraitItemFn, report: &mut Report) -> Option<Method<'a>> {
    let signature = &item.sig;
    let options = attributes::on_method(item, report);
    qualifiers(signature, report);
    let receiver = receiver(signature, report);
    let mut parameters = Vec::new();
    let mut complete = true;
    for input in &signature.inputs {
        if let FnArg::Typed(typed) = input {
            match parameter(parameters.len(), typed, item.default.is_some(), report) {
                Some(parameter) => parameters.push(parameter),
                None => complete = false,
            }
        }
    }
    let output = output(signature, report)?;
    let receiver = receiver.filter(|_| complete)?;
    Some(Method {
        item,
        receiver,
        parameters,
        output,
        options,
    })
}

/// What stands around the arguments.
fn qualifiers(signature: &Signature, report: &mut Report) {
    if let Some(token) = &signature.constness {
        report.at(token, "a service's method cannot be `const`");
    }
    if let Safety::Unsafe(token) = &signature.safety {
        report.at(
            token,
            "a service's method is called by the peer, so it cannot be `unsafe`",
        );
    }
    if let Some(abi) = &signature.abi {
        report.at(abi, "a service's method has no ABI of its own");
    }
    if signature.asyncness.is_none() {
        report.at(
            signature.fn_token,
            format!(
                "a service's method is asynchronous: write `async fn {}`",
                signature.ident
            ),
        );
    }
    if !signature.generics.params.is_empty() {
        report.at(
            &signature.generics.params,
            "a service's method has no generic parameters, for the peer has to know every type: \
             name the types, and leave lifetimes out",
        );
    }
    if let Some(clause) = &signature.generics.where_clause {
        report.at(clause, "a service's method has no `where` clause");
    }
}

fn receiver<'a>(signature: &'a Signature, report: &mut Report) -> Option<&'a Receiver> {
    let Some(receiver) = signature.receiver() else {
        report.at(
            &signature.ident,
            format!(
                "a service's method takes `&self`: write `{}(&self, …)`",
                signature.ident
            ),
        );
        return None;
    };
    let message = match &receiver.kind {
        ReceiverKind::Reference(_, None, None) => return Some(receiver),
        ReceiverKind::Reference(_, _, Some(_)) => {
            "many calls run at the same time, so a service's method takes `&self`: keep what \
             changes in a `Mutex` or an atomic"
        }
        ReceiverKind::Reference(_, Some(_), None) => {
            "leave the lifetime out: a service's method takes `&self`"
        }
        ReceiverKind::Value => {
            "an object serves many calls, so a service's method takes `&self` and not `self`"
        }
        _ => "a service's method takes `&self`",
    };
    report.at(receiver, message);
    None
}

/// The return type, unless its syntax says that it is no `Result`.
fn output<'a>(signature: &'a Signature, report: &mut Report) -> Option<&'a Type> {
    let ReturnType::Type(_, ty) = &signature.output else {
        report.at(
            &signature.ident,
            format!(
                "a call can fail, so a service's method returns a `Result`: write \
                 `async fn {}(…) -> ringback::Result<()>`",
                signature.ident
            ),
        );
        return None;
    };
    let mentions = Mentions::of(ty);
    if let Some(ty) = mentions.impl_trait {
        report.at(
            ty,
            "a returned object is named by its proxy: write `Result<FooProxy>`, and return \
             `FooProxy::new(object)`",
        );
    } else if let Some(ty) = mentions.dyn_trait {
        report.at(
            ty,
            "a trait object cannot travel: name the type, or return a `FooProxy`",
        );
    } else if is_value(ty) {
        report.at(
            ty,
            format!(
                "a call can fail, so a service's method returns a `Result`: write \
                 `ringback::Result<{}>`",
                match bare(ty) {
                    Type::Reference(reference) => owned(&reference.elem),
                    ty => written(ty),
                }
            ),
        );
    } else if let Some(borrow) = mentions.borrow {
        let message = format!(
            "a reply outlives its call, so it is owned: {}",
            borrow.advice()
        );
        report.at(borrow, message);
    } else if let Some(lifetime) = mentions.lifetime {
        report.at(
            lifetime,
            "a reply outlives its call, so it is owned: write a type without lifetimes",
        );
    } else if let Some(ident) = mentions.self_type {
        report.at(ident, "the peer does not know `Self`: name the type");
    } else {
        return Some(ty);
    }
    None
}
