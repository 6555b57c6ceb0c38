//! The attribute `#[callback]` of a parameter, and its argument.

use syn::{Attribute, LitStr, Meta};

use super::argument_list::arguments;
use crate::model::Overflow;
use crate::report::Report;

/// What `#[callback]` says.
#[derive(Default)]
pub(super) struct Callback {
    pub(super) overflow: Option<Overflow>,
}

const POLICIES: &str = "write `overflow = \"…\"`, with one of the policies `\"wait\"`, \
                        `\"drop_oldest\"`, `\"latest\"` and `\"close\"`";

const FORM: &str = "write `#[callback]`, or `#[callback(overflow = \"…\")]`";

impl Callback {
    pub(super) fn parse(attribute: &Attribute, report: &mut Report) -> Self {
        let mut callback = Self::default();
        let list = match &attribute.meta {
            Meta::Path(_) => return callback,
            Meta::List(list) if !list.tokens.is_empty() => list,
            meta => {
                report.at(meta, FORM);
                return callback;
            }
        };
        for argument in arguments(list.tokens.clone(), FORM, report) {
            if argument.key == "overflow" {
                let text = argument.value(|input| input.parse(), POLICIES, report);
                let policy = text.and_then(|text| overflow(&text, report));
                argument.set(&mut callback.overflow, policy, report);
            } else {
                report.at(
                    &argument.key,
                    format!(
                        "`#[callback]` has no argument `{}`: it takes `overflow = \"…\"`",
                        argument.key
                    ),
                );
            }
        }
        callback
    }
}

fn overflow(text: &LitStr, report: &mut Report) -> Option<Overflow> {
    let policy = match text.value().as_str() {
        "wait" => Overflow::Wait,
        "drop_oldest" => Overflow::DropOldest,
        "latest" => Overflow::Latest,
        "close" => Overflow::Close,
        other => {
            report.at(
                text,
                format!("there is no overflow policy `{other}`; {POLICIES}"),
            );
            return None;
        }
    };
    Some(policy)
}
