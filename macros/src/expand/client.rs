//! `FooClient`: a stub of the service that a peer offers under its name.

use proc_macro2::TokenStream;
use quote::quote;

use super::{Context, codec, signature};

/// The type, and what a user calls on it.
pub(super) fn beside(context: &Context<'_>) -> TokenStream {
    let Context {
        root,
        private,
        attributes,
        ..
    } = context;
    let (vis, ident) = (&context.service.item.vis, &context.service.item.ident);
    let client = &context.names.client;
    let doc = format!(
        "A stub of the service [`{ident}`] that a peer offers. Clones share one connection."
    );
    quote! {
        #attributes
        #[doc = #doc]
        #[derive(::core::clone::Clone, ::core::fmt::Debug)]
        #[allow(dead_code)]
        #vis struct #client {
            remote: #private::Remote,
        }

        #attributes
        #[allow(dead_code)]
        impl #client {
            /// Connects to the server at `address`. For more than this one service, or for other
            /// settings, use the builder of `Client`.
            ///
            /// # Errors
            ///
            /// Says why the server could not be reached, or refused.
            #vis async fn connect(
                address: impl ::core::convert::Into<#root::Address>,
            ) -> #root::Result<Self> {
                #private::connect(::core::convert::Into::into(address)).await
            }

            /// The same stub, whose calls fail when they take longer than `timeout`.
            #[must_use]
            #vis fn with_timeout(&self, timeout: ::core::time::Duration) -> Self {
                Self { remote: self.remote.with_timeout(timeout) }
            }

            /// The same stub, whose calls carry `key` and `value` to the handler.
            #[must_use]
            #vis fn with_metadata(
                &self,
                key: impl ::core::convert::Into<::std::string::String>,
                value: impl ::core::convert::Into<::std::string::String>,
            ) -> Self {
                Self { remote: self.remote.with_metadata(key, value) }
            }

            /// The session that carries the calls.
            #[must_use]
            #vis fn session(&self) -> #root::Session {
                self.remote.session()
            }
        }
    }
}

pub(super) fn inside(context: &Context<'_>) -> TokenStream {
    let private = &context.private;
    let ident = &context.service.item.ident;
    let client = &context.names.client;
    let methods = context.methods.iter().map(|(method, names)| {
        let (cfgs, ident, output) = (method.cfgs(), method.ident(), method.output);
        let parameters = signature::declared(method);
        let converted = signature::converted(method, names);
        let codec = &names.codec;
        let outcome = codec::outcome(method, &quote!(#codec().0(&self.remote, #converted)));
        quote! {
            #(#cfgs)*
            async fn #ident(&self, #parameters) -> #output {
                #outcome
            }
        }
    });
    quote! {
        impl #ident for #client {
            #(#methods)*
        }

        impl #private::ServiceClient for #client {
            const NAME: &'static str = <dyn #ident as #private::HasProxy>::NAME;
            fn from_remote(remote: #private::Remote) -> Self {
                Self { remote }
            }
        }
    }
}
