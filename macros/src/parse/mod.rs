//! From the user's tokens to the model. What cannot be said in the model is refused here; what can
//! be said but makes no sense is refused by [`check`](crate::check).

mod argument_list;
mod attributes;
mod callback;
mod duration;
mod method;
mod options;
mod parameter;
pub(crate) mod types;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{AttrStyle, Attribute, Item, ItemTrait, TraitItem};

pub(crate) use self::options::options;
use self::types::joined;
use crate::model::{Service, ServiceOptions};
use crate::report::Report;

/// The attributes that stand on a method, and the one that stands on a parameter.
pub(crate) use self::attributes::{CALLBACK, METHOD_ATTRIBUTES};

/// The trait under the attribute, or why there is none.
pub(crate) fn item(tokens: TokenStream) -> Result<ItemTrait, syn::Error> {
    let error = match syn::parse2::<ItemTrait>(tokens.clone()) {
        Ok(item) => return Ok(outside(item)),
        Err(error) => error,
    };
    // A mistake inside a trait is syn's to report; anything else gets a message that says more.
    let (place, kind): (Box<dyn ToTokens>, &str) = match syn::parse2::<Item>(tokens) {
        Ok(Item::Struct(item)) => (Box::new(item.struct_token), "a struct"),
        Ok(Item::Enum(item)) => (Box::new(item.enum_token), "an enum"),
        Ok(Item::Impl(item)) => (
            Box::new(item.impl_token),
            "an impl block, which needs no attribute: `impl Foo for Bar` is a plain impl",
        ),
        Ok(Item::Fn(item)) => (
            Box::new(item.sig.fn_token),
            "a function; a function that is called back is an `impl ringback::Callback<A, R>`",
        ),
        Ok(Item::Mod(item)) => (Box::new(item.mod_token), "a module"),
        Ok(Item::TraitAlias(item)) => (Box::new(item.trait_token), "a trait alias"),
        Ok(item) => (Box::new(item), "this item"),
        Err(_) => return Err(error),
    };
    Err(syn::Error::new_spanned(
        place,
        format!("`#[service]` goes on a trait, not on {kind}"),
    ))
}

/// The trait with all attributes before what they are about. Those that stand inside of its braces mean the same there,
/// and what is generated has other braces.
fn outside(mut item: ItemTrait) -> ItemTrait {
    let move_out = |attributes: &mut Vec<Attribute>| {
        for attribute in attributes {
            attribute.style = AttrStyle::Outer;
        }
    };
    move_out(&mut item.attrs);
    for member in &mut item.items {
        if let TraitItem::Fn(method) = member {
            move_out(&mut method.attrs);
        }
    }
    item
}

/// The model of `item`, without the methods about which something was reported.
pub(crate) fn service<'a>(
    item: &'a ItemTrait,
    options: &'a ServiceOptions,
    report: &mut Report,
) -> Service<'a> {
    attributes::on_trait(item, report);
    let (mut methods, mut refused) = (Vec::new(), Vec::new());
    for member in &item.items {
        if let TraitItem::Fn(member) = member {
            let before = report.len();
            let method = method::method(member, report);
            match method.filter(|_| report.len() == before) {
                Some(method) => methods.push(method),
                None => refused.push(member),
            }
        }
    }
    Service {
        item,
        options,
        methods,
        refused,
    }
}

/// Looks at what is not in a method. What is wrong there touches all that would be generated, so
/// nothing is; this tells whether that is so.
pub(crate) fn frame(item: &ItemTrait, report: &mut Report) -> bool {
    let before = report.len();
    if let Some(token) = &item.unsafety {
        report.at(
            token,
            "a service is called by its peer, so it cannot be an `unsafe` trait",
        );
    }
    if let Some(token) = &item.modifiers.auto_token {
        report.at(token, "a service cannot be an `auto` trait");
    }
    if !item.generics.params.is_empty() {
        report.at(
            &item.generics.params,
            "a service has no generic parameters: its peer has to know every type; write a trait \
             for each type, or use `ringback::Callback<A, R>`",
        );
    }
    if let Some(clause) = &item.generics.where_clause {
        report.at(
            clause,
            "a service has no `where` clause: it is `Send + Sync + 'static` already",
        );
    }
    if !item.supertraits.is_empty() {
        report.at(
            joined(item.supertraits.iter()),
            "a service has no supertraits: it is `Send + Sync + 'static` already, and the proxy of \
             a far object could implement no other trait; declare the methods here",
        );
    }
    for member in &item.items {
        match member {
            TraitItem::Fn(_) => {}
            TraitItem::Type(member) => report.at(
                member.type_token,
                "a service has no associated types: the peer has to know the type, so name it in \
                 the methods",
            ),
            TraitItem::Const(member) => report.at(
                member.const_token,
                "a service has no associated constants: put the constant beside the trait, or \
                 make it a method",
            ),
            member => report.at(member, "a service consists of `async fn`s only"),
        }
    }
    let sound = report.len() == before;
    if item.items.is_empty() {
        report.at(
            &item.ident,
            format!(
                "the service `{}` has no methods: give it at least one, \
                 `async fn name(&self) -> ringback::Result<()>;`",
                item.ident
            ),
        );
    }
    sound
}
