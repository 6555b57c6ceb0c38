#[allow(async_fn_in_trait, dead_code)]
pub trait Refused: ::core::marker::Send + ::core::marker::Sync + 'static {
    async fn good(&self, listener: impl Listener) -> Result<()>;
    async fn bad(&self, listener: impl Listener) -> u8;
}
#[doc(hidden)]
#[allow(dead_code)]
pub type RefusedProxy = ::core::compile_error! {
    "`impl Listener` can only be a callback: write `#[callback] listener: …` if it names a service, or name the type that travels"
};
#[doc(hidden)]
#[allow(dead_code)]
pub type RefusedClient = RefusedProxy;
#[doc(hidden)]
#[allow(dead_code)]
pub type RefusedServer = RefusedProxy;
::core::compile_error! {
    "a call can fail, so a service's method returns a `Result`: write `ringback::Result<u8>`"
}
