//! Questions that are asked of a type by its syntax alone.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    GenericArgument, Ident, Lifetime, Path, PathArguments, PathSegment, Type, TypeImplTrait,
    TypeReference, TypeTraitObject,
};

/// The type without the parentheses and invisible groups around it.
pub(crate) fn bare(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            ty => return ty,
        }
    }
}

/// The last segment of a type that is a plain path.
pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match bare(ty) {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        _ => None,
    }
}

/// The type arguments of a path's segment.
pub(crate) fn type_arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments
        .into_iter()
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
}

/// The `T` of an `Option<T>`, a `Vec<T>` or whatever `name` says.
pub(crate) fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == name)?;
    let mut arguments = type_arguments(segment);
    arguments.next().filter(|_| arguments.next().is_none())
}

/// What a type mentions that decides how it travels, or whether it can.
#[derive(Default)]
pub(crate) struct Mentions<'a> {
    /// `&T`, or what else has an elided lifetime.
    pub(crate) borrow: Option<Borrow<'a>>,
    pub(crate) mutable: Option<&'a TypeReference>,
    /// A lifetime with a name other than `'static`, or a reference with any.
    pub(crate) lifetime: Option<&'a Lifetime>,
    pub(crate) impl_trait: Option<&'a TypeImplTrait>,
    pub(crate) dyn_trait: Option<&'a TypeTraitObject>,
    pub(crate) self_type: Option<&'a Ident>,
}

/// What makes a type borrow.
pub(crate) enum Borrow<'a> {
    Reference(&'a TypeReference),
    Elided(&'a Lifetime),
}

impl Borrow<'_> {
    /// What to write instead, where only an owned type will do.
    pub(crate) fn advice(&self) -> String {
        match self {
            Self::Reference(reference) => format!("write `{}`", owned(&reference.elem)),
            Self::Elided(_) => "write a type without lifetimes".to_owned(),
        }
    }
}

impl ToTokens for Borrow<'_> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Reference(reference) => reference.to_tokens(tokens),
            Self::Elided(lifetime) => lifetime.to_tokens(tokens),
        }
    }
}

impl<'a> Mentions<'a> {
    pub(crate) fn of(ty: &'a Type) -> Self {
        let mut mentions = Self::default();
        mentions.visit_type(ty);
        mentions
    }

    pub(crate) fn of_path(path: &'a Path) -> Self {
        let mut mentions = Self::default();
        mentions.visit_path(path);
        mentions
    }
}

impl<'a> Visit<'a> for Mentions<'a> {
    fn visit_type_reference(&mut self, reference: &'a TypeReference) {
        self.borrow.get_or_insert(Borrow::Reference(reference));
        if reference.mutability.is_some() {
            self.mutable.get_or_insert(reference);
        }
        if let Some(lifetime) = &reference.lifetime
            && lifetime.ident != "_"
        {
            self.lifetime.get_or_insert(lifetime);
        }
        visit::visit_type(self, &reference.elem);
    }

    fn visit_lifetime(&mut self, lifetime: &'a Lifetime) {
        if lifetime.ident == "_" {
            self.borrow.get_or_insert(Borrow::Elided(lifetime));
        } else if lifetime.ident != "static" {
            self.lifetime.get_or_insert(lifetime);
        }
    }

    fn visit_type_impl_trait(&mut self, ty: &'a TypeImplTrait) {
        self.impl_trait.get_or_insert(ty);
    }

    fn visit_type_trait_object(&mut self, ty: &'a TypeTraitObject) {
        self.dyn_trait.get_or_insert(ty);
    }

    fn visit_path(&mut self, path: &'a Path) {
        if let Some(segment) = path.segments.first()
            && segment.ident == "Self"
        {
            self.self_type.get_or_insert(&segment.ident);
        }
        visit::visit_path(self, path);
    }

    // The lifetimes of a function's signature are its own.
    fn visit_type_fn_ptr(&mut self, _: &'a syn::TypeFnPtr) {}
    fn visit_parenthesized_generic_arguments(&mut self, _: &'a syn::ParenthesizedGenericArguments) {
    }
}

/// Whether this is `str` or `Path`, which a reference to is decoded in place.
pub(crate) fn is_text(target: &Type) -> bool {
    last_segment(target).is_some_and(|name| name.ident == "str" || name.ident == "Path")
}

pub(crate) fn is_unit(ty: &Type) -> bool {
    matches!(bare(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

pub(crate) fn is_byte(element: &Type) -> bool {
    last_segment(element).is_some_and(|name| name.ident == "u8")
}

/// The types that stand for a value and can be neither a callback's proxy nor an alias of one.
const VALUES: [&str; 26] = [
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64",
    "i128", "isize", "f32", "f64", "String", "Option", "Vec", "Box", "Arc", "HashMap", "BTreeMap",
    "HashSet", "BTreeSet",
];

/// Whether the syntax alone says that this is a value: not a `Result`, not a proxy, nor an alias.
pub(crate) fn is_value(ty: &Type) -> bool {
    match bare(ty) {
        Type::Path(path) => path.path.segments.last().is_some_and(|last| {
            path.qself.is_none() && VALUES.iter().any(|name| last.ident == name)
        }),
        Type::Macro(_) | Type::Infer(_) | Type::Verbatim(_) => false,
        _ => true,
    }
}

/// The owned type that stands for a reference to `target`.
pub(crate) fn owned(target: &Type) -> String {
    match bare(target) {
        Type::Slice(slice) => format!("Vec<{}>", written(&slice.elem)),
        target => match last_segment(target)
            .map(|segment| segment.ident.to_string())
            .as_deref()
        {
            Some("str") => "String".to_owned(),
            Some("Path") => "PathBuf".to_owned(),
            _ => written(target),
        },
    }
}

/// A type as a person writes it.
pub(crate) fn written(ty: &impl ToTokens) -> String {
    let mut text = ty.to_token_stream().to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        (" <", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        ("[ ", "["),
        (" ]", "]"),
        ("( ", "("),
        (" )", ")"),
    ] {
        text = text.replace(spaced, tight);
    }
    text
}

/// Several pieces of syntax as one run of tokens, for an error that covers them all.
pub(super) fn joined<T: ToTokens>(pieces: impl IntoIterator<Item = T>) -> TokenStream {
    let mut tokens = TokenStream::new();
    for piece in pieces {
        piece.to_tokens(&mut tokens);
    }
    tokens
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    #[test]
    fn sees_what_a_type_borrows() {
        for ty in [
            parse_quote!(&str),
            parse_quote!(Option<&str>),
            parse_quote!(Cow<'_, str>),
        ] {
            let ty: Type = ty;
            assert!(Mentions::of(&ty).borrow.is_some(), "{}", written(&ty));
        }
        for ty in [
            parse_quote!(String),
            parse_quote!(Cow<'static, str>),
            parse_quote!(fn(&str)),
        ] {
            let ty: Type = ty;
            assert!(Mentions::of(&ty).borrow.is_none(), "{}", written(&ty));
        }
    }

    #[test]
    fn writes_types_as_a_person_does() {
        let ty: Type = parse_quote!(&std::collections::HashMap<u8, Option<&[(u8, String)]>>);
        assert_eq!(
            written(&ty),
            "&std::collections::HashMap<u8, Option<&[(u8, String)]>>"
        );
    }
}
