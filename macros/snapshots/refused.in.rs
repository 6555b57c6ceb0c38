#[service]
pub trait Refused {
    #[oneway]
    async fn good(&self, #[callback] listener: impl Listener) -> Result<()>;
    async fn bad(&self, listener: impl Listener) -> u8;
}
