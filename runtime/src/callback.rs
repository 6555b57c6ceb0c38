//! `Callback<A, R>`: a service trait for plain functions, ready made.
//!
//! It is generic, which `#[service]` traits cannot be, so what the macro writes for others stands
//! here by hand.

use std::any::Any;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result};
use crate::session::{
    Dispatch, Handler, HasProxy, Incoming, IsService, Lease, Method, Place, ProxyOf, ProxyType,
    Reference, Remote, Returned, debug_proxy, deserialize_proxy, reply, serialize_proxy,
};

/// A function that the far side calls: for a callback that needs no trait of its own.
///
/// Async closures and `async fn` items of one argument are callbacks, and so is an `Arc` of one.
/// The argument is owned; what a method lends (`&str`) a callback cannot take.
///
/// ```
/// use ringback::{Callback, Result, service};
///
/// #[service]
/// pub trait Jobs {
///     /// Runs a job. `progress` hears of each percent, `approve` is asked before anything is deleted.
///     async fn run(
///         &self,
///         name: String,
///         #[callback] progress: impl Callback<u8>,
///         #[callback] approve: impl Callback<Vec<String>, bool>,
///     ) -> Result<()>;
/// }
///
/// async fn example(jobs: impl Jobs) -> Result<()> {
///     let approve = async |files: Vec<String>| Ok(files.len() < 10);
///     jobs.run("tidy".into(), async |percent| { println!("{percent} %"); Ok(()) }, approve).await
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Callback<{A}, {R}>`",
    label = "not a callback",
    note = "pass an async closure that returns a `ringback::Result`, such as `async |value: {A}| {{ …; Ok(()) }}`"
)]
pub trait Callback<A: Returned, R: Returned = ()>: Send + Sync + 'static + IsService {
    /// Calls the function.
    fn call(&self, value: A) -> impl Future<Output = Result<R>> + Send
    where
        Self: Sized;

    #[doc(hidden)]
    fn __proxy(self) -> CallbackProxy<A, R>
    where
        Self: Sized,
    {
        Arc::new(self).__proxy()
    }

    #[doc(hidden)]
    fn __proxy_of(self: Arc<Self>) -> CallbackProxy<A, R>
    where
        Self: Sized,
    {
        let twin: Arc<dyn Twin<A, R>> = self;
        CallbackProxy(Reference::local(twin))
    }
}

impl<A, R, F, Fut> Callback<A, R> for F
where
    A: Returned,
    R: Returned,
    F: FnOnce(A) -> Fut + Again<A, Fut> + Send + Sync + 'static,
    Fut: Future<Output = Result<R>> + Send,
{
    fn call(&self, value: A) -> impl Future<Output = Result<R>> + Send {
        self.again()(value)
    }
}

/// A function that can be called more than once: of a clone, which it does not change.
///
/// It has more impls than one, and depends on the function's future, so that rustc is silent about it
/// where a type is no function at all.
#[doc(hidden)]
pub trait Again<A, Fut> {
    fn again(&self) -> Self;
}

impl<A, Fut: Future, F: AsyncFn(A) -> Fut::Output + Clone> Again<A, Fut> for F {
    fn again(&self) -> Self {
        self.clone()
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct NoFuture;

impl<A, F> Again<A, NoFuture> for F {
    fn again(&self) -> Self {
        unreachable!()
    }
}

impl<A, F> Again<A, &NoFuture> for F {
    fn again(&self) -> Self {
        unreachable!()
    }
}

impl<A: Returned, R: Returned, T: Callback<A, R>> Callback<A, R> for Arc<T> {
    fn call(&self, value: A) -> impl Future<Output = Result<R>> + Send {
        T::call(self, value)
    }

    fn __proxy(self) -> CallbackProxy<A, R> {
        T::__proxy_of(self)
    }
}

impl<A: Returned, R: Returned> Callback<A, R> for CallbackProxy<A, R> {
    async fn call(&self, value: A) -> Result<R> {
        match self.0.place() {
            Place::Local(twin) => twin.twin_call(value).await,
            Place::Closed(error) => Err(error),
            Place::Remote(remote) => call(remote, value).await,
        }
    }

    fn __proxy(self) -> Self {
        self
    }

    fn __proxy_of(self: Arc<Self>) -> Self {
        Arc::unwrap_or_clone(self)
    }
}

/// A reference to a [`Callback`], here or at the far end.
///
/// It is cheap to clone, and lets go of the function when its last clone is dropped.
pub struct CallbackProxy<A: Returned, R: Returned = ()>(Reference<dyn Callback<A, R>>);

impl<A: Returned, R: Returned> CallbackProxy<A, R> {
    /// The proxy of a function; of a proxy, the same one.
    pub fn new(callback: impl Callback<A, R>) -> Self {
        callback.__proxy()
    }

    /// The proxy of a function, and a lease on it.
    pub fn leased(callback: impl Callback<A, R>) -> (Self, Lease) {
        let twin: Arc<dyn Twin<A, R>> = Arc::new(callback);
        let (reference, lease) = Reference::leased(twin);
        (Self(reference), lease)
    }

    /// Waits until calls can only fail, and tells why. A local function without a lease is never
    /// closed.
    pub fn closed(&self) -> impl Future<Output = Error> + Send {
        // Not an `async fn`: of that rustc would look into the body for `Send`, and fail there.
        self.0.closed()
    }

    /// Whether calls can only fail.
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// How many one-way calls to the function its overflow policy has dropped on this side.
    pub fn dropped(&self) -> u64 {
        self.0.dropped()
    }

    /// A clone whose calls fail with [`ErrorKind::Timeout`](crate::ErrorKind::Timeout) when they take
    /// longer.
    #[must_use]
    pub fn with_timeout(&self, timeout: Duration) -> Self {
        Self(self.0.with_timeout(timeout))
    }

    /// A clone whose calls carry one more text for [`context`](crate::context).
    #[must_use]
    pub fn with_metadata(&self, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self(self.0.with_metadata(key, value))
    }
}

static CALL: Method = Method::new("Callback", "call");

async fn call<A: Returned, R: Returned>(remote: &Remote, value: A) -> Result<R> {
    let mut call = remote.call(&CALL, 1);
    call.arg("value", &value);
    let call = call.request::<Result<R>>();
    call.await
}

/// The erased twin of a callback, behind a local proxy.
#[doc(hidden)]
#[async_trait]
pub trait Twin<A, R>: Send + Sync + 'static {
    async fn twin_call(&self, value: A) -> Result<R>;
    fn twin_serve(self: Arc<Self>, call: Incoming<'_>) -> Handler;
}

#[async_trait]
impl<A: Returned, R: Returned, T: Callback<A, R>> Twin<A, R> for T {
    async fn twin_call(&self, value: A) -> Result<R> {
        Callback::call(self, value).await
    }

    fn twin_serve(self: Arc<Self>, call: Incoming<'_>) -> Handler {
        serve::<A, R, T>(self, call)
    }
}

fn serve<A: Returned, R: Returned, T: Callback<A, R>>(
    function: Arc<T>,
    call: Incoming<'_>,
) -> Handler {
    if call.method() != CALL.id() {
        return call.unknown_method("Callback");
    }
    let value = call
        .arguments(&CALL, 1)
        .and_then(|mut arguments| arguments.arg("value"));
    match value {
        Err(error) => Handler::failed(&CALL, error),
        Ok(value) => Handler::inline(async move { reply(&CALL, function.call(value).await) }),
    }
}

impl<A: Returned, R: Returned> HasProxy for dyn Callback<A, R> {
    type Proxy = CallbackProxy<A, R>;
    type Twin = dyn Twin<A, R>;
    const NAME: &'static str = "Callback";
}

impl<A: Returned, R: Returned> ProxyOf<true> for dyn Callback<A, R> {
    type Service = dyn Callback<A, R>;
    type Proxy = CallbackProxy<A, R>;
}

impl<A: Returned, R: Returned> ProxyType for CallbackProxy<A, R> {
    type Service = dyn Callback<A, R>;

    fn from_reference(reference: Reference<dyn Callback<A, R>>) -> Self {
        Self(reference)
    }

    fn reference(&self) -> &Reference<dyn Callback<A, R>> {
        &self.0
    }
}

impl<A: Returned, R: Returned> Dispatch for CallbackProxy<A, R> {
    fn dispatch(&self, call: Incoming<'_>) -> Handler {
        match self.0.place() {
            Place::Local(twin) => twin.twin_serve(call),
            Place::Closed(error) => call.refuse(error),
            Place::Remote(_) => serve::<A, R, Self>(Arc::new(self.clone()), call),
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl<A: Returned, R: Returned> Clone for CallbackProxy<A, R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// Equal are proxies of the same function: the same `Arc`, or the same object of a session.
impl<A: Returned, R: Returned> PartialEq for CallbackProxy<A, R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<A: Returned, R: Returned> Eq for CallbackProxy<A, R> {}

impl<A: Returned, R: Returned> Hash for CallbackProxy<A, R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<A: Returned, R: Returned> fmt::Debug for CallbackProxy<A, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_proxy(self, "CallbackProxy", f)
    }
}

impl<A: Returned, R: Returned> Serialize for CallbackProxy<A, R> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serialize_proxy(self, serializer)
    }
}

impl<'de, A: Returned, R: Returned> Deserialize<'de> for CallbackProxy<A, R> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserialize_proxy(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_of_its_own_can_wait_for_the_end() {
        fn spawn(_: impl Future<Output = Error> + Send + 'static) {}

        let proxy = CallbackProxy::<u8>::new(async |_percent: u8| Ok(()));
        spawn(async move { proxy.closed().await });
    }
}
