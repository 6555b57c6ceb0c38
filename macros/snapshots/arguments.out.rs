#[diagnostic::on_unimplemented(
    message = "`{Self}` does not implement the service `Arguments`",
    label = "not a `Arguments`",
    note = "a type implements it by `impl Arguments for …`, with plain `async fn`s; an `Arc` of such a type and a `ArgumentsProxy` implement it too; for a reference to one, pass a clone",
    note = "a closure implements only a service with exactly one method that has no default body",
)]
trait Arguments: ::core::marker::Send + ::core::marker::Sync + 'static + ::ringback::__private::IsService {
    fn borrowed(
        &self,
        key: &str,
        bytes: &[u8],
        maybe: Option<&str>,
        cow: Cow<'_, str>,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send
    where
        Self: ::core::marker::Sized;
    fn lent(
        &self,
        plan: &Plan,
        steps: &[Step],
        event: &Event<'_>,
        next: Option<&Plan>,
    ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send
    where
        Self: ::core::marker::Sized;
    fn hostile(
        &self,
        call: T,
        remote: F,
        arguments: Twin,
        object: Once,
    ) -> impl ::core::future::Future<Output = Result<T>> + ::core::marker::Send
    where
        Self: ::core::marker::Sized;
    #[doc(hidden)]
    fn __proxy(self) -> ArgumentsProxy
    where
        Self: ::core::marker::Sized,
    {
        let object = ::std::sync::Arc::new(self);
        ArgumentsProxy {
            reference: ::ringback::__private::Reference::<dyn Arguments>::local(object),
        }
    }
    #[doc(hidden)]
    fn __proxy_of(self: ::std::sync::Arc<Self>) -> ArgumentsProxy
    where
        Self: ::core::marker::Sized,
    {
        ArgumentsProxy {
            reference: ::ringback::__private::Reference::<dyn Arguments>::local(self),
        }
    }
}
/**A reference to one object that implements [`Arguments`]: in this process, or at the peer that passed it.

Proxies of one object are equal. The object lives at least as long as its last proxy.*/
#[derive(
    ::core::clone::Clone,
    ::core::cmp::PartialEq,
    ::core::cmp::Eq,
    ::core::hash::Hash,
)]
struct ArgumentsProxy {
    reference: ::ringback::__private::Reference<dyn Arguments>,
}
#[allow(dead_code)]
impl ArgumentsProxy {
    /// A reference to `object`. Of a proxy it is that proxy, and of an `Arc` it is
    /// equal to every other proxy of that `Arc`.
    #[must_use]
    fn new(object: impl Arguments) -> Self {
        <_ as Arguments>::__proxy(object)
    }
    /// A reference to `object`, and the lease by which its owner learns when the last
    /// proxy of it is gone, and can end it: once the lease is revoked or dropped, calls of
    /// the object fail with `ErrorKind::Revoked`.
    ///
    /// It is an object of its own: no other proxy is equal to it, also not one of the same
    /// `Arc`.
    fn leased(object: impl Arguments) -> (Self, ::ringback::Lease) {
        let (reference, lease) = ::ringback::__private::Reference::<
            dyn Arguments,
        >::leased(::std::sync::Arc::new(object));
        (Self { reference }, lease)
    }
    /// Waits until the object can no longer be called, and says why.
    fn closed(
        &self,
    ) -> impl ::core::future::Future<
        Output = ::ringback::Error,
    > + ::core::marker::Send + use<'_> {
        self.reference.closed()
    }
    /// Whether the object can no longer be called.
    #[must_use]
    fn is_closed(&self) -> bool {
        self.reference.is_closed()
    }
    /// How many one-way calls to the object its overflow policy has dropped on this side.
    #[must_use]
    fn dropped(&self) -> u64 {
        self.reference.dropped()
    }
    /// The same reference, whose calls fail when they take longer than `timeout`.
    #[must_use]
    fn with_timeout(&self, timeout: ::core::time::Duration) -> Self {
        Self {
            reference: self.reference.with_timeout(timeout),
        }
    }
    /// The same reference, whose calls carry `key` and `value` to the handler.
    #[must_use]
    fn with_metadata(
        &self,
        key: impl ::core::convert::Into<::std::string::String>,
        value: impl ::core::convert::Into<::std::string::String>,
    ) -> Self {
        Self {
            reference: self.reference.with_metadata(key, value),
        }
    }
}
///A stub of the service [`Arguments`] that a peer offers. Clones share one connection.
#[derive(::core::clone::Clone, ::core::fmt::Debug)]
#[allow(dead_code)]
struct ArgumentsClient {
    remote: ::ringback::__private::Remote,
}
#[allow(dead_code)]
impl ArgumentsClient {
    /// Connects to the server at `address`. For more than this one service, or for other
    /// settings, use the builder of `Client`.
    ///
    /// # Errors
    ///
    /// Says why the server could not be reached, or refused.
    async fn connect(
        address: impl ::core::convert::Into<::ringback::Address>,
    ) -> ::ringback::Result<Self> {
        ::ringback::__private::connect(::core::convert::Into::into(address)).await
    }
    /// The same stub, whose calls fail when they take longer than `timeout`.
    #[must_use]
    fn with_timeout(&self, timeout: ::core::time::Duration) -> Self {
        Self {
            remote: self.remote.with_timeout(timeout),
        }
    }
    /// The same stub, whose calls carry `key` and `value` to the handler.
    #[must_use]
    fn with_metadata(
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
    fn session(&self) -> ::ringback::Session {
        self.remote.session()
    }
}
///Offers an object that implements [`Arguments`] as a service.
#[allow(dead_code)]
struct ArgumentsServer<T_> {
    object: ::std::sync::Arc<T_>,
}
#[allow(dead_code)]
impl<T_> ArgumentsServer<T_>
where
    T_: Arguments,
{
    /// Offers `object`. To keep hold of it, pass an `Arc`.
    #[must_use]
    fn new(object: T_) -> Self {
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
    static BORROWED: ::ringback::__private::Method = ::ringback::__private::Method::new(
        <dyn Arguments as ::ringback::__private::HasProxy>::NAME,
        "borrowed",
    );
    fn codec_borrowed() -> (
        impl Fn(
            &::ringback::__private::Remote,
            &str,
            &[u8],
            Option<&str>,
            Cow<'_, str>,
        ) -> ::ringback::__private::Call<Result<()>>,
        impl Fn(::ringback::Error) -> Result<()>,
        impl Fn(
            ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::Result<(&str, &[u8], Option<&str>, Cow<'_, str>)>,
        impl Fn(Result<()>),
    ) {
        let encode = |
            encoder: &mut ::ringback::__private::Encoder,
            key: &&str,
            bytes: &&[u8],
            maybe: &Option<&str>,
            cow: &Cow<'_, str>|
        {
            encoder.arg_in_place::<str>("key", key);
            encoder.bytes("bytes", bytes);
            encoder.arg_in_place::<Option<&str>>("maybe", maybe);
            encoder.arg_in_place::<Cow<'_, str>>("cow", cow);
        };
        (
            move |remote, key, bytes, maybe, cow| {
                let mut call = remote.call(&BORROWED, 4u32);
                encode(&mut call, &key, &bytes, &maybe, &cow);
                call.request::<Result<()>>()
            },
            |error| ::ringback::__private::failed::<Result<()>>(error),
            |call| {
                let mut arguments = call.arguments(&BORROWED, 4u32)?;
                ::core::result::Result::Ok((
                    arguments.arg_in_place::<&str>("key")?,
                    arguments.bytes("bytes")?,
                    arguments.arg_in_place::<Option<&str>>("maybe")?,
                    arguments.arg_in_place::<Cow<'_, str>>("cow")?,
                ))
            },
            |outcome| ::ringback::__private::reply::<Result<()>>(&BORROWED, outcome),
        )
    }
    static LENT: ::ringback::__private::Method = ::ringback::__private::Method::new(
        <dyn Arguments as ::ringback::__private::HasProxy>::NAME,
        "lent",
    );
    fn codec_lent() -> (
        impl Fn(
            &::ringback::__private::Remote,
            &Plan,
            &[Step],
            &Event<'_>,
            Option<&Plan>,
        ) -> ::ringback::__private::Call<Result<()>>,
        impl Fn(::ringback::Error) -> Result<()>,
        impl Fn(
            ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::Result<
                (Plan, ::std::vec::Vec<Step>, Event<'_>, ::core::option::Option<Plan>),
            >,
        impl Fn(Result<()>),
    ) {
        let encode = |
            encoder: &mut ::ringback::__private::Encoder,
            plan: &&Plan,
            steps: &&[Step],
            event: &&Event<'_>,
            next: &Option<&Plan>|
        {
            encoder.arg::<Plan>("plan", plan);
            encoder.slice::<Step>("steps", steps);
            encoder.arg_in_place::<Event<'_>>("event", event);
            encoder.optional::<Plan>("next", *next);
        };
        (
            move |remote, plan, steps, event, next| {
                let mut call = remote.call(&LENT, 4u32);
                encode(&mut call, &plan, &steps, &event, &next);
                call.request::<Result<()>>()
            },
            |error| ::ringback::__private::failed::<Result<()>>(error),
            |call| {
                let mut arguments = call.arguments(&LENT, 4u32)?;
                ::core::result::Result::Ok((
                    arguments.arg::<Plan>("plan")?,
                    arguments.slice::<Step>("steps")?,
                    arguments.arg_in_place::<Event<'_>>("event")?,
                    arguments.optional::<Plan>("next")?,
                ))
            },
            |outcome| ::ringback::__private::reply::<Result<()>>(&LENT, outcome),
        )
    }
    static HOSTILE: ::ringback::__private::Method = ::ringback::__private::Method::new(
        <dyn Arguments as ::ringback::__private::HasProxy>::NAME,
        "hostile",
    );
    fn codec_hostile() -> (
        impl Fn(
            &::ringback::__private::Remote,
            T,
            F,
            Twin,
            Once,
        ) -> ::ringback::__private::Call<Result<T>>,
        impl Fn(::ringback::Error) -> Result<T>,
        impl Fn(
            ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::Result<(T, F, Twin, Once)>,
        impl Fn(Result<T>),
    ) {
        let encode = |
            encoder: &mut ::ringback::__private::Encoder,
            call: &T,
            remote: &F,
            arguments: &Twin,
            object: &Once|
        {
            encoder.arg::<T>("call", call);
            encoder.arg::<F>("remote", remote);
            encoder.arg::<Twin>("arguments", arguments);
            encoder.arg::<Once>("object", object);
        };
        (
            move |remote, call, remote, arguments, object| {
                let mut call = remote.call(&HOSTILE, 4u32);
                encode(&mut call, &call, &remote, &arguments, &object);
                call.request::<Result<T>>()
            },
            |error| ::ringback::__private::failed::<Result<T>>(error),
            |call| {
                let mut arguments = call.arguments(&HOSTILE, 4u32)?;
                ::core::result::Result::Ok((
                    arguments.arg::<T>("call")?,
                    arguments.arg::<F>("remote")?,
                    arguments.arg::<Twin>("arguments")?,
                    arguments.arg::<Once>("object")?,
                ))
            },
            |outcome| ::ringback::__private::reply::<Result<T>>(&HOSTILE, outcome),
        )
    }
    #[doc(hidden)]
    #[::ringback::__private::async_trait]
    trait Twin_: ::core::marker::Send + ::core::marker::Sync + 'static {
        async fn ringback_twin_call_borrowed(
            &self,
            key: &str,
            bytes: &[u8],
            maybe: Option<&str>,
            cow: Cow<'_, str>,
        ) -> Result<()>;
        async fn ringback_twin_call_lent(
            &self,
            plan: &Plan,
            steps: &[Step],
            event: &Event<'_>,
            next: Option<&Plan>,
        ) -> Result<()>;
        async fn ringback_twin_call_hostile(
            &self,
            call: T,
            remote: F,
            arguments: Twin,
            object: Once,
        ) -> Result<T>;
        fn ringback_twin_serve(
            self: ::std::sync::Arc<Self>,
            call: ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::__private::Handler;
    }
    #[::ringback::__private::async_trait]
    impl<T_> Twin_ for T_
    where
        T_: Arguments,
    {
        async fn ringback_twin_call_borrowed(
            &self,
            key: &str,
            bytes: &[u8],
            maybe: Option<&str>,
            cow: Cow<'_, str>,
        ) -> Result<()> {
            <T_ as Arguments>::borrowed(self, key, bytes, maybe, cow).await
        }
        async fn ringback_twin_call_lent(
            &self,
            plan: &Plan,
            steps: &[Step],
            event: &Event<'_>,
            next: Option<&Plan>,
        ) -> Result<()> {
            <T_ as Arguments>::lent(self, plan, steps, event, next).await
        }
        async fn ringback_twin_call_hostile(
            &self,
            call: T,
            remote: F,
            arguments: Twin,
            object: Once,
        ) -> Result<T> {
            <T_ as Arguments>::hostile(self, call, remote, arguments, object).await
        }
        fn ringback_twin_serve(
            self: ::std::sync::Arc<Self>,
            call: ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::__private::Handler {
            serve(self, call)
        }
    }
    fn serve<T_>(
        object: ::std::sync::Arc<T_>,
        call: ::ringback::__private::Incoming<'_>,
    ) -> ::ringback::__private::Handler
    where
        T_: Arguments,
    {
        match call.method() {
            id if id == BORROWED.id() => {
                let mut call = call.keep();
                ::ringback::__private::Handler::inline(async move {
                    let (_, _, arguments, reply, ..) = codec_borrowed();
                    match arguments(call.incoming()) {
                        ::core::result::Result::Err(error) => {
                            ::ringback::__private::fail(&BORROWED, error)
                        }
                        ::core::result::Result::Ok((key, bytes, maybe, cow)) => {
                            let outcome = <T_ as Arguments>::borrowed(
                                    &*object,
                                    key,
                                    bytes,
                                    maybe,
                                    cow,
                                )
                                .await;
                            reply(outcome);
                        }
                    }
                })
            }
            id if id == LENT.id() => {
                let mut call = call.keep();
                ::ringback::__private::Handler::serial(async move {
                    let (_, _, arguments, reply, ..) = codec_lent();
                    match arguments(call.incoming()) {
                        ::core::result::Result::Err(error) => {
                            ::ringback::__private::fail(&LENT, error)
                        }
                        ::core::result::Result::Ok((plan, steps, event, next)) => {
                            let outcome = <T_ as Arguments>::lent(
                                    &*object,
                                    &plan,
                                    &steps,
                                    &event,
                                    ::core::option::Option::as_ref(&next),
                                )
                                .await;
                            reply(outcome);
                        }
                    }
                })
            }
            id if id == HOSTILE.id() => {
                let (_, _, arguments, reply, ..) = codec_hostile();
                match arguments(call) {
                    ::core::result::Result::Err(error) => {
                        ::ringback::__private::Handler::failed(&HOSTILE, error)
                    }
                    ::core::result::Result::Ok((call, remote, arguments, object)) => {
                        ::ringback::__private::Handler::inline(async move {
                            let outcome = <T_ as Arguments>::hostile(
                                    &*object,
                                    call,
                                    remote,
                                    arguments,
                                    object,
                                )
                                .await;
                            reply(outcome);
                        })
                    }
                }
            }
            _ => {
                call.unknown_method(
                    <dyn Arguments as ::ringback::__private::HasProxy>::NAME,
                )
            }
        }
    }
    impl Arguments for ArgumentsProxy {
        async fn borrowed(
            &self,
            key: &str,
            bytes: &[u8],
            maybe: Option<&str>,
            cow: Cow<'_, str>,
        ) -> Result<()> {
            match self.reference.place() {
                ::ringback::__private::Place::Local(twin) => {
                    Twin_::ringback_twin_call_borrowed(&*twin, key, bytes, maybe, cow)
                        .await
                }
                ::ringback::__private::Place::Closed(error) => codec_borrowed().1(error),
                ::ringback::__private::Place::Remote(remote) => {
                    codec_borrowed().0(remote, key, bytes, maybe, cow).await
                }
            }
        }
        async fn lent(
            &self,
            plan: &Plan,
            steps: &[Step],
            event: &Event<'_>,
            next: Option<&Plan>,
        ) -> Result<()> {
            match self.reference.place() {
                ::ringback::__private::Place::Local(twin) => {
                    Twin_::ringback_twin_call_lent(&*twin, plan, steps, event, next)
                        .await
                }
                ::ringback::__private::Place::Closed(error) => codec_lent().1(error),
                ::ringback::__private::Place::Remote(remote) => {
                    codec_lent().0(remote, plan, steps, event, next).await
                }
            }
        }
        async fn hostile(
            &self,
            call: T,
            remote: F,
            arguments: Twin,
            object: Once,
        ) -> Result<T> {
            match self.reference.place() {
                ::ringback::__private::Place::Local(twin) => {
                    Twin_::ringback_twin_call_hostile(
                            &*twin,
                            call,
                            remote,
                            arguments,
                            object,
                        )
                        .await
                }
                ::ringback::__private::Place::Closed(error) => codec_hostile().1(error),
                ::ringback::__private::Place::Remote(remote) => {
                    codec_hostile().0(remote, call, remote, arguments, object).await
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
    impl ::ringback::__private::HasProxy for dyn Arguments {
        type Proxy = ArgumentsProxy;
        type Twin = dyn Twin_;
        const NAME: &'static str = "Arguments";
    }
    impl ::ringback::__private::ProxyOf<true> for dyn Arguments {
        type Service = dyn Arguments;
        type Proxy = ArgumentsProxy;
    }
    impl ::ringback::__private::ProxyType for ArgumentsProxy {
        type Service = dyn Arguments;
        fn from_reference(
            reference: ::ringback::__private::Reference<dyn Arguments>,
        ) -> Self {
            Self { reference }
        }
        fn reference(&self) -> &::ringback::__private::Reference<dyn Arguments> {
            &self.reference
        }
    }
    impl ::ringback::__private::Dispatch for ArgumentsProxy {
        fn dispatch(
            &self,
            call: ::ringback::__private::Incoming<'_>,
        ) -> ::ringback::__private::Handler {
            match self.reference.place() {
                ::ringback::__private::Place::Local(twin) => {
                    Twin_::ringback_twin_serve(twin, call)
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
    impl ::core::fmt::Debug for ArgumentsProxy {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            ::ringback::__private::debug_proxy(self, "ArgumentsProxy", formatter)
        }
    }
    impl ::ringback::__private::serde::Serialize for ArgumentsProxy {
        fn serialize<S: ::ringback::__private::serde::Serializer>(
            &self,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            ::ringback::__private::serialize_proxy(self, serializer)
        }
    }
    impl<'de> ::ringback::__private::serde::Deserialize<'de> for ArgumentsProxy {
        fn deserialize<D: ::ringback::__private::serde::Deserializer<'de>>(
            deserializer: D,
        ) -> ::core::result::Result<Self, D::Error> {
            ::ringback::__private::deserialize_proxy(deserializer)
        }
    }
    impl Arguments for ArgumentsClient {
        async fn borrowed(
            &self,
            key: &str,
            bytes: &[u8],
            maybe: Option<&str>,
            cow: Cow<'_, str>,
        ) -> Result<()> {
            codec_borrowed().0(&self.remote, key, bytes, maybe, cow).await
        }
        async fn lent(
            &self,
            plan: &Plan,
            steps: &[Step],
            event: &Event<'_>,
            next: Option<&Plan>,
        ) -> Result<()> {
            codec_lent().0(&self.remote, plan, steps, event, next).await
        }
        async fn hostile(
            &self,
            call: T,
            remote: F,
            arguments: Twin,
            object: Once,
        ) -> Result<T> {
            codec_hostile().0(&self.remote, call, remote, arguments, object).await
        }
    }
    impl ::ringback::__private::ServiceClient for ArgumentsClient {
        const NAME: &'static str = <dyn Arguments as ::ringback::__private::HasProxy>::NAME;
        fn from_remote(remote: ::ringback::__private::Remote) -> Self {
            Self { remote }
        }
    }
    impl<T_> ::ringback::__private::Dispatch for ArgumentsServer<T_>
    where
        T_: Arguments,
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
    impl<T_> ::ringback::__private::Service for ArgumentsServer<T_>
    where
        T_: Arguments,
    {
        const NAME: &'static str = <dyn Arguments as ::ringback::__private::HasProxy>::NAME;
    }
    impl<T_> ::core::fmt::Debug for ArgumentsServer<T_> {
        fn fmt(
            &self,
            formatter: &mut ::core::fmt::Formatter<'_>,
        ) -> ::core::fmt::Result {
            formatter.debug_struct("ArgumentsServer").finish_non_exhaustive()
        }
    }
    impl<T_> Arguments for ::std::sync::Arc<T_>
    where
        T_: Arguments,
    {
        fn borrowed(
            &self,
            key: &str,
            bytes: &[u8],
            maybe: Option<&str>,
            cow: Cow<'_, str>,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            <T_ as Arguments>::borrowed(&**self, key, bytes, maybe, cow)
        }
        fn lent(
            &self,
            plan: &Plan,
            steps: &[Step],
            event: &Event<'_>,
            next: Option<&Plan>,
        ) -> impl ::core::future::Future<Output = Result<()>> + ::core::marker::Send {
            <T_ as Arguments>::lent(&**self, plan, steps, event, next)
        }
        fn hostile(
            &self,
            call: T,
            remote: F,
            arguments: Twin,
            object: Once,
        ) -> impl ::core::future::Future<Output = Result<T>> + ::core::marker::Send {
            <T_ as Arguments>::hostile(&**self, call, remote, arguments, object)
        }
        fn __proxy(self) -> ArgumentsProxy {
            <T_ as Arguments>::__proxy_of(self)
        }
        fn __proxy_of(self: ::std::sync::Arc<Self>) -> ArgumentsProxy {
            <T_ as Arguments>::__proxy_of(::core::clone::Clone::clone(&*self))
        }
    }
};
