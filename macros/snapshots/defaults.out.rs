#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement the service `Defaults`",
    label = "not a `Defaults`",
    note = "a type implements it by `impl Defaults for …`, with plain `async fn`s; an `Arc` of such a type and a `DefaultsProxy` implement it too; for a reference to one, pass a clone",
    note = "a closure implements it if it is `async move |text: Cow<'_, str>, maybe: Option<&str>| …`, returns `Result<()>`, changes nothing that it captured, and is `Clone + Send + Sync + 'static`",
)]
pub trait Defaults: ::core::marker::Send + ::core::marker::Sync + 'static + ::ringback::__private::IsService {
    fn required(
        &self,
        text: Cow<'_, str>,
        maybe: Option<&str>,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send
    where
        Self: ::core::marker::Sized;
    #[deprecated = "use `required`"]
    fn provided(
        &self,
        count: u8,
        arg1: (u8, u8),
        arg2: String,
    ) -> impl ::core::future::Future<Output = Result<u8>> + ::core::marker::Send
    where
        Self: ::core::marker::Sized,
    {
        async move {
            let mut count = count;
            let arg1 = arg1;
            let (a, b) = arg1;
            let arg2 = arg2;
            let _ = arg2;
            count += a + b;
            Ok(count)
        }
    }
    #[doc(hidden)]
    fn __proxy(self) -> DefaultsProxy
    where
        Self: ::core::marker::Sized,
    {
        let object = ::std::sync::Arc::new(self);
        DefaultsProxy {
            reference: ::ringback::__private::Reference::<dyn Defaults>::local(object),
        }
    }
    #[doc(hidden)]
    fn __proxy_of(self: ::std::sync::Arc<Self>) -> DefaultsProxy
    where
        Self: ::core::marker::Sized,
    {
        DefaultsProxy {
            reference: ::ringback::__private::Reference::<dyn Defaults>::local(self),
        }
    }
}
/**A reference to one object that implements [`Defaults`]: in this process, or at the peer that passed it.

Proxies of one object are equal. The object lives at least as long as its last proxy.*/
#[derive(
    ::core::clone::Clone,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
    ::core::hash::Hash,
)]
pub struct DefaultsProxy {
    reference: ::ringback::__private::Reference<dyn Defaults>,
}
#[allow(dead_code)]
impl DefaultsProxy {
    /// A reference to `object`. Of a proxy it is that proxy, and of an `Arc` it is
    /// equal to every other proxy of that `Arc`.
    #[must_use]
    pub fn new(object: impl Defaults) -> Self {
        <_ as Defaults>::__proxy(object)
    }
    /// A reference to `object`, and the lease by which its owner learns when the last
    /// proxy of it is gone, and can end it: once the lease is revoked or dropped, calls of
    /// the object fail with `ErrorKind::Revoked`.
    ///
    /// It is an object of its own: no other proxy is equal to it, also not one of the same
    /// `Arc`.
    pub fn leased(object: impl Defaults) -> (Self, ::ringback::Lease) {
        let (reference, lease) = ::ringback::__private::Reference::<
            dyn Defaults,
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
///A stub of the service [`Defaults`] that a peer offers. Clones share one connection.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(dead_code)]
pub struct DefaultsClient {
    remote: ::ringback::__private::Remote,
}
#[allow(dead_code)]
impl DefaultsClient {
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
///Offers an object that implements [`Defaults`] as a service.
#[allow(dead_code)]
pub struct DefaultsServer<T> {
    object: ::std::sync::Arc<T>,
}
#[allow(dead_code)]
impl<T> DefaultsServer<T>
where
    T: Defaults,
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
    static REQUIRED: ::ringback::__private::Method = ::ringback::__private::Method::new(
        <dyn Defaults as ::ringback::__private::HasProxy>::NAME,
        "required",
    );
    fn codec_required() -> (
        impl Fn(
            &::ringback::__private::Remote,
            Cow<'_, str>,
            Option<&str>,
        ) -> ::ringback::__private::Call<Result<()>>,
        impl Fn(::ringback::Error) -> Result<()>,
        impl Fn(
            ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::Result<(Cow<'_, str>, Option<&str>)>,
        impl Fn(Result<()>),
    ) {
        let encode = |
            encoder: &mut ::ringback::__private::Encoder,
            text: &Cow<'_, str>,
            maybe: &Option<&str>|
        {
            encoder.arg_in_place::<Cow<'_, str>>("text", text);
            encoder.arg_in_place::<Option<&str>>("maybe", maybe);
        };
        (
            move |remote, text, maybe| {
                let mut call = remote.call(&REQUIRED, 2u32);
                encode(&mut call, &text, &maybe);
                call.request::<Result<()>>()
            },
            |error| ::ringback::__private::failed::<Result<()>>(error),
            |call| {
                let mut arguments = call.arguments(&REQUIRED, 2u32)?;
                ::core::result::Result::Ok((
                    arguments.arg_in_place::<Cow<'_, str>>("text")?,
                    arguments.arg_in_place::<Option<&str>>("maybe")?,
                ))
            },
            |outcome| ::ringback::__private::reply::<Result<()>>(&REQUIRED, outcome),
        )
    }
    static PROVIDED: ::ringback::__private::Method = ::ringback::__private::Method::new(
        <dyn Defaults as ::ringback::__private::HasProxy>::NAME,
        "provided",
    );
    fn codec_provided() -> (
        impl Fn(
            &::ringback::__private::Remote,
            u8,
            (u8, u8),
            String,
        ) -> ::ringback::__private::Call<Result<u8>>,
        impl Fn(::ringback::Error) -> Result<u8>,
        impl Fn(
            ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::Result<(u8, (u8, u8), String)>,
        impl Fn(Result<u8>),
    ) {
        let encode = |
            encoder: &mut ::ringback::__private::Encoder,
            count: &u8,
            arg1: &(u8, u8),
            arg2: &String|
        {
            encoder.arg::<u8>("count", count);
            encoder.arg::<(u8, u8)>("arg1", arg1);
            encoder.arg::<String>("arg2", arg2);
        };
        (
            move |remote, count, arg1, arg2| {
                let mut call = remote.call(&PROVIDED, 3u32);
                encode(&mut call, &count, &arg1, &arg2);
                call.request::<Result<u8>>()
            },
            |error| ::ringback::__private::failed::<Result<u8>>(error),
            |call| {
                let mut arguments = call.arguments(&PROVIDED, 3u32)?;
                ::core::result::Result::Ok((
                    arguments.arg::<u8>("count")?,
                    arguments.arg::<(u8, u8)>("arg1")?,
                    arguments.arg::<String>("arg2")?,
                ))
            },
            |outcome| ::ringback::__private::reply::<Result<u8>>(&PROVIDED, outcome),
        )
    }
    #[doc(hidden)]
    #[::ringback::__private::async_trait]
    pub trait Twin: ::core::marker::Send + ::core::marker::Sync + 'static {
        async fn ringback_twin_call_required(
            &self,
            text: Cow<'_, str>,
            maybe: Option<&str>,
        ) -> Result<()>;
        async fn ringback_twin_call_provided(
            &self,
            count: u8,
            arg1: (u8, u8),
            arg2: String,
        ) -> Result<u8>;
        fn ringback_twin_serve(
            self: ::std::sync::Arc<Self>,
            call: ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::__private::Handler;
    }
    #[::ringback::__private::async_trait]
    impl<T> Twin for T
    where
        T: Defaults,
    {
        async fn ringback_twin_call_required(
            &self,
            text: Cow<'_, str>,
            maybe: Option<&str>,
        ) -> Result<()> {
            <T as Defaults>::required(self, text, maybe).await
        }
        async fn ringback_twin_call_provided(
            &self,
            count: u8,
            arg1: (u8, u8),
            arg2: String,
        ) -> Result<u8> {
            <T as Defaults>::provided(self, count, arg1, arg2).await
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
        T: Defaults,
    {
        match call.method() {
            id if id == REQUIRED.id() => {
                let mut call = call.keep();
                ::ringback::__private::Handler::inline(async move {
                    let (_, _, arguments, reply, ..) = codec_required();
                    match arguments(call.incoming()) {
                        ::core::result::Result::Err(error) => {
                            ::ringback::__private::fail(&REQUIRED, error)
                        }
                        ::core::result::Result::Ok((text, maybe)) => {
                            let outcome = <T as Defaults>::required(
                                    &*object,
                                    text,
                                    maybe,
                                )
                                .await;
                            reply(outcome);
                        }
                    }
                })
            }
            id if id == PROVIDED.id() => {
                let (_, _, arguments, reply, ..) = codec_provided();
                match arguments(call) {
                    ::core::result::Result::Err(error) => {
                        ::ringback::__private::Handler::failed(&PROVIDED, error)
                    }
                    ::core::result::Result::Ok((count, arg1, arg2)) => {
                        ::ringback::__private::Handler::inline(async move {
                            let outcome = <T as Defaults>::provided(
                                    &*object,
                                    count,
                                    arg1,
                                    arg2,
                                )
                                .await;
                            reply(outcome);
                        })
                    }
                }
            }
            _ => {
                call.unknown_method(
                    <dyn Defaults as ::ringback::__private::HasProxy>::NAME,
                )
            }
        }
    }
    impl Defaults for DefaultsProxy {
        async fn required(&self, text: Cow<'_, str>, maybe: Option<&str>) -> Result<()> {
            match self.reference.place() {
                ::ringback::__private::Place::Local(twin) => {
                    Twin::ringback_twin_call_required(&*twin, text, maybe).await
                }
                ::ringback::__private::Place::Closed(error) => codec_required().1(error),
                ::ringback::__private::Place::Remote(remote) => {
                    codec_required().0(remote, text, maybe).await
                }
            }
        }
        async fn provided(&self, count: u8, arg1: (u8, u8), arg2: String) -> Result<u8> {
            match self.reference.place() {
                ::ringback::__private::Place::Local(twin) => {
                    Twin::ringback_twin_call_provided(&*twin, count, arg1, arg2).await
                }
                ::ringback::__private::Place::Closed(error) => codec_provided().1(error),
                ::ringback::__private::Place::Remote(remote) => {
                    codec_provided().0(remote, count, arg1, arg2).await
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
    impl ::ringback::__private::HasProxy for dyn Defaults {
        type Proxy = DefaultsProxy;
        type Twin = dyn Twin;
        const NAME: &'static str = "Defaults";
    }
    impl ::ringback::__private::ProxyOf<true> for dyn Defaults {
        type Service = dyn Defaults;
        type Proxy = DefaultsProxy;
    }
    impl ::ringback::__private::ProxyType for DefaultsProxy {
        type Service = dyn Defaults;
        fn from_reference(
            reference: ::ringback::__private::Reference<dyn Defaults>,
        ) -> Self {
            Self { reference }
        }
        fn reference(&self) -> &::ringback::__private::Reference<dyn Defaults> {
            &self.reference
        }
    }
    impl ::ringback::__private::Dispatch for DefaultsProxy {
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
    impl ::core::fmt::Debug for DefaultsProxy {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::ringback::__private::debug_proxy(self, "DefaultsProxy", formatter)
        }
    }
    impl ::ringback::__private::serde::Serialize for DefaultsProxy {
        fn serialize<S: ::ringback::__private::serde::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            ::ringback::__private::serialize_proxy(self, serializer)
        }
    }
    impl<'de> ::ringback::__private::serde::Deserialize<'de> for DefaultsProxy {
        fn deserialize<D: ::ringback::__private::serde::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            ::ringback::__private::deserialize_proxy(deserializer)
        }
    }
    impl Defaults for DefaultsClient {
        async fn required(&self, text: Cow<'_, str>, maybe: Option<&str>) -> Result<()> {
            codec_required().0(&self.remote, text, maybe).await
        }
        async fn provided(&self, count: u8, arg1: (u8, u8), arg2: String) -> Result<u8> {
            codec_provided().0(&self.remote, count, arg1, arg2).await
        }
    }
    impl ::ringback::__private::ServiceClient for DefaultsClient {
        const NAME: &'static str = <dyn Defaults as ::ringback::__private::HasProxy>::NAME;
        fn from_remote(remote: ::ringback::__private::Remote) -> Self {
            Self { remote }
        }
    }
    impl<T> ::ringback::__private::Dispatch for DefaultsServer<T>
    where
        T: Defaults,
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
    impl<T> ::ringback::__private::Service for DefaultsServer<T>
    where
        T: Defaults,
    {
        const NAME: &'static str = <dyn Defaults as ::ringback::__private::HasProxy>::NAME;
    }
    impl<T> ::core::fmt::Debug for DefaultsServer<T> {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            formatter.debug_struct("DefaultsServer").finish_non_exhaustive()
        }
    }
    impl<T> Defaults for ::std::sync::Arc<T>
    where
        T: Defaults,
    {
        fn required(
            &self,
            text: Cow<'_, str>,
            maybe: Option<&str>,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            <T as Defaults>::required(&**self, text, maybe)
        }
        fn provided(
            &self,
            count: u8,
            arg1: (u8, u8),
            arg2: String,
        ) -> impl ::core::future::Future<Output = Result<u8>> + ::core::marker::Send {
            <T as Defaults>::provided(&**self, count, arg1, arg2)
        }
        fn __proxy(self) -> DefaultsProxy {
            <T as Defaults>::__proxy_of(self)
        }
        fn __proxy_of(self: ::std::sync::Arc<Self>) -> DefaultsProxy {
            <T as Defaults>::__proxy_of(::core::clone::Clone::clone(&*self))
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
    impl<F> Defaults for F
    where
        F: for<'a0, 'a1> Once<Cow<'a0, str>, Option<&'a1 str>, Output = Result<()>>
            + ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        fn required(
            &self,
            text: Cow<'_, str>,
            maybe: Option<&str>,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            Once::call(self, text, maybe)
        }
    }
};
