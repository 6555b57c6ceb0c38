/// Hears of changes.
#[service]
pub trait Listener {
    /// Something changed.
    async fn changed(&self, no: u32, text: &str) -> Result<()>;
}
