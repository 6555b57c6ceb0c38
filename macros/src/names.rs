//! Every identifier that the macro generates.
//!
//! The names inside the anonymous constant share their scope with the user's types. Each is plain
//! unless the user's trait mentions the same word: then it gets underscores until it differs. So
//! a service may speak of types that are called `T`, `F`, `Twin` or `Once`.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::ItemTrait;
use syn::ext::IdentExt as _;

use crate::model::{Method, Parameter, Passing};

/// The names that belong to a trait as a whole.
pub(crate) struct ServiceNames {
    /// `FooProxy`
    pub(crate) proxy: Ident,
    /// `FooClient`
    pub(crate) client: Ident,
    /// `FooServer`
    pub(crate) server: Ident,
    /// The hidden method `fn(self) -> FooProxy` of the trait.
    pub(crate) to_proxy: Ident,
    /// The hidden method `fn(self: Arc<Self>) -> FooProxy` of the trait.
    pub(crate) arc_to_proxy: Ident,

    /// The erased twin of the trait.
    pub(crate) twin: Ident,
    /// The twin's method that dispatches an incoming call.
    pub(crate) twin_serve: Ident,
    /// The free function that dispatches an incoming call.
    pub(crate) serve: Ident,
    /// The trait that calls a closure once.
    pub(crate) once: Ident,
    /// The trait that makes a closure callable again.
    pub(crate) again: Ident,
    /// A type that is no future.
    pub(crate) no_future: Ident,
    /// The type parameter for an object that implements the trait.
    pub(crate) object: Ident,
    /// The type parameter for a function or closure.
    pub(crate) function: Ident,
    /// The type parameter for the keys of a group.
    pub(crate) key: Ident,
}

/// The names that belong to one method.
pub(crate) struct MethodNames {
    /// The `static` that describes the method.
    pub(crate) description: Ident,
    /// The function that gives the code for both ends of a call.
    pub(crate) codec: Ident,
    /// The method of the twin. Unlike the user's, or rustc would suggest importing the twin.
    pub(crate) twin: Ident,
    /// For each parameter that is an `impl Foo`.
    pub(crate) callbacks: Vec<Option<CallbackNames>>,
}

/// The names that belong to one parameter that is an `impl Foo`.
pub(crate) struct CallbackNames {
    /// The trait that asks whether `Foo` is a service.
    pub(crate) asked: Ident,
    /// The constant that has the answer.
    pub(crate) is_service: Ident,
    /// The type that stands for `dyn Foo`.
    pub(crate) stand_in: Ident,
    /// The alias of `FooProxy`.
    pub(crate) proxy: Ident,
}

/// The words that the user's trait mentions, and those that were given out since.
pub(crate) struct Taken(HashSet<String>);

impl Taken {
    pub(crate) fn by(item: &ItemTrait) -> Self {
        let mut taken = HashSet::new();
        collect(item.to_token_stream(), &mut taken);
        Self(taken)
    }

    fn fresh(&mut self, name: impl Into<String>) -> Ident {
        let mut name = name.into();
        while !self.0.insert(name.clone()) {
            name.push('_');
        }
        Ident::new(&name, Span::call_site())
    }
}

fn collect(tokens: TokenStream, words: &mut HashSet<String>) {
    for token in tokens {
        match token {
            TokenTree::Ident(ident) => drop(words.insert(ident.unraw().to_string())),
            TokenTree::Group(group) => collect(group.stream(), words),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
}

impl ServiceNames {
    pub(crate) fn new(service: &Ident, taken: &mut Taken) -> Self {
        let [proxy, client, server] = ["Proxy", "Client", "Server"].map(|suffix| {
            let name = beside(service, suffix);
            taken.0.insert(name.to_string());
            name
        });
        Self {
            proxy,
            client,
            server,
            to_proxy: format_ident!("__proxy"),
            arc_to_proxy: format_ident!("__proxy_of"),
            twin: taken.fresh("Twin"),
            twin_serve: format_ident!("{TWIN_PREFIX}serve"),
            serve: taken.fresh("serve"),
            once: taken.fresh("Once"),
            again: taken.fresh("Again"),
            no_future: taken.fresh("NoFuture"),
            object: taken.fresh("T"),
            function: taken.fresh("F"),
            key: taken.fresh("K"),
        }
    }
}

impl MethodNames {
    pub(crate) fn new(method: &Method<'_>, taken: &mut Taken) -> Self {
        let name = method.wire_name();
        Self {
            description: taken.fresh(name.to_uppercase()),
            codec: taken.fresh(format!("codec_{name}")),
            twin: format_ident!("{TWIN_PREFIX}call_{name}"),
            callbacks: method
                .parameters
                .iter()
                .map(|parameter| match parameter.passing {
                    Passing::Callback { .. } => Some(CallbackNames::new(&name, parameter, taken)),
                    _ => None,
                })
                .collect(),
        }
    }
}

impl CallbackNames {
    fn new(method: &str, parameter: &Parameter<'_>, taken: &mut Taken) -> Self {
        let name = format!("{method}_{}", parameter.wire_name());
        let camel = camel_case(&name);
        Self {
            asked: taken.fresh(format!("{camel}Asked")),
            is_service: taken.fresh(format!("IS_SERVICE_{}", name.to_uppercase())),
            stand_in: taken.fresh(camel.clone()),
            proxy: taken.fresh(format!("{camel}Proxy")),
        }
    }
}

/// `add_listener` as `AddListener`.
fn camel_case(name: &str) -> String {
    let words = name.split('_');
    words
        .flat_map(|word| {
            let mut letters = word.chars();
            let first = letters.next().into_iter().flat_map(char::to_uppercase);
            first.chain(letters).collect::<Vec<_>>()
        })
        .collect()
}

const TWIN_PREFIX: &str = "ringback_twin_";

/// Whether a method of the user's may not have this name because generated code uses it.
pub(crate) fn is_generated(method: &str) -> bool {
    matches!(method, "__proxy" | "__proxy_of") || method.starts_with(TWIN_PREFIX)
}

/// `FooProxy`, `FooClient` and `FooServer`: where the user's `Foo` stands, so that an editor finds
/// the trait from each of them.
pub(crate) fn beside(service: &Ident, suffix: &str) -> Ident {
    let span = Span::call_site().located_at(service.span());
    format_ident!("{}{suffix}", service.unraw(), span = span)
}

/// The argument at `index`, where the user gave a pattern instead of a name.
pub(crate) fn positional(index: usize, span: Span) -> Ident {
    format_ident!("arg{index}", span = span)
}
