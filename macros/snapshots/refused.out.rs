#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement the service `Refused`",
    label = "not a `Refused`",
    note = "a type implements it by `impl Refused for …`, with plain `async fn`s; an `Arc` of such a type and a `RefusedProxy` implement it too; for a reference to one, pass a clone",
    note = "a closure implements only a service with exactly one method that has no default body",
)]
pub trait Refused: ::core::marker::Send + ::core::marker::Sync + 'static + ::ringback::__private::IsService {
    fn good(
        &self,
        listener: impl Listener,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send
    where
        Self: ::core::marker::Sized;
    #[allow(async_fn_in_trait, unused_variables, unused_mut)]
    async fn bad(&self, listener: impl Listener) -> u8
    where
        Self: ::core::marker::Sized,
    {
        ::core::unreachable!()
    }
    #[doc(hidden)]
    fn __proxy(self) -> RefusedProxy
    where
        Self: ::core::marker::Sized,
    {
        let object = ::std::sync::Arc::new(self);
        RefusedProxy {
            reference: ::ringback::__private::Reference::<dyn Refused>::local(object),
        }
    }
    #[doc(hidden)]
    fn __proxy_of(self: ::std::sync::Arc<Self>) -> RefusedProxy
    where
        Self: ::core::marker::Sized,
    {
        RefusedProxy {
            reference: ::ringback::__private::Reference::<dyn Refused>::local(self),
        }
    }
}
/**A reference to one object that implements [`Refused`]: in this process, or at the peer that passed it.

Proxies of one object are equal. The object lives at least as long as its last proxy.*/
#[derive(
    ::core::clone::Clone,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
    ::core::hash::Hash,
)]
pub struct RefusedProxy {
    reference: ::ringback::__private::Reference<dyn Refused>,
}
#[allow(dead_code)]
impl RefusedProxy {
    /// A reference to `object`. Of a proxy it is that proxy, and of an `Arc` it is
    /// equal to every other proxy of that `Arc`.
    #[must_use]
    pub fn new(object: impl Refused) -> Self {
        <_ as Refused>::__proxy(object)
    }
    /// A reference to `object`, and the lease by which its owner learns when the last
    /// proxy of it is gone, and can end it: once the lease is revoked or dropped, calls of
    /// the object fail with `ErrorKind::Revoked`.
    ///
    /// It is an object of its own: no other proxy is equal to it, also not one of the same
    /// `Arc`.
    pub fn leased(object: impl Refused) -> (Self, ::ringback::Lease) {
        let (reference, lease) = ::ringback::__private::Reference::<
            dyn Refused,
        >::leased(::std::sync::Arc::new(object));
        (Self { reference }, lease)
    }
    /// Waits until the object can no longer be called, and says why.
    pub fn closed(
        &self,
    ) -> impl ::core::future::Future<
        Output = ::ringback::Error,
    > + ::core::marker::Send + use<'_> {
        self.reference.closed()
    }
    /// Whether the object can no longer be called.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.reference.is_closed()
    }
    /// How many one-way calls to the object its overflow policy has dropped on this side.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.reference.dropped()
    }
    /// The same reference, whose calls fail when they take longer than `timeout`.
    #[must_use]
    pub fn with_timeout(&self, timeout: ::core::time::Duration) -> Self {
        Self {
            reference: self.reference.with_timeout(timeout),
        }
    }
    /// The same reference, whose calls carry `key` and `value` to the handler.
    #[must_use]
    pub fn with_metadata(
        &self,
        key: impl ::core::convert::Into<::std::string::String>,
        value: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        Self {
            reference: self.reference.with_metadata(key, value),
        }
    }
}
///A stub of the service [`Refused`] that a peer offers. Clones share one connection.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(dead_code)]
pub struct RefusedClient {
    remote: ::ringback::__private::Remote,
}
#[allow(dead_code)]
impl RefusedClient {
    /// Connects to the server at `address`. For more than this one service, or for other
    /// settings, use the builder of `Client`.
    ///
    /// # Errors
    ///
    /// Says why the server could not be reached, or refused.
    pub async fn connect(
        address: impl ::core::convert::Into<::ringback::Address>,
    ) -> ::ringback::Result<Self> {
        ::ringback::__private::connect(::core::convert::Into::into(address)).await
    }
    /// The same stub, whose calls fail when they take longer than `timeout`.
    #[must_use]
    pub fn with_timeout(&self, timeout: ::core::time::Duration) -> Self {
        Self {
            remote: self.remote.with_timeout(timeout),
        }
    }
    /// The same stub, whose calls carry `key` and `value` to the handler.
    #[must_use]
    pub fn with_metadata(
        &self,
        key: impl ::core::convert::Into<::std::string::String>,
        value: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        Self {
            remote: self.remote.with_metadata(key, value),
        }
    }
    /// The session that carries the calls.
    #[must_use]
    pub fn session(&self) -> ::ringback::Session {
        self.remote.session()
    }
}
///Offers an object that implements [`Refused`] as a service.
#[allow(dead_code)]
pub struct RefusedServer<T> {
    object: ::std::sync::Arc<T>,
}
#[allow(dead_code)]
impl<T> RefusedServer<T>
where
    T: Refused,
{
    /// Offers `object`. To keep hold of it, pass an `Arc`.
    #[must_use]
    pub fn new(object: T) -> Self {
        Self {
            object: ::std::sync::Arc::new(object),
        }
    }
}
#[allow(
    unnameable_types,
    deprecated,
    clippy::too_many_arguments,
    clippy::type_complexity,
    clippy::ref_option_ref
)]
const _: () = {
    #[allow(unused_imports)]
    use ::std::boxed::Box;
    trait GoodListenerAsked {
        type Service: ?::core::marker::Sized + Listener;
        const IS_SERVICE: bool = true
            || ::ringback::__private::is_service::<Self::Service>();
    }
    impl GoodListenerAsked for GoodListener {
        type Service = <GoodListener as ::ringback::__private::ProxyOf<
            IS_SERVICE_GOOD_LISTENER,
        >>::Service;
    }
    const IS_SERVICE_GOOD_LISTENER: bool = <GoodListener as GoodListenerAsked>::IS_SERVICE;
    #[doc(hidden)]
    pub struct GoodListener;
    impl ::ringback::__private::ProxyOf<IS_SERVICE_GOOD_LISTENER> for GoodListener {
        type Service = <dyn Listener as ::ringback::__private::ProxyOf<
            IS_SERVICE_GOOD_LISTENER,
        >>::Service;
        type Proxy = <dyn Listener as ::ringback::__private::ProxyOf<
            IS_SERVICE_GOOD_LISTENER,
        >>::Proxy;
    }
    type GoodListenerProxy = <GoodListener as ::ringback::__private::ProxyOf<
        IS_SERVICE_GOOD_LISTENER,
    >>::Proxy;
    static GOOD: ::ringback::__private::Method = ::ringback::__private::Method::new(
            <dyn Refused as ::ringback::__private::HasProxy>::NAME,
            "good",
        )
        .oneway();
    fn codec_good() -> (
        impl Fn(
            &::ringback::__private::Remote,
            GoodListenerProxy,
        ) -> ::core::result::Result<Result<()>, ::ringback::__private::Call<Result<()>>>,
        impl Fn(::ringback::Error) -> Result<()>,
        impl Fn(
            ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::Result<(GoodListenerProxy,)>,
        impl Fn(Result<()>),
    ) {
        let encode = |
            encoder: &mut ::ringback::__private::Encoder,
            listener: &GoodListenerProxy|
        {
            encoder.callback::<GoodListenerProxy>("listener", listener);
        };
        (
            move |remote, listener| {
                let mut call = remote.call(&GOOD, 1u32);
                encode(&mut call, &listener);
                call.notify::<Result<()>>()
            },
            |error| ::ringback::__private::failed::<Result<()>>(error),
            |call| {
                let mut arguments = call.arguments(&GOOD, 1u32)?;
                ::core::result::Result::Ok((
                    arguments.callback::<GoodListenerProxy>("listener")?,
                ))
            },
            |outcome| ::ringback::__private::reply::<Result<()>>(&GOOD, outcome),
        )
    }
    #[doc(hidden)]
    #[::ringback::__private::async_trait]
    pub trait Twin: ::core::marker::Send + ::core::marker::Sync + 'static {
        async fn ringback_twin_call_good(
            &self,
            listener: GoodListenerProxy,
        ) -> Result<()>;
        fn ringback_twin_serve(
            self: ::std::sync::Arc<Self>,
            call: ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::__private::Handler;
    }
    #[::ringback::__private::async_trait]
    impl<T> Twin for T
    where
        T: Refused,
    {
        async fn ringback_twin_call_good(
            &self,
            listener: GoodListenerProxy,
        ) -> Result<()> {
            <T as Refused>::good(self, listener).await
        }
        fn ringback_twin_serve(
            self: ::std::sync::Arc<Self>,
            call: ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::__private::Handler {
            serve(self, call)
        }
    }
    fn serve<T>(
        object: ::std::sync::Arc<T>,
        call: ::ringback::__private::Incoming<'_>,
    ) -> ::ringback::__private::Handler
    where
        T: Refused,
    {
        match call.method() {
            id if id == GOOD.id() => {
                let (_, _, arguments, reply, ..) = codec_good();
                match arguments(call) {
                    ::core::result::Result::Err(error) => {
                        ::ringback::__private::Handler::failed(&GOOD, error)
                    }
                    ::core::result::Result::Ok((listener,)) => {
                        ::ringback::__private::Handler::inline(async move {
                            let outcome = <T as Refused>::good(&*object, listener).await;
                            reply(outcome);
                        })
                    }
                }
            }
            _ => {
                call.unknown_method(
                    <dyn Refused as ::ringback::__private::HasProxy>::NAME,
                )
            }
        }
    }
    impl Refused for RefusedProxy {
        async fn good(&self, listener: impl Listener) -> Result<()> {
            match self.reference.place() {
                ::ringback::__private::Place::Local(twin) => {
                    Twin::ringback_twin_call_good(
                            &*twin,
                            <GoodListenerProxy>::new(listener),
                        )
                        .await
                }
                ::ringback::__private::Place::Closed(error) => codec_good().1(error),
                ::ringback::__private::Place::Remote(remote) => {
                    match codec_good().0(remote, <GoodListenerProxy>::new(listener)) {
                        ::core::result::Result::Ok(outcome) => outcome,
                        ::core::result::Result::Err(call) => call.await,
                    }
                }
            }
        }
        fn __proxy(self) -> Self {
            self
        }
        fn __proxy_of(self: ::std::sync::Arc<Self>) -> Self {
            ::core::clone::Clone::clone(&*self)
        }
    }
    impl ::ringback::__private::HasProxy for dyn Refused {
        type Proxy = RefusedProxy;
        type Twin = dyn Twin;
        const NAME: &'static str = "Refused";
    }
    impl ::ringback::__private::ProxyOf<true> for dyn Refused {
        type Service = dyn Refused;
        type Proxy = RefusedProxy;
    }
    impl ::ringback::__private::ProxyType for RefusedProxy {
        type Service = dyn Refused;
        fn from_reference(
            reference: ::ringback::__private::Reference<dyn Refused>,
        ) -> Self {
            Self { reference }
        }
        fn reference(&self) -> &::ringback::__private::Reference<dyn Refused> {
            &self.reference
        }
    }
    impl ::ringback::__private::Dispatch for RefusedProxy {
        fn dispatch(
            &self,
            call: ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::__private::Handler {
            match self.reference.place() {
                ::ringback::__private::Place::Local(twin) => {
                    Twin::ringback_twin_serve(twin, call)
                }
                ::ringback::__private::Place::Closed(error) => call.refuse(error),
                ::ringback::__private::Place::Remote(_) => {
                    serve(::std::sync::Arc::new(::core::clone::Clone::clone(self)), call)
                }
            }
        }
        fn as_any(&self) -> &dyn ::core::any::Any {
            self
        }
    }
    impl ::core::fmt::Debug for RefusedProxy {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::ringback::__private::debug_proxy(self, "RefusedProxy", formatter)
        }
    }
    impl ::ringback::__private::serde::Serialize for RefusedProxy {
        fn serialize<S: ::ringback::__private::serde::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            ::ringback::__private::serialize_proxy(self, serializer)
        }
    }
    impl<'de> ::ringback::__private::serde::Deserialize<'de> for RefusedProxy {
        fn deserialize<D: ::ringback::__private::serde::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            ::ringback::__private::deserialize_proxy(deserializer)
        }
    }
    impl Refused for RefusedClient {
        async fn good(&self, listener: impl Listener) -> Result<()> {
            match codec_good().0(&self.remote, <GoodListenerProxy>::new(listener)) {
                ::core::result::Result::Ok(outcome) => outcome,
                ::core::result::Result::Err(call) => call.await,
            }
        }
    }
    impl ::ringback::__private::ServiceClient for RefusedClient {
        const NAME: &'static str = <dyn Refused as ::ringback::__private::HasProxy>::NAME;
        fn from_remote(remote: ::ringback::__private::Remote) -> Self {
            Self { remote }
        }
    }
    impl<T> ::ringback::__private::Dispatch for RefusedServer<T>
    where
        T: Refused,
    {
        fn dispatch(
            &self,
            call: ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::__private::Handler {
            serve(::core::clone::Clone::clone(&self.object), call)
        }
        fn as_any(&self) -> &dyn ::core::any::Any {
            self
        }
    }
    impl<T> ::ringback::__private::Service for RefusedServer<T>
    where
        T: Refused,
    {
        const NAME: &'static str = <dyn Refused as ::ringback::__private::HasProxy>::NAME;
    }
    impl<T> ::core::fmt::Debug for RefusedServer<T> {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            formatter.debug_struct("RefusedServer").finish_non_exhaustive()
        }
    }
    impl<T> Refused for ::std::sync::Arc<T>
    where
        T: Refused,
    {
        fn good(
            &self,
            listener: impl Listener,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            <T as Refused>::good(&**self, listener)
        }
        fn __proxy(self) -> RefusedProxy {
            <T as Refused>::__proxy_of(self)
        }
        fn __proxy_of(self: ::std::sync::Arc<Self>) -> RefusedProxy {
            <T as Refused>::__proxy_of(::core::clone::Clone::clone(&*self))
        }
    }
};
::core::compile_error! {
    "`impl Listener` can only be a callback: write `#[callback] listener: …` if it names a service, or name the type that travels"
}
::core::compile_error! {
    "a call can fail, so a service's method returns a `Result`: write `ringback::Result<u8>`"
}
