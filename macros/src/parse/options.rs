//! The arguments of `#[service(..)]`.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt as _;
use syn::parse::{ParseStream, Parser as _};
use syn::{LitStr, Path, Token};

use crate::model::ServiceOptions;
use crate::report::Report;

const KNOWN: &str = "`name = \"…\"`, `version = \"…\"` and `crate = path`";

/// Reads every argument, also behind one that is wrong.
pub(crate) fn options(tokens: TokenStream, report: &mut Report) -> ServiceOptions {
    let mut options = ServiceOptions::default();
    let list = |input: ParseStream<'_>| {
        while !input.is_empty() {
            let key = input.call(Ident::parse_any)?;
            let equals: Option<Token![=]> = input.parse()?;
            let mut value = TokenStream::new();
            while !input.is_empty() && !input.peek(Token![,]) {
                value.extend([input.parse::<proc_macro2::TokenTree>()?]);
            }
            input.parse::<Option<Token![,]>>()?;
            set(&mut options, &key, equals.map(|_| value), report);
        }
        Ok(())
    };
    if let Err(error) = list.parse2(tokens) {
        let message = format!("`#[service]` takes {KNOWN}");
        report.push(syn::Error::new(error.span(), message));
    }
    options
}

fn set(options: &mut ServiceOptions, key: &Ident, value: Option<TokenStream>, report: &mut Report) {
    let twice = match key.to_string().as_str() {
        "name" => text(key, value, report)
            .and_then(|name| options.name.replace(name))
            .is_some(),
        "version" => text(key, value, report)
            .and_then(|version| options.version.replace(version))
            .is_some(),
        "crate" => path(key, value, report)
            .and_then(|path| options.runtime.replace(path))
            .is_some(),
        _ => {
            report.at(
                key,
                format!("`#[service]` has no argument `{key}`: it takes {KNOWN}"),
            );
            false
        }
    };
    if twice {
        report.at(key, format!("`{key}` is given twice"));
    }
}

/// A part of the name that travels.
fn text(key: &Ident, value: Option<TokenStream>, report: &mut Report) -> Option<LitStr> {
    let Some(text) = value
        .clone()
        .and_then(|value| syn::parse2::<LitStr>(value).ok())
    else {
        let message = format!("write `{key} = \"…\"`, with a string");
        match value.filter(|value| !value.is_empty()) {
            Some(value) => report.at(value, message),
            None => report.at(key, message),
        }
        return None;
    };
    if text.value().is_empty() || text.value().contains(['@', '\0']) {
        report.at(
            &text,
            format!(
                "the {key} of a service is not empty and has no `@`, which joins name and version"
            ),
        );
        return None;
    }
    Some(text)
}

/// Where the crate `ringback` is.
fn path(key: &Ident, value: Option<TokenStream>, report: &mut Report) -> Option<Path> {
    let path = value
        .clone()
        .and_then(|value| Path::parse_mod_style.parse2(value).ok());
    if path.is_none() {
        let message = "write `crate = path`, with the path of the crate `ringback` and without \
                       quotes, such as `crate = my_crate::ringback`";
        match value.filter(|value| !value.is_empty()) {
            Some(value) => report.at(value, message),
            None => report.at(key, message),
        }
    }
    path
}
