//! What a service trait says, in the terms that `expand` works with.
//!
//! The model borrows the user's tokens, so that whatever is generated from them keeps their spans
//! and rustc's messages point into the user's code.

use proc_macro2::{Ident, Span};
use syn::ext::IdentExt as _;
use syn::{Attribute, Block, ItemTrait, LitStr, Pat, Path, Receiver, TraitItemFn, Type};

/// A trait marked `#[service]`.
pub(crate) struct Service<'a> {
    pub(crate) item: &'a ItemTrait,
    pub(crate) options: &'a ServiceOptions,
    pub(crate) methods: Vec<Method<'a>>,
    /// Methods about which something was reported. They stay in the trait, for those who
    /// implement and call them.
    pub(crate) refused: Vec<&'a TraitItemFn>,
}

/// The arguments of `#[service(..)]`.
#[derive(Default)]
pub(crate) struct ServiceOptions {
    pub(crate) name: Option<LitStr>,
    pub(crate) version: Option<LitStr>,
    /// The path of the crate `ringback`, where it is not `::ringback`.
    pub(crate) runtime: Option<Path>,
    /// Whether a group of callbacks implements the service as well.
    pub(crate) group: Option<Ident>,
}

/// One method of a service.
pub(crate) struct Method<'a> {
    pub(crate) item: &'a TraitItemFn,
    pub(crate) receiver: &'a Receiver,
    pub(crate) parameters: Vec<Parameter<'a>>,
    pub(crate) output: &'a Type,
    pub(crate) options: MethodOptions<'a>,
}

/// The attributes of a method that are this macro's own.
#[derive(Default)]
pub(crate) struct MethodOptions<'a> {
    pub(crate) oneway: Option<&'a Attribute>,
    /// In milliseconds.
    pub(crate) timeout: Option<u64>,
    pub(crate) idempotent: Option<&'a Attribute>,
    pub(crate) serial: Option<&'a Attribute>,
    pub(crate) spawn: Option<&'a Attribute>,
}

/// One argument of a method, after `&self`.
pub(crate) struct Parameter<'a> {
    /// What the peers and the messages call it: the ident, or `arg0` for a pattern.
    pub(crate) name: Ident,
    pub(crate) pattern: &'a Pat,
    pub(crate) attributes: &'a [Attribute],
    pub(crate) ty: &'a Type,
    pub(crate) passing: Passing<'a>,
    /// What becomes of one-way calls that the called end makes of a callback which does not keep up.
    pub(crate) overflow: Option<Overflow>,
}

/// An overflow policy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overflow {
    Wait,
    DropOldest,
    Latest,
    Close,
}

/// How an argument gets into the handler.
pub(crate) enum Passing<'a> {
    /// `T`: decoded and moved in.
    Owned,
    /// `&str`, `Cow<'_, str>`, `Option<&str>`, …: decoded in place from the frame.
    InPlace,
    /// `&[u8]`: decoded in place from the frame.
    Bytes { optional: bool },
    /// `&T`: `T` is decoded and lent. A `T` that borrows itself (`Event<'_>`) is decoded in place.
    Lent {
        target: &'a Type,
        in_place: bool,
        optional: bool,
    },
    /// `&[T]`: a `Vec<T>` is decoded and lent.
    Slice {
        element: &'a Type,
        in_place: bool,
        optional: bool,
    },
    /// `#[callback] impl Foo`: a proxy is decoded and moved in.
    Callback { service: &'a Path, holder: Holder },
    /// `#[callback] FooProxy`: moved in as it is.
    Proxy,
}

/// What an `impl Foo` marked `#[callback]` stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    None,
    Option,
    Vec,
}

impl Service<'_> {
    /// The name that travels: `name` or the trait's own, and `@version` when one is given.
    pub(crate) fn wire_name(&self) -> String {
        let name = match &self.options.name {
            Some(name) => name.value(),
            None => self.item.ident.unraw().to_string(),
        };
        match &self.options.version {
            Some(version) => format!("{name}@{}", version.value()),
            None => name,
        }
    }

    /// The `#[cfg]`s below `#[service]`: every generated item needs them.
    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> {
        self.item
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("cfg"))
    }

    /// The method that a closure stands for: the only one without a default.
    pub(crate) fn closure_method(&self) -> Option<&Method<'_>> {
        let mut required = self
            .methods
            .iter()
            .filter(|method| method.default().is_none());
        let refused = self.refused.iter().any(|method| method.default.is_none());
        required
            .next()
            .filter(|_| required.next().is_none() && !refused)
    }
}

impl Method<'_> {
    pub(crate) fn ident(&self) -> &Ident {
        &self.item.sig.ident
    }

    pub(crate) fn wire_name(&self) -> String {
        self.ident().unraw().to_string()
    }

    pub(crate) fn default(&self) -> Option<&Block> {
        self.item.default.as_ref()
    }

    pub(crate) fn cfgs(&self) -> impl Iterator<Item = &Attribute> + Clone {
        self.item
            .attrs
            .iter()
            .filter(|attribute| attribute.path().is_ident("cfg"))
    }
}

impl Parameter<'_> {
    /// The argument as generated code binds it. With a hygiene of its own: it cannot meet the
    /// names that generated code binds for itself (`call`, `remote`, …).
    pub(crate) fn local(&self) -> Ident {
        let mut local = self.name.clone();
        local.set_span(Span::mixed_site().located_at(self.name.span()));
        local
    }

    pub(crate) fn wire_name(&self) -> String {
        self.name.unraw().to_string()
    }
}
