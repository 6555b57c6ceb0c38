//! `key = value, key, …`: the arguments of an attribute.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::LitStr;
use syn::Token;
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};

use crate::report::Report;

/// One argument. What its value should be is for others to say.
pub(super) struct Argument {
    pub(super) key: Ident,
    value: Option<TokenStream>,
}

/// Reads every argument, also behind one that is wrong. What is no argument at all is reported with
/// `form`.
pub(super) fn arguments(tokens: TokenStream, form: &str, report: &mut Report) -> Vec<Argument> {
    let mut arguments = Vec::new();
    let list = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let key = input.call(Ident::parse_any)?;
            let equals: Option<Token![=]> = input.parse()?;
            let mut value = TokenStream::new();
            while !input.is_empty() && !input.peek(Token![,]) {
                value.extend([input.parse::<TokenTree>()?]);
            }
            input.parse::<Option<Token![,]>>()?;
            arguments.push(Argument {
                key,
                value: equals.map(|_| value),
            });
        }
        Ok(())
    };
    if let Err(error) = list.parse2(tokens) {
        report.push(syn::Error::new(error.span(), form));
    }
    arguments
}

impl Argument {
    /// The value, as what it should be. Otherwise `form` is reported where it stands.
    pub(super) fn value<T>(
        &self,
        parse: impl FnOnce(ParseStream<'_>) -> syn::Result<T>,
        form: &str,
        report: &mut Report,
    ) -> Option<T> {
        let value = self.value.clone();
        let parsed = value.clone().and_then(|value| parse.parse2(value).ok());
        if parsed.is_none() {
            match value.filter(|value| !value.is_empty()) {
                Some(value) => report.at(value, form),
                None => report.at(&self.key, form),
            }
        }
        parsed
    }

    /// The value, which should be a string.
    pub(super) fn text(&self, report: &mut Report) -> Option<LitStr> {
        let form = format!("write `{} = \"…\"`, with a string", self.key);
        self.value(|input| input.parse(), &form, report)
    }

    /// The key alone, as there should be no value.
    pub(super) fn flag(&self, report: &mut Report) -> Option<Ident> {
        if self.value.is_some() {
            report.at(&self.key, format!("write `{}`, without a value", self.key));
            return None;
        }
        Some(self.key.clone())
    }

    /// Puts a value in its place, in which there should have been none.
    pub(super) fn set<T>(&self, place: &mut Option<T>, value: Option<T>, report: &mut Report) {
        let Some(value) = value else { return };
        if place.replace(value).is_some() {
            report.at(&self.key, format!("`{}` is given twice", self.key));
        }
    }
}
