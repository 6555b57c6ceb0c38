/// Hears of changes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement the service `Listener`",
    label = "not a `Listener`",
    note = "a type implements it by `impl Listener for …`, with plain `async fn`s; an `Arc` of such a type and a `ListenerProxy` implement it too; for a reference to one, pass a clone",
    note = "a closure implements it if it is `async move |no: u32, text: &str| …`, returns `Result<()>`, changes nothing that it captured, and is `Clone + Send + Sync + 'static`",
)]
pub trait Listener: ::core::marker::Send + ::core::marker::Sync + 'static + ::ringback::__private::IsService {
    /// Something changed.
    fn changed(
        &self,
        no: u32,
        text: &str,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send
    where
        Self: ::core::marker::Sized;
    #[doc(hidden)]
    fn __proxy(self) -> ListenerProxy
    where
        Self: ::core::marker::Sized,
    {
        let object = ::std::sync::Arc::new(self);
        ListenerProxy {
            reference: ::ringback::__private::Reference::<dyn Listener>::local(object),
        }
    }
    #[doc(hidden)]
    fn __proxy_of(self: ::std::sync::Arc<Self>) -> ListenerProxy
    where
        Self: ::core::marker::Sized,
    {
        ListenerProxy {
            reference: ::ringback::__private::Reference::<dyn Listener>::local(self),
        }
    }
}
/**A reference to one object that implements [`Listener`]: in this process, or at the peer that passed it.

Proxies of one object are equal. The object lives at least as long as its last proxy.*/
#[derive(
    ::core::clone::Clone,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
    ::core::hash::Hash,
)]
pub struct ListenerProxy {
    reference: ::ringback::__private::Reference<dyn Listener>,
}
#[allow(dead_code)]
impl ListenerProxy {
    /// A reference to `object`. Of a proxy it is that proxy, and of an `Arc` it is
    /// equal to every other proxy of that `Arc`.
    #[must_use]
    pub fn new(object: impl Listener) -> Self {
        <_ as Listener>::__proxy(object)
    }
    /// A reference to `object`, and the lease by which its owner learns when the last
    /// proxy of it is gone, and can end it: once the lease is revoked or dropped, calls of
    /// the object fail with `ErrorKind::Revoked`.
    ///
    /// It is an object of its own: no other proxy is equal to it, also not one of the same
    /// `Arc`.
    pub fn leased(object: impl Listener) -> (Self, ::ringback::Lease) {
        let (reference, lease) = ::ringback::__private::Reference::<
            dyn Listener,
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
///A stub of the service [`Listener`] that a peer offers. Clones share one connection.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(dead_code)]
pub struct ListenerClient {
    remote: ::ringback::__private::Remote,
}
#[allow(dead_code)]
impl ListenerClient {
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
///Offers an object that implements [`Listener`] as a service.
#[allow(dead_code)]
pub struct ListenerServer<T> {
    object: ::std::sync::Arc<T>,
}
#[allow(dead_code)]
impl<T> ListenerServer<T>
where
    T: Listener,
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
    static CHANGED: ::ringback::__private::Method = ::ringback::__private::Method::new(
        <dyn Listener as ::ringback::__private::HasProxy>::NAME,
        "changed",
    );
    fn codec_changed() -> (
        impl Fn(
            &::ringback::__private::Remote,
            u32,
            &str,
        ) -> ::ringback::__private::Call<Result<()>>,
        impl Fn(::ringback::Error) -> Result<()>,
        impl Fn(::ringback::__private::Incoming<'_>) -> ::ringback::Result<(u32, &str)>,
        impl Fn(Result<()>),
    ) {
        let encode = |
            encoder: &mut ::ringback::__private::Encoder,
            no: &u32,
            text: &&str|
        {
            encoder.arg::<u32>("no", no);
            encoder.arg_in_place::<str>("text", text);
        };
        (
            move |remote, no, text| {
                let mut call = remote.call(&CHANGED, 2u32);
                encode(&mut call, &no, &text);
                call.request::<Result<()>>()
            },
            |error| ::ringback::__private::failed::<Result<()>>(error),
            |call| {
                let mut arguments = call.arguments(&CHANGED, 2u32)?;
                ::core::result::Result::Ok((
                    arguments.arg::<u32>("no")?,
                    arguments.arg_in_place::<&str>("text")?,
                ))
            },
            |outcome| ::ringback::__private::reply::<Result<()>>(&CHANGED, outcome),
        )
    }
    #[doc(hidden)]
    #[::ringback::__private::async_trait]
    pub trait Twin: ::core::marker::Send + ::core::marker::Sync + 'static {
        async fn ringback_twin_call_changed(&self, no: u32, text: &str) -> Result<()>;
        fn ringback_twin_serve(
            self: ::std::sync::Arc<Self>,
            call: ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::__private::Handler;
    }
    #[::ringback::__private::async_trait]
    impl<T> Twin for T
    where
        T: Listener,
    {
        async fn ringback_twin_call_changed(&self, no: u32, text: &str) -> Result<()> {
            <T as Listener>::changed(self, no, text).await
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
        T: Listener,
    {
        match call.method() {
            id if id == CHANGED.id() => {
                let mut call = call.keep();
                ::ringback::__private::Handler::inline(async move {
                    let (_, _, arguments, reply, ..) = codec_changed();
                    match arguments(call.incoming()) {
                        ::core::result::Result::Err(error) => {
                            ::ringback::__private::fail(&CHANGED, error)
                        }
                        ::core::result::Result::Ok((no, text)) => {
                            let outcome = <T as Listener>::changed(&*object, no, text)
                                .await;
                            reply(outcome);
                        }
                    }
                })
            }
            _ => {
                call.unknown_method(
                    <dyn Listener as ::ringback::__private::HasProxy>::NAME,
                )
            }
        }
    }
    impl Listener for ListenerProxy {
        async fn changed(&self, no: u32, text: &str) -> Result<()> {
            match self.reference.place() {
                ::ringback::__private::Place::Local(twin) => {
                    Twin::ringback_twin_call_changed(&*twin, no, text).await
                }
                ::ringback::__private::Place::Closed(error) => codec_changed().1(error),
                ::ringback::__private::Place::Remote(remote) => {
                    codec_changed().0(remote, no, text).await
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
    impl ::ringback::__private::HasProxy for dyn Listener {
        type Proxy = ListenerProxy;
        type Twin = dyn Twin;
        const NAME: &'static str = "Listener";
    }
    impl ::ringback::__private::ProxyOf<true> for dyn Listener {
        type Service = dyn Listener;
        type Proxy = ListenerProxy;
    }
    impl ::ringback::__private::ProxyType for ListenerProxy {
        type Service = dyn Listener;
        fn from_reference(
            reference: ::ringback::__private::Reference<dyn Listener>,
        ) -> Self {
            Self { reference }
        }
        fn reference(&self) -> &::ringback::__private::Reference<dyn Listener> {
            &self.reference
        }
    }
    impl ::ringback::__private::Dispatch for ListenerProxy {
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
    impl ::core::fmt::Debug for ListenerProxy {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::ringback::__private::debug_proxy(self, "ListenerProxy", formatter)
        }
    }
    impl ::ringback::__private::serde::Serialize for ListenerProxy {
        fn serialize<S: ::ringback::__private::serde::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            ::ringback::__private::serialize_proxy(self, serializer)
        }
    }
    impl<'de> ::ringback::__private::serde::Deserialize<'de> for ListenerProxy {
        fn deserialize<D: ::ringback::__private::serde::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            ::ringback::__private::deserialize_proxy(deserializer)
        }
    }
    impl Listener for ListenerClient {
        async fn changed(&self, no: u32, text: &str) -> Result<()> {
            codec_changed().0(&self.remote, no, text).await
        }
    }
    impl ::ringback::__private::ServiceClient for ListenerClient {
        const NAME: &'static str = <dyn Listener as ::ringback::__private::HasProxy>::NAME;
        fn from_remote(remote: ::ringback::__private::Remote) -> Self {
            Self { remote }
        }
    }
    impl<T> ::ringback::__private::Dispatch for ListenerServer<T>
    where
        T: Listener,
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
    impl<T> ::ringback::__private::Service for ListenerServer<T>
    where
        T: Listener,
    {
        const NAME: &'static str = <dyn Listener as ::ringback::__private::HasProxy>::NAME;
    }
    impl<T> ::core::fmt::Debug for ListenerServer<T> {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            formatter.debug_struct("ListenerServer").finish_non_exhaustive()
        }
    }
    impl<T> Listener for ::std::sync::Arc<T>
    where
        T: Listener,
    {
        fn changed(
            &self,
            no: u32,
            text: &str,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            <T as Listener>::changed(&**self, no, text)
        }
        fn __proxy(self) -> ListenerProxy {
            <T as Listener>::__proxy_of(self)
        }
        fn __proxy_of(self: ::std::sync::Arc<Self>) -> ListenerProxy {
            <T as Listener>::__proxy_of(::core::clone::Clone::clone(&*self))
        }
    }
    #[doc(hidden)]
    pub trait Once<A0, A1>: ::core::marker::Sized {
        type Output;
        fn call(
            &self,
            a0: A0,
            a1: A1,
        ) -> impl ::core::future::Future<
            Output = Self::Output,
        > + ::core::marker::Send + use<Self, A0, A1>;
    }
    impl<F, Fut, A0, A1> Once<A0, A1> for F
    where
        F: ::core::ops::FnOnce(A0, A1) -> Fut,
        Fut: ::core::future::Future + ::core::marker::Send,
        F: Again<Fut, A0, A1>,
    {
        type Output = Fut::Output;
        fn call(
            &self,
            a0: A0,
            a1: A1,
        ) -> impl ::core::future::Future<
            Output = Fut::Output,
        > + ::core::marker::Send + use<F, Fut, A0, A1> {
            Again::again(self)(a0, a1)
        }
    }
    #[doc(hidden)]
    pub trait Again<Fut, A0, A1> {
        fn again(&self) -> Self;
    }
    impl<F, Fut, A0, A1> Again<Fut, A0, A1> for F
    where
        F: ::core::ops::AsyncFn(A0, A1) -> Fut::Output + ::core::clone::Clone,
        Fut: ::core::future::Future,
    {
        fn again(&self) -> Self {
            ::core::clone::Clone::clone(self)
        }
    }
    #[doc(hidden)]
    pub struct NoFuture;
    impl<F, A0, A1> Again<NoFuture, A0, A1> for F {
        fn again(&self) -> Self {
            ::core::unreachable!()
        }
    }
    impl<F, A0, A1> Again<&NoFuture, A0, A1> for F {
        fn again(&self) -> Self {
            ::core::unreachable!()
        }
    }
    impl<F> Listener for F
    where
        F: for<'a0> Once<u32, &'a0 str, Output = Result<()>> + ::core::marker::Send
            + ::core::marker::Sync + 'static,
    {
        fn changed(
            &self,
            no: u32,
            text: &str,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            Once::call(self, no, text)
        }
    }
};
