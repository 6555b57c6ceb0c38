#[service(group)]
pub trait Listener {
    async fn changed(&self, key: Plan, #[callback] answer: impl Answer) -> Result<()>;
    #[oneway]
    #[cfg(feature = "end")]
    async fn ended(&self) -> Result<()>;
}
