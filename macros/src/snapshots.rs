//! Generated code, formatted and checked in, so that it is reviewed like code.
//!
//! Each case is a pair of files in `snapshots/`: `name.in.rs` is what a user writes and
//! `name.out.rs` what it expands to. `RINGBACK_SNAPSHOTS=overwrite` writes the latter anew.

use std::path::PathBuf;
use std::{env, fs};

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Attribute, Item, Meta};

/// The longest that one method may make its expansion, in formatted lines.
const LINES_PER_METHOD: usize = 150;

#[test]
fn listener() {
    compare("listener");
}

#[test]
fn service() {
    compare("service");
}

#[test]
fn arguments() {
    compare("arguments");
}

#[test]
fn defaults() {
    compare("defaults");
}

#[test]
fn group() {
    compare("group");
}

#[test]
fn refused() {
    compare("refused");
}

#[test]
fn a_method_adds_little_code() {
    let lines = |methods: &str| {
        let item = format!("trait Foo {{ {methods} }}");
        format(crate::expansion::expansion(
            TokenStream::new(),
            item.parse().unwrap(),
        ))
        .lines()
        .count()
    };
    let one = "async fn a(&self, key: &str, #[callback] l: impl Bar) -> Result<u8>;";
    let two = "async fn b(&self, key: &str, #[callback] l: impl Bar) -> Result<u8>;";
    let three = "async fn c(&self, key: &str, #[callback] l: impl Bar) -> Result<u8>;";
    // From two to three: one method also has the code for closures.
    let added = lines(&[one, two, three].concat()) - lines(&[one, two].concat());
    assert!(added < LINES_PER_METHOD, "one method adds {added} lines");
}

fn compare(name: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let input = fs::read_to_string(folder.join(format!("{name}.in.rs"))).unwrap();
    let path = folder.join(format!("{name}.out.rs"));
    let expanded = format(expand(&input));
    if env::var_os("RINGBACK_SNAPSHOTS").is_some_and(|mode| mode == "overwrite") {
        fs::write(&path, &expanded).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs = expanded
        .lines()
        .zip(expected.lines())
        .position(|(new, old)| new != old);
    assert!(
        expanded == expected,
        "the expansion of `{name}` is not what {} says, from line {}; if it is better, run this \
         with RINGBACK_SNAPSHOTS=overwrite. It is:\n{expanded}",
        path.display(),
        differs.unwrap_or_else(|| expanded.lines().count().min(expected.lines().count())) + 1,
    );
}

/// Expands each `#[service]` trait of a file, and leaves the rest.
fn expand(input: &str) -> TokenStream {
    let mut output = TokenStream::new();
    for item in syn::parse_file(input).unwrap().items {
        match item {
            Item::Trait(mut item) => {
                let attributes = std::mem::take(&mut item.attrs);
                let (own, others): (Vec<_>, Vec<_>) = attributes
                    .into_iter()
                    .partition(|attribute| attribute.path().is_ident("service"));
                item.attrs = others;
                let arguments = own.first().map(options).unwrap_or_default();
                output.extend(crate::expansion::expansion(
                    arguments,
                    item.into_token_stream(),
                ));
            }
            item => item.to_tokens(&mut output),
        }
    }
    output
}

fn options(attribute: &Attribute) -> TokenStream {
    match &attribute.meta {
        Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    }
}

fn format(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens).expect("the expansion is a file of items"))
}
