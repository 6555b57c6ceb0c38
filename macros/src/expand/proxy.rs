//! `FooProxy`: a reference to one object, here or at the peer.

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
    let (proxy, to_proxy) = (&context.names.proxy, &context.names.to_proxy);
    let doc = format!(
        "A reference to one object that implements [`{ident}`]: in this process, or at the peer \
         that passed it.\n\nProxies of one object are equal. The object lives at least as long as \
         its last proxy."
    );
    quote! {
        #attributes
        #[doc = #doc]
        #[derive(
            ::core::clone::Clone,
            ::core::cmp::PartialEq,
            ::core::cmp::Eq,
            ::core::hash::Hash,
        )]
        #vis struct #proxy {
            reference: #private::Reference<dyn #ident>,
        }

        #attributes
        #[allow(dead_code)]
        impl #proxy {
            /// A reference to `object`. Of a proxy it is that proxy, and of an `Arc` it is
            /// equal to every other proxy of that `Arc`.
            #[must_use]
            #vis fn new(object: impl #ident) -> Self {
                <_ as #ident>::#to_proxy(object)
            }

            /// A reference to `object`, and the lease by which its owner learns when the last
            /// proxy of it is gone, and can end it: once the lease is revoked or dropped, calls of
            /// the object fail with `ErrorKind::Revoked`.
            ///
            /// It is an object of its own: no other proxy is equal to it, also not one of the same
            /// `Arc`.
            #vis fn leased(object: impl #ident) -> (Self, #root::Lease) {
                let (reference, lease) =
                    #private::Reference::<dyn #ident>::leased(::std::sync::Arc::new(object));
                (Self { reference }, lease)
            }

            // Not an `async fn`: whether its future is `Send` would be found by looking into it,
            // where rustc has forgotten that `dyn Foo` is `'static`.
            /// Waits until the object can no longer be called, and says why.
            #vis fn closed(
                &self,
            ) -> impl ::core::future::Future<Output = #root::Error> + ::core::marker::Send + use<'_> {
                self.reference.closed()
            }

            /// Whether the object can no longer be called.
            #[must_use]
            #vis fn is_closed(&self) -> bool {
                self.reference.is_closed()
            }

            /// How many one-way calls to the object its overflow policy has dropped on this side.
            #[must_use]
            #vis fn dropped(&self) -> u64 {
                self.reference.dropped()
            }

            /// The same reference, whose calls fail when they take longer than `timeout`.
            #[must_use]
            #vis fn with_timeout(&self, timeout: ::core::time::Duration) -> Self {
                Self { reference: self.reference.with_timeout(timeout) }
            }

            /// The same reference, whose calls carry `key` and `value` to the handler.
            #[must_use]
            #vis fn with_metadata(
                &self,
                key: impl ::core::convert::Into<::std::string::String>,
                value: impl ::core::convert::Into<::std::string::String>,
            ) -> Self {
                Self { reference: self.reference.with_metadata(key, value) }
            }
        }
    }
}

pub(super) fn inside(context: &Context<'_>) -> TokenStream {
    let service = service(context);
    let runtime = runtime(context);
    let standard = standard(context);
    quote!(#service #runtime #standard)
}

/// The service, by a call of the twin or of the peer.
fn service(context: &Context<'_>) -> TokenStream {
    let private = &context.private;
    let ident = &context.service.item.ident;
    let names = &context.names;
    let (proxy, twin) = (&names.proxy, &names.twin);
    let (to_proxy, arc_to_proxy) = (&names.to_proxy, &names.arc_to_proxy);
    let methods = context.methods.iter().map(|(method, names)| {
        let (cfgs, ident, output) = (method.cfgs(), method.ident(), method.output);
        let parameters = signature::declared(method);
        let converted = signature::converted(method, names);
        let (local, codec) = (&names.twin, &names.codec);
        let outcome = codec::outcome(method, &quote!(#codec().0(remote, #converted)));
        quote! {
            #(#cfgs)*
            async fn #ident(&self, #parameters) -> #output {
                match self.reference.place() {
                    #private::Place::Local(twin) => #twin::#local(&*twin, #converted).await,
                    #private::Place::Closed(error) => #codec().1(error),
                    #private::Place::Remote(remote) => #outcome,
                }
            }
        }
    });
    quote! {
        impl #ident for #proxy {
            #(#methods)*
            fn #to_proxy(self) -> Self {
                self
            }
            fn #arc_to_proxy(self: ::std::sync::Arc<Self>) -> Self {
                ::core::clone::Clone::clone(&*self)
            }
        }
    }
}

/// What the runtime asks of a proxy.
fn runtime(context: &Context<'_>) -> TokenStream {
    let private = &context.private;
    let ident = &context.service.item.ident;
    let names = &context.names;
    let (proxy, twin) = (&names.proxy, &names.twin);
    let (serve, twin_serve) = (&names.serve, &names.twin_serve);
    let name = context.service.wire_name();
    quote! {
        impl #private::HasProxy for dyn #ident {
            type Proxy = #proxy;
            type Twin = dyn #twin;
            const NAME: &'static str = #name;
        }

        impl #private::ProxyOf<true> for dyn #ident {
            type Service = dyn #ident;
            type Proxy = #proxy;
        }

        impl #private::ProxyType for #proxy {
            type Service = dyn #ident;
            fn from_reference(reference: #private::Reference<dyn #ident>) -> Self {
                Self { reference }
            }
            fn reference(&self) -> &#private::Reference<dyn #ident> {
                &self.reference
            }
        }

        impl #private::Dispatch for #proxy {
            fn dispatch(&self, call: #private::Incoming<'_>) -> #private::Handler {
                match self.reference.place() {
                    #private::Place::Local(twin) => #twin::#twin_serve(twin, call),
                    #private::Place::Closed(error) => call.refuse(error),
                    #private::Place::Remote(_) => {
                        #serve(::std::sync::Arc::new(::core::clone::Clone::clone(self)), call)
                    }
                }
            }
            fn as_any(&self) -> &dyn ::core::any::Any {
                self
            }
        }
    }
}

/// The standard library's and serde's traits that a derive would get wrong.
fn standard(context: &Context<'_>) -> TokenStream {
    let private = &context.private;
    let proxy = &context.names.proxy;
    let name = proxy.to_string();
    quote! {
        impl ::core::fmt::Debug for #proxy {
            fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                #private::debug_proxy(self, #name, formatter)
            }
        }

        impl #private::serde::Serialize for #proxy {
            fn serialize<S: #private::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                #private::serialize_proxy(self, serializer)
            }
        }

        impl<'de> #private::serde::Deserialize<'de> for #proxy {
            fn deserialize<D: #private::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                #private::deserialize_proxy(deserializer)
            }
        }
    }
}
