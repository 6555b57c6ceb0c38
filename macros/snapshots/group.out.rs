#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement the service `Listener`",
    label = "not a `Listener`",
    note = "a type implements it by `impl Listener for …`, with plain `async fn`s; an `Arc` of such a type and a `ListenerProxy` implement it too; for a reference to one, pass a clone",
    note = "a closure implements only a service with exactly one method that has no default body",
)]
pub trait Listener: ::core::marker::Send + ::core::marker::Sync + 'static + ::ringback::__private::IsService {
    fn changed(
        &self,
        key: Plan,
        answer: impl Answer,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send
    where
        Self: ::core::marker::Sized;
    #[cfg(feature = "end")]
    fn ended(
        &self,
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
    trait ChangedAnswerAsked {
        type Service: ?::core::marker::Sized + Answer;
        const IS_SERVICE: bool = true
            || ::ringback::__private::is_service::<Self::Service>();
    }
    impl ChangedAnswerAsked for ChangedAnswer {
        type Service = <ChangedAnswer as ::ringback::__private::ProxyOf<
            IS_SERVICE_CHANGED_ANSWER,
        >>::Service;
    }
    const IS_SERVICE_CHANGED_ANSWER: bool = <ChangedAnswer as ChangedAnswerAsked>::IS_SERVICE;
    #[doc(hidden)]
    pub struct ChangedAnswer;
    impl ::ringback::__private::ProxyOf<IS_SERVICE_CHANGED_ANSWER> for ChangedAnswer {
        type Service = <dyn Answer as ::ringback::__private::ProxyOf<
            IS_SERVICE_CHANGED_ANSWER,
        >>::Service;
        type Proxy = <dyn Answer as ::ringback::__private::ProxyOf<
            IS_SERVICE_CHANGED_ANSWER,
        >>::Proxy;
    }
    type ChangedAnswerProxy = <ChangedAnswer as ::ringback::__private::ProxyOf<
        IS_SERVICE_CHANGED_ANSWER,
    >>::Proxy;
    static CHANGED: ::ringback::__private::Method = ::ringback::__private::Method::new(
        <dyn Listener as ::ringback::__private::HasProxy>::NAME,
        "changed",
    );
    fn codec_changed() -> (
        impl Fn(
            &::ringback::__private::Remote,
            Plan,
            ChangedAnswerProxy,
        ) -> ::ringback::__private::Call<Result<()>>,
        impl Fn(::ringback::Error) -> Result<()>,
        impl Fn(
            ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::Result<(Plan, ChangedAnswerProxy)>,
        impl Fn(Result<()>),
        impl Fn(&mut ::ringback::__private::Encoder, &Plan, &ChangedAnswerProxy),
    ) {
        let encode = |
            encoder: &mut ::ringback::__private::Encoder,
            key: &Plan,
            answer: &ChangedAnswerProxy|
        {
            encoder.arg::<Plan>("key", key);
            encoder.callback::<ChangedAnswerProxy>("answer", answer);
        };
        (
            move |remote, key, answer| {
                let mut call = remote.call(&CHANGED, 2u32);
                encode(&mut call, &key, &answer);
                call.request::<Result<()>>()
            },
            |error| ::ringback::__private::failed::<Result<()>>(error),
            |call| {
                let mut arguments = call.arguments(&CHANGED, 2u32)?;
                ::core::result::Result::Ok((
                    arguments.arg::<Plan>("key")?,
                    arguments.callback::<ChangedAnswerProxy>("answer")?,
                ))
            },
            |outcome| ::ringback::__private::reply::<Result<()>>(&CHANGED, outcome),
            encode,
        )
    }
    #[cfg(feature = "end")]
    static ENDED: ::ringback::__private::Method = ::ringback::__private::Method::new(
            <dyn Listener as ::ringback::__private::HasProxy>::NAME,
            "ended",
        )
        .oneway();
    #[cfg(feature = "end")]
    fn codec_ended() -> (
        impl Fn(
            &::ringback::__private::Remote,
        ) -> ::core::result::Result<Result<()>, ::ringback::__private::Call<Result<()>>>,
        impl Fn(::ringback::Error) -> Result<()>,
        impl Fn(::ringback::__private::Incoming<'_>) -> ::ringback::Result<()>,
        impl Fn(Result<()>),
        impl Fn(&mut ::ringback::__private::Encoder),
    ) {
        let encode = |_: &mut ::ringback::__private::Encoder| {};
        (
            move |remote| {
                let mut call = remote.call(&ENDED, 0u32);
                encode(&mut call);
                call.notify::<Result<()>>()
            },
            |error| ::ringback::__private::failed::<Result<()>>(error),
            |call| {
                let _ = call.arguments(&ENDED, 0u32)?;
                ::core::result::Result::Ok(())
            },
            |outcome| ::ringback::__private::reply::<Result<()>>(&ENDED, outcome),
            encode,
        )
    }
    #[doc(hidden)]
    #[::ringback::__private::async_trait]
    pub trait Twin: ::core::marker::Send + ::core::marker::Sync + 'static {
        async fn ringback_twin_call_changed(
            &self,
            key: Plan,
            answer: ChangedAnswerProxy,
        ) -> Result<()>;
        #[cfg(feature = "end")]
        async fn ringback_twin_call_ended(&self) -> Result<()>;
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
        async fn ringback_twin_call_changed(
            &self,
            key: Plan,
            answer: ChangedAnswerProxy,
        ) -> Result<()> {
            <T as Listener>::changed(self, key, answer).await
        }
        #[cfg(feature = "end")]
        async fn ringback_twin_call_ended(&self) -> Result<()> {
            <T as Listener>::ended(self).await
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
                let (_, _, arguments, reply, ..) = codec_changed();
                match arguments(call) {
                    ::core::result::Result::Err(error) => {
                        ::ringback::__private::Handler::failed(&CHANGED, error)
                    }
                    ::core::result::Result::Ok((key, answer)) => {
                        ::ringback::__private::Handler::inline(async move {
                            let outcome = <T as Listener>::changed(&*object, key, answer)
                                .await;
                            reply(outcome);
                        })
                    }
                }
            }
            #[cfg(feature = "end")]
            id if id == ENDED.id() => {
                let (_, _, arguments, reply, ..) = codec_ended();
                match arguments(call) {
                    ::core::result::Result::Err(error) => {
                        ::ringback::__private::Handler::failed(&ENDED, error)
                    }
                    ::core::result::Result::Ok(()) => {
                        ::ringback::__private::Handler::inline(async move {
                            let outcome = <T as Listener>::ended(&*object).await;
                            reply(outcome);
                        })
                    }
                }
            }
            _ => {
                call.unknown_method(
                    <dyn Listener as ::ringback::__private::HasProxy>::NAME,
                )
            }
        }
    }
    impl Listener for ListenerProxy {
        async fn changed(&self, key: Plan, answer: impl Answer) -> Result<()> {
            match self.reference.place() {
                ::ringback::__private::Place::Local(twin) => {
                    Twin::ringback_twin_call_changed(
                            &*twin,
                            key,
                            <ChangedAnswerProxy>::new(answer),
                        )
                        .await
                }
                ::ringback::__private::Place::Closed(error) => codec_changed().1(error),
                ::ringback::__private::Place::Remote(remote) => {
                    codec_changed()
                        .0(remote, key, <ChangedAnswerProxy>::new(answer))
                        .await
                }
            }
        }
        #[cfg(feature = "end")]
        async fn ended(&self) -> Result<()> {
            match self.reference.place() {
                ::ringback::__private::Place::Local(twin) => {
                    Twin::ringback_twin_call_ended(&*twin).await
                }
                ::ringback::__private::Place::Closed(error) => codec_ended().1(error),
                ::ringback::__private::Place::Remote(remote) => {
                    match codec_ended().0(remote) {
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
        async fn changed(&self, key: Plan, answer: impl Answer) -> Result<()> {
            codec_changed().0(&self.remote, key, <ChangedAnswerProxy>::new(answer)).await
        }
        #[cfg(feature = "end")]
        async fn ended(&self) -> Result<()> {
            match codec_ended().0(&self.remote) {
                ::core::result::Result::Ok(outcome) => outcome,
                ::core::result::Result::Err(call) => call.await,
            }
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
            key: Plan,
            answer: impl Answer,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            <T as Listener>::changed(&**self, key, answer)
        }
        #[cfg(feature = "end")]
        fn ended(
            &self,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            <T as Listener>::ended(&**self)
        }
        fn __proxy(self) -> ListenerProxy {
            <T as Listener>::__proxy_of(self)
        }
        fn __proxy_of(self: ::std::sync::Arc<Self>) -> ListenerProxy {
            <T as Listener>::__proxy_of(::core::clone::Clone::clone(&*self))
        }
    }
    impl<K> Listener for ::ringback::Group<K, ListenerProxy>
    where
        K: ::core::clone::Clone + ::core::cmp::Eq + ::core::hash::Hash
            + ::core::fmt::Debug + ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        async fn changed(&self, key: Plan, answer: impl Answer) -> Result<()> {
            let call = {
                let key = key;
                let answer = <ChangedAnswerProxy>::new(answer);
                ::ringback::__private::cast::<
                    K,
                    ListenerProxy,
                    Result<()>,
                >(
                    self,
                    &CHANGED,
                    2u32,
                    |encoder| codec_changed().4(encoder, &key, &answer),
                    |twin| {
                        let key = <Plan as ::core::clone::Clone>::clone(&key);
                        let answer = <ChangedAnswerProxy as ::core::clone::Clone>::clone(
                            &answer,
                        );
                        ::std::boxed::Box::pin(async move {
                            Twin::ringback_twin_call_changed(&*twin, key, answer).await
                        })
                    },
                )
            };
            call.await
        }
        #[cfg(feature = "end")]
        async fn ended(&self) -> Result<()> {
            let call = {
                ::ringback::__private::cast::<
                    K,
                    ListenerProxy,
                    Result<()>,
                >(
                    self,
                    &ENDED,
                    0u32,
                    |encoder| codec_ended().4(encoder),
                    |twin| {
                        ::std::boxed::Box::pin(async move {
                            Twin::ringback_twin_call_ended(&*twin).await
                        })
                    },
                )
            };
            call.await
        }
    }
};
