/// Keeps listeners.
#[service(name = "registry", version = "2", crate = my_crate::ringback)]
pub(crate) trait Registry {
    #[timeout("5s")]
    async fn add(&self, key: String, #[callback] listener: impl other::Listener) -> Result<(), Refusal>;
    #[idempotent]
    #[cfg(feature = "removal")]
    async fn remove_all(
        &self,
        #[callback(overflow = "latest")] listeners: Vec<impl Listener>,
        #[callback] done: Option<impl Callback<u8>>,
        #[callback(overflow = "drop_oldest")] log: LogProxy,
    ) -> Result<u32, Refusal>;
    #[oneway]
    #[spawn]
    async fn poke(&self) -> Result<()>;
}
