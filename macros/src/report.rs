//! Errors that accumulate: two mistakes in a trait are two messages, in one run of the compiler.

use proc_macro2::TokenStream;
use quote::ToTokens;

#[derive(Default)]
pub(crate) struct Report {
    errors: Vec<syn::Error>,
}

impl Report {
    /// Adds an error at the user's `tokens`.
    pub(crate) fn at(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.errors.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.errors.extend(error);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// One `compile_error!` for each error, each of them an item (and a type) of its own.
    pub(crate) fn into_compile_errors(self) -> impl Iterator<Item = TokenStream> {
        self.errors.into_iter().map(syn::Error::into_compile_error)
    }
}
