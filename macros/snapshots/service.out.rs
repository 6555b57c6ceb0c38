/// Keeps listeners.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement the service `Registry`",
    label = "not a `Registry`",
    note = "a type implements it by `impl Registry for …`, with plain `async fn`s; an `Arc` of such a type and a `RegistryProxy` implement it too; for a reference to one, pass a clone",
    note = "a closure implements only a service with exactly one method that has no default body",
)]
pub(crate) trait Registry: ::core::marker::Send + ::core::marker::Sync + 'static + my_crate::ringback::__private::IsService {
    fn add(
        &self,
        key: String,
        listener: impl other::Listener,
    ) -> impl ::core::future::Future<Output = Result<(), Refusal>> + ::core::marker::Send
    where
        Self: ::core::marker::Sized;
    #[cfg(feature = "removal")]
    fn remove_all(
        &self,
        listeners: Vec<impl Listener>,
        done: Option<impl Callback<u8>>,
        log: LogProxy,
    ) -> impl ::core::future::Future<
        Output = Result<u32, Refusal>,
    > + ::core::marker::Send
    where
        Self: ::core::marker::Sized;
    fn poke(
        &self,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send
    where
        Self: ::core::marker::Sized;
    #[doc(hidden)]
    fn __proxy(self) -> RegistryProxy
    where
        Self: ::core::marker::Sized,
    {
        let object = ::std::sync::Arc::new(self);
        RegistryProxy {
            reference: my_crate::ringback::__private::Reference::<
                dyn Registry,
            >::local(object),
        }
    }
    #[doc(hidden)]
    fn __proxy_of(self: ::std::sync::Arc<Self>) -> RegistryProxy
    where
        Self: ::core::marker::Sized,
    {
        RegistryProxy {
            reference: my_crate::ringback::__private::Reference::<
                dyn Registry,
            >::local(self),
        }
    }
}
/**A reference to one object that implements [`Registry`]: in this process, or at the peer that passed it.

Proxies of one object are equal. The object lives at least as long as its last proxy.*/
#[derive(
    ::core::clone::Clone,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
    ::core::hash::Hash,
)]
pub(crate) struct RegistryProxy {
    reference: my_crate::ringback::__private::Reference<dyn Registry>,
}
#[allow(dead_code)]
impl RegistryProxy {
    /// A reference to `object`. Of a proxy it is that proxy, and of an `Arc` it is
    /// equal to every other proxy of that `Arc`.
    #[must_use]
    pub(crate) fn new(object: impl Registry) -> Self {
        <_ as Registry>::__proxy(object)
    }
    /// A reference to `object`, and the lease by which its owner learns when the last
    /// proxy of it is gone, and can end it: once the lease is revoked or dropped, calls of
    /// the object fail with `ErrorKind::Revoked`.
    ///
    /// It is an object of its own: no other proxy is equal to it, also not one of the same
    /// `Arc`.
    pub(crate) fn leased(object: impl Registry) -> (Self, my_crate::ringback::Lease) {
        let (reference, lease) = my_crate::ringback::__private::Reference::<
            dyn Registry,
        >::leased(::std::sync::Arc::new(object));
        (Self { reference }, lease)
    }
    /// Waits until the object can no longer be called, and says why.
    pub(crate) fn closed(
        &self,
    ) -> impl ::core::future::Future<
        Output = my_crate::ringback::Error,
    > + ::core::marker::Send + use<'_> {
        self.reference.closed()
    }
    /// Whether the object can no longer be called.
    #[must_use]
    pub(crate) fn is_closed(&self) -> bool {
        self.reference.is_closed()
    }
    /// How many one-way calls to the object its overflow policy has dropped on this side.
    #[must_use]
    pub(crate) fn dropped(&self) -> u64 {
        self.reference.dropped()
    }
    /// The same reference, whose calls fail when they take longer than `timeout`.
    #[must_use]
    pub(crate) fn with_timeout(&self, timeout: ::core::time::Duration) -> Self {
        Self {
            reference: self.reference.with_timeout(timeout),
        }
    }
    /// The same reference, whose calls carry `key` and `value` to the handler.
    #[must_use]
    pub(crate) fn with_metadata(
        &self,
        key: impl ::core::convert::Into<::std::string::String>,
        value: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        Self {
            reference: self.reference.with_metadata(key, value),
        }
    }
}
///A stub of the service [`Registry`] that a peer offers. Clones share one connection.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(dead_code)]
pub(crate) struct RegistryClient {
    remote: my_crate::ringback::__private::Remote,
}
#[allow(dead_code)]
impl RegistryClient {
    /// Connects to the server at `address`. For more than this one service, or for other
    /// settings, use the builder of `Client`.
    ///
    /// # Errors
    ///
    /// Says why the server could not be reached, or refused.
    pub(crate) async fn connect(
        address: impl ::core::convert::Into<my_crate::ringback::Address>,
    ) -> my_crate::ringback::Result<Self> {
        my_crate::ringback::__private::connect(::core::convert::Into::into(address))
            .await
    }
    /// The same stub, whose calls fail when they take longer than `timeout`.
    #[must_use]
    pub(crate) fn with_timeout(&self, timeout: ::core::time::Duration) -> Self {
        Self {
            remote: self.remote.with_timeout(timeout),
        }
    }
    /// The same stub, whose calls carry `key` and `value` to the handler.
    #[must_use]
    pub(crate) fn with_metadata(
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
    pub(crate) fn session(&self) -> my_crate::ringback::Session {
        self.remote.session()
    }
}
///Offers an object that implements [`Registry`] as a service.
#[allow(dead_code)]
pub(crate) struct RegistryServer<T> {
    object: ::std::sync::Arc<T>,
}
#[allow(dead_code)]
impl<T> RegistryServer<T>
where
    T: Registry,
{
    /// Offers `object`. To keep hold of it, pass an `Arc`.
    #[must_use]
    pub(crate) fn new(object: T) -> Self {
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
    trait AddListenerAsked {
        type Service: ?::core::marker::Sized + other::Listener;
        const IS_SERVICE: bool = true
            || my_crate::ringback::__private::is_service::<Self::Service>();
    }
    impl AddListenerAsked for AddListener {
        type Service = <AddListener as my_crate::ringback::__private::ProxyOf<
            IS_SERVICE_ADD_LISTENER,
        >>::Service;
    }
    const IS_SERVICE_ADD_LISTENER: bool = <AddListener as AddListenerAsked>::IS_SERVICE;
    #[doc(hidden)]
    pub(crate) struct AddListener;
    impl my_crate::ringback::__private::ProxyOf<IS_SERVICE_ADD_LISTENER>
    for AddListener {
        type Service = <dyn other::Listener as my_crate::ringback::__private::ProxyOf<
            IS_SERVICE_ADD_LISTENER,
        >>::Service;
        type Proxy = <dyn other::Listener as my_crate::ringback::__private::ProxyOf<
            IS_SERVICE_ADD_LISTENER,
        >>::Proxy;
    }
    type AddListenerProxy = <AddListener as my_crate::ringback::__private::ProxyOf<
        IS_SERVICE_ADD_LISTENER,
    >>::Proxy;
    #[cfg(feature = "removal")]
    trait RemoveAllListenersAsked {
        type Service: ?::core::marker::Sized + Listener;
        const IS_SERVICE: bool = true
            || my_crate::ringback::__private::is_service::<Self::Service>();
    }
    #[cfg(feature = "removal")]
    impl RemoveAllListenersAsked for RemoveAllListeners {
        type Service = <RemoveAllListeners as my_crate::ringback::__private::ProxyOf<
            IS_SERVICE_REMOVE_ALL_LISTENERS,
        >>::Service;
    }
    #[cfg(feature = "removal")]
    const IS_SERVICE_REMOVE_ALL_LISTENERS: bool = <RemoveAllListeners as RemoveAllListenersAsked>::IS_SERVICE;
    #[cfg(feature = "removal")]
    #[doc(hidden)]
    pub(crate) struct RemoveAllListeners;
    #[cfg(feature = "removal")]
    impl my_crate::ringback::__private::ProxyOf<IS_SERVICE_REMOVE_ALL_LISTENERS>
    for RemoveAllListeners {
        type Service = <dyn Listener as my_crate::ringback::__private::ProxyOf<
            IS_SERVICE_REMOVE_ALL_LISTENERS,
        >>::Service;
        type Proxy = <dyn Listener as my_crate::ringback::__private::ProxyOf<
            IS_SERVICE_REMOVE_ALL_LISTENERS,
        >>::Proxy;
    }
    #[cfg(feature = "removal")]
    type RemoveAllListenersProxy = <RemoveAllListeners as my_crate::ringback::__private::ProxyOf<
        IS_SERVICE_REMOVE_ALL_LISTENERS,
    >>::Proxy;
    #[cfg(feature = "removal")]
    trait RemoveAllDoneAsked {
        type Service: ?::core::marker::Sized + Callback<u8>;
        const IS_SERVICE: bool = true
            || my_crate::ringback::__private::is_service::<Self::Service>();
    }
    #[cfg(feature = "removal")]
    impl RemoveAllDoneAsked for RemoveAllDone {
        type Service = <RemoveAllDone as my_crate::ringback::__private::ProxyOf<
            IS_SERVICE_REMOVE_ALL_DONE,
        >>::Service;
    }
    #[cfg(feature = "removal")]
    const IS_SERVICE_REMOVE_ALL_DONE: bool = <RemoveAllDone as RemoveAllDoneAsked>::IS_SERVICE;
    #[cfg(feature = "removal")]
    #[doc(hidden)]
    pub(crate) struct RemoveAllDone;
    #[cfg(feature = "removal")]
    impl my_crate::ringback::__private::ProxyOf<IS_SERVICE_REMOVE_ALL_DONE>
    for RemoveAllDone {
        type Service = <dyn Callback<
            u8,
        > as my_crate::ringback::__private::ProxyOf<
            IS_SERVICE_REMOVE_ALL_DONE,
        >>::Service;
        type Proxy = <dyn Callback<
            u8,
        > as my_crate::ringback::__private::ProxyOf<IS_SERVICE_REMOVE_ALL_DONE>>::Proxy;
    }
    #[cfg(feature = "removal")]
    type RemoveAllDoneProxy = <RemoveAllDone as my_crate::ringback::__private::ProxyOf<
        IS_SERVICE_REMOVE_ALL_DONE,
    >>::Proxy;
    static ADD: my_crate::ringback::__private::Method = my_crate::ringback::__private::Method::new(
            <dyn Registry as my_crate::ringback::__private::HasProxy>::NAME,
            "add",
        )
        .timeout(5000u64);
    fn codec_add() -> (
        impl Fn(
            &my_crate::ringback::__private::Remote,
            String,
            AddListenerProxy,
        ) -> my_crate::ringback::__private::Call<Result<(), Refusal>>,
        impl Fn(my_crate::ringback::Error) -> Result<(), Refusal>,
        impl Fn(
            my_crate::ringback::__private::Incoming<'_>,
        ) -> my_crate::ringback::Result<(String, AddListenerProxy)>,
        impl Fn(Result<(), Refusal>),
    ) {
        let encode = |
            encoder: &mut my_crate::ringback::__private::Encoder,
            key: &String,
            listener: &AddListenerProxy|
        {
            encoder.arg::<String>("key", key);
            encoder.callback::<AddListenerProxy>("listener", listener);
        };
        (
            move |remote, key, listener| {
                let mut call = remote.call(&ADD, 2u32);
                encode(&mut call, &key, &listener);
                call.request::<Result<(), Refusal>>()
            },
            |error| my_crate::ringback::__private::failed::<Result<(), Refusal>>(error),
            |call| {
                let mut arguments = call.arguments(&ADD, 2u32)?;
                ::core::result::Result::Ok((
                    arguments.arg::<String>("key")?,
                    arguments.callback::<AddListenerProxy>("listener")?,
                ))
            },
            |outcome| my_crate::ringback::__private::reply::<
                Result<(), Refusal>,
            >(&ADD, outcome),
        )
    }
    #[cfg(feature = "removal")]
    static REMOVE_ALL: my_crate::ringback::__private::Method = my_crate::ringback::__private::Method::new(
            <dyn Registry as my_crate::ringback::__private::HasProxy>::NAME,
            "remove_all",
        )
        .idempotent();
    #[cfg(feature = "removal")]
    fn codec_remove_all() -> (
        impl Fn(
            &my_crate::ringback::__private::Remote,
            ::std::vec::Vec<RemoveAllListenersProxy>,
            ::core::option::Option<RemoveAllDoneProxy>,
            LogProxy,
        ) -> my_crate::ringback::__private::Call<Result<u32, Refusal>>,
        impl Fn(my_crate::ringback::Error) -> Result<u32, Refusal>,
        impl Fn(
            my_crate::ringback::__private::Incoming<'_>,
        ) -> my_crate::ringback::Result<
                (
                    ::std::vec::Vec<RemoveAllListenersProxy>,
                    ::core::option::Option<RemoveAllDoneProxy>,
                    LogProxy,
                ),
            >,
        impl Fn(Result<u32, Refusal>),
    ) {
        let encode = |
            encoder: &mut my_crate::ringback::__private::Encoder,
            listeners: &::std::vec::Vec<RemoveAllListenersProxy>,
            done: &::core::option::Option<RemoveAllDoneProxy>,
            log: &LogProxy|
        {
            encoder
                .callback::<
                    ::std::vec::Vec<RemoveAllListenersProxy>,
                >("listeners", listeners);
            encoder.callback::<::core::option::Option<RemoveAllDoneProxy>>("done", done);
            encoder.callback::<LogProxy>("log", log);
        };
        (
            move |remote, listeners, done, log| {
                let mut call = remote.call(&REMOVE_ALL, 3u32);
                encode(&mut call, &listeners, &done, &log);
                call.request::<Result<u32, Refusal>>()
            },
            |error| my_crate::ringback::__private::failed::<Result<u32, Refusal>>(error),
            |call| {
                let mut arguments = call.arguments(&REMOVE_ALL, 3u32)?;
                ::core::result::Result::Ok((
                    my_crate::ringback::__private::Callbacks::with_overflow(
                        arguments
                            .callback::<
                                ::std::vec::Vec<RemoveAllListenersProxy>,
                            >("listeners")?,
                        my_crate::ringback::__private::Overflow::Latest,
                    ),
                    arguments
                        .callback::<::core::option::Option<RemoveAllDoneProxy>>("done")?,
                    my_crate::ringback::__private::Callbacks::with_overflow(
                        arguments.callback::<LogProxy>("log")?,
                        my_crate::ringback::__private::Overflow::DropOldest,
                    ),
                ))
            },
            |outcome| my_crate::ringback::__private::reply::<
                Result<u32, Refusal>,
            >(&REMOVE_ALL, outcome),
        )
    }
    static POKE: my_crate::ringback::__private::Method = my_crate::ringback::__private::Method::new(
            <dyn Registry as my_crate::ringback::__private::HasProxy>::NAME,
            "poke",
        )
        .oneway();
    fn codec_poke() -> (
        impl Fn(
            &my_crate::ringback::__private::Remote,
        ) -> ::core::result::Result<
                Result<()>,
                my_crate::ringback::__private::Call<Result<()>>,
            >,
        impl Fn(my_crate::ringback::Error) -> Result<()>,
        impl Fn(
            my_crate::ringback::__private::Incoming<'_>,
        ) -> my_crate::ringback::Result<()>,
        impl Fn(Result<()>),
    ) {
        let encode = |_: &mut my_crate::ringback::__private::Encoder| {};
        (
            move |remote| {
                let mut call = remote.call(&POKE, 0u32);
                encode(&mut call);
                call.notify::<Result<()>>()
            },
            |error| my_crate::ringback::__private::failed::<Result<()>>(error),
            |call| {
                let _ = call.arguments(&POKE, 0u32)?;
                ::core::result::Result::Ok(())
            },
            |outcome| my_crate::ringback::__private::reply::<Result<()>>(&POKE, outcome),
        )
    }
    #[doc(hidden)]
    #[my_crate::ringback::__private::async_trait]
    pub(crate) trait Twin: ::core::marker::Send + ::core::marker::Sync + 'static {
        async fn ringback_twin_call_add(
            &self,
            key: String,
            listener: AddListenerProxy,
        ) -> Result<(), Refusal>;
        #[cfg(feature = "removal")]
        async fn ringback_twin_call_remove_all(
            &self,
            listeners: ::std::vec::Vec<RemoveAllListenersProxy>,
            done: ::core::option::Option<RemoveAllDoneProxy>,
            log: LogProxy,
        ) -> Result<u32, Refusal>;
        async fn ringback_twin_call_poke(&self) -> Result<()>;
        fn ringback_twin_serve(
            self: ::std::sync::Arc<Self>,
            call: my_crate::ringback::__private::Incoming<'_>,
        ) -> my_crate::ringback::__private::Handler;
    }
    #[my_crate::ringback::__private::async_trait]
    impl<T> Twin for T
    where
        T: Registry,
    {
        async fn ringback_twin_call_add(
            &self,
            key: String,
            listener: AddListenerProxy,
        ) -> Result<(), Refusal> {
            <T as Registry>::add(self, key, listener).await
        }
        #[cfg(feature = "removal")]
        async fn ringback_twin_call_remove_all(
            &self,
            listeners: ::std::vec::Vec<RemoveAllListenersProxy>,
            done: ::core::option::Option<RemoveAllDoneProxy>,
            log: LogProxy,
        ) -> Result<u32, Refusal> {
            <T as Registry>::remove_all(self, listeners, done, log).await
        }
        async fn ringback_twin_call_poke(&self) -> Result<()> {
            <T as Registry>::poke(self).await
        }
        fn ringback_twin_serve(
            self: ::std::sync::Arc<Self>,
            call: my_crate::ringback::__private::Incoming<'_>,
        ) -> my_crate::ringback::__private::Handler {
            serve(self, call)
        }
    }
    fn serve<T>(
        object: ::std::sync::Arc<T>,
        call: my_crate::ringback::__private::Incoming<'_>,
    ) -> my_crate::ringback::__private::Handler
    where
        T: Registry,
    {
        match call.method() {
            id if id == ADD.id() => {
                let (_, _, arguments, reply, ..) = codec_add();
                match arguments(call) {
                    ::core::result::Result::Err(error) => {
                        my_crate::ringback::__private::Handler::failed(&ADD, error)
                    }
                    ::core::result::Result::Ok((key, listener)) => {
                        my_crate::ringback::__private::Handler::inline(async move {
                            let outcome = <T as Registry>::add(&*object, key, listener)
                                .await;
                            reply(outcome);
                        })
                    }
                }
            }
            #[cfg(feature = "removal")]
            id if id == REMOVE_ALL.id() => {
                let (_, _, arguments, reply, ..) = codec_remove_all();
                match arguments(call) {
                    ::core::result::Result::Err(error) => {
                        my_crate::ringback::__private::Handler::failed(
                            &REMOVE_ALL,
                            error,
                        )
                    }
                    ::core::result::Result::Ok((listeners, done, log)) => {
                        my_crate::ringback::__private::Handler::inline(async move {
                            let outcome = <T as Registry>::remove_all(
                                    &*object,
                                    listeners,
                                    done,
                                    log,
                                )
                                .await;
                            reply(outcome);
                        })
                    }
                }
            }
            id if id == POKE.id() => {
                let mut call = call.keep();
                my_crate::ringback::__private::Handler::spawn(async move {
                    let (_, _, arguments, reply, ..) = codec_poke();
                    match arguments(call.incoming()) {
                        ::core::result::Result::Err(error) => {
                            my_crate::ringback::__private::fail(&POKE, error)
                        }
                        ::core::result::Result::Ok(()) => {
                            let outcome = <T as Registry>::poke(&*object).await;
                            reply(outcome);
                        }
                    }
                })
            }
            _ => {
                call.unknown_method(
                    <dyn Registry as my_crate::ringback::__private::HasProxy>::NAME,
                )
            }
        }
    }
    impl Registry for RegistryProxy {
        async fn add(
            &self,
            key: String,
            listener: impl other::Listener,
        ) -> Result<(), Refusal> {
            match self.reference.place() {
                my_crate::ringback::__private::Place::Local(twin) => {
                    Twin::ringback_twin_call_add(
                            &*twin,
                            key,
                            <AddListenerProxy>::new(listener),
                        )
                        .await
                }
                my_crate::ringback::__private::Place::Closed(error) => {
                    codec_add().1(error)
                }
                my_crate::ringback::__private::Place::Remote(remote) => {
                    codec_add().0(remote, key, <AddListenerProxy>::new(listener)).await
                }
            }
        }
        #[cfg(feature = "removal")]
        async fn remove_all(
            &self,
            listeners: Vec<impl Listener>,
            done: Option<impl Callback<u8>>,
            log: LogProxy,
        ) -> Result<u32, Refusal> {
            match self.reference.place() {
                my_crate::ringback::__private::Place::Local(twin) => {
                    Twin::ringback_twin_call_remove_all(
                            &*twin,
                            ::core::iter::Iterator::collect(
                                ::core::iter::Iterator::map(
                                    ::core::iter::IntoIterator::into_iter(listeners),
                                    <RemoveAllListenersProxy>::new,
                                ),
                            ),
                            ::core::option::Option::map(done, <RemoveAllDoneProxy>::new),
                            log,
                        )
                        .await
                }
                my_crate::ringback::__private::Place::Closed(error) => {
                    codec_remove_all().1(error)
                }
                my_crate::ringback::__private::Place::Remote(remote) => {
                    codec_remove_all()
                        .0(
                            remote,
                            ::core::iter::Iterator::collect(
                                ::core::iter::Iterator::map(
                                    ::core::iter::IntoIterator::into_iter(listeners),
                                    <RemoveAllListenersProxy>::new,
                                ),
                            ),
                            ::core::option::Option::map(done, <RemoveAllDoneProxy>::new),
                            log,
                        )
                        .await
                }
            }
        }
        async fn poke(&self) -> Result<()> {
            match self.reference.place() {
                my_crate::ringback::__private::Place::Local(twin) => {
                    Twin::ringback_twin_call_poke(&*twin).await
                }
                my_crate::ringback::__private::Place::Closed(error) => {
                    codec_poke().1(error)
                }
                my_crate::ringback::__private::Place::Remote(remote) => {
                    match codec_poke().0(remote) {
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
    impl my_crate::ringback::__private::HasProxy for dyn Registry {
        type Proxy = RegistryProxy;
        type Twin = dyn Twin;
        const NAME: &'static str = "registry@2";
    }
    impl my_crate::ringback::__private::ProxyOf<true> for dyn Registry {
        type Service = dyn Registry;
        type Proxy = RegistryProxy;
    }
    impl my_crate::ringback::__private::ProxyType for RegistryProxy {
        type Service = dyn Registry;
        fn from_reference(
            reference: my_crate::ringback::__private::Reference<dyn Registry>,
        ) -> Self {
            Self { reference }
        }
        fn reference(&self) -> &my_crate::ringback::__private::Reference<dyn Registry> {
            &self.reference
        }
    }
    impl my_crate::ringback::__private::Dispatch for RegistryProxy {
        fn dispatch(
            &self,
            call: my_crate::ringback::__private::Incoming<'_>,
        ) -> my_crate::ringback::__private::Handler {
            match self.reference.place() {
                my_crate::ringback::__private::Place::Local(twin) => {
                    Twin::ringback_twin_serve(twin, call)
                }
                my_crate::ringback::__private::Place::Closed(error) => call.refuse(error),
                my_crate::ringback::__private::Place::Remote(_) => {
                    serve(::std::sync::Arc::new(::core::clone::Clone::clone(self)), call)
                }
            }
        }
        fn as_any(&self) -> &dyn ::core::any::Any {
            self
        }
    }
    impl ::core::fmt::Debug for RegistryProxy {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            my_crate::ringback::__private::debug_proxy(self, "RegistryProxy", formatter)
        }
    }
    impl my_crate::ringback::__private::serde::Serialize for RegistryProxy {
        fn serialize<S: my_crate::ringback::__private::serde::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            my_crate::ringback::__private::serialize_proxy(self, serializer)
        }
    }
    impl<'de> my_crate::ringback::__private::serde::Deserialize<'de> for RegistryProxy {
        fn deserialize<D: my_crate::ringback::__private::serde::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            my_crate::ringback::__private::deserialize_proxy(deserializer)
        }
    }
    impl Registry for RegistryClient {
        async fn add(
            &self,
            key: String,
            listener: impl other::Listener,
        ) -> Result<(), Refusal> {
            codec_add().0(&self.remote, key, <AddListenerProxy>::new(listener)).await
        }
        #[cfg(feature = "removal")]
        async fn remove_all(
            &self,
            listeners: Vec<impl Listener>,
            done: Option<impl Callback<u8>>,
            log: LogProxy,
        ) -> Result<u32, Refusal> {
            codec_remove_all()
                .0(
                    &self.remote,
                    ::core::iter::Iterator::collect(
                        ::core::iter::Iterator::map(
                            ::core::iter::IntoIterator::into_iter(listeners),
                            <RemoveAllListenersProxy>::new,
                        ),
                    ),
                    ::core::option::Option::map(done, <RemoveAllDoneProxy>::new),
                    log,
                )
                .await
        }
        async fn poke(&self) -> Result<()> {
            match codec_poke().0(&self.remote) {
                ::core::result::Result::Ok(outcome) => outcome,
                ::core::result::Result::Err(call) => call.await,
            }
        }
    }
    impl my_crate::ringback::__private::ServiceClient for RegistryClient {
        const NAME: &'static str = <dyn Registry as my_crate::ringback::__private::HasProxy>::NAME;
        fn from_remote(remote: my_crate::ringback::__private::Remote) -> Self {
            Self { remote }
        }
    }
    impl<T> my_crate::ringback::__private::Dispatch for RegistryServer<T>
    where
        T: Registry,
    {
        fn dispatch(
            &self,
            call: my_crate::ringback::__private::Incoming<'_>,
        ) -> my_crate::ringback::__private::Handler {
            serve(::core::clone::Clone::clone(&self.object), call)
        }
        fn as_any(&self) -> &dyn ::core::any::Any {
            self
        }
    }
    impl<T> my_crate::ringback::__private::Service for RegistryServer<T>
    where
        T: Registry,
    {
        const NAME: &'static str = <dyn Registry as my_crate::ringback::__private::HasProxy>::NAME;
    }
    impl<T> ::core::fmt::Debug for RegistryServer<T> {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            formatter.debug_struct("RegistryServer").finish_non_exhaustive()
        }
    }
    impl<T> Registry for ::std::sync::Arc<T>
    where
        T: Registry,
    {
        fn add(
            &self,
            key: String,
            listener: impl other::Listener,
        ) -> impl ::core::future::Future<
            Output = Result<(), Refusal>,
        > + ::core::marker::Send {
            <T as Registry>::add(&**self, key, listener)
        }
        #[cfg(feature = "removal")]
        fn remove_all(
            &self,
            listeners: Vec<impl Listener>,
            done: Option<impl Callback<u8>>,
            log: LogProxy,
        ) -> impl ::core::future::Future<
            Output = Result<u32, Refusal>,
        > + ::core::marker::Send {
            <T as Registry>::remove_all(&**self, listeners, done, log)
        }
        fn poke(
            &self,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            <T as Registry>::poke(&**self)
        }
        fn __proxy(self) -> RegistryProxy {
            <T as Registry>::__proxy_of(self)
        }
        fn __proxy_of(self: ::std::sync::Arc<Self>) -> RegistryProxy {
            <T as Registry>::__proxy_of(::core::clone::Clone::clone(&*self))
        }
    }
};
