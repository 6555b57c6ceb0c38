#[service]
pub trait Defaults {
    async fn required(&self, text: Cow<'_, str>, maybe: Option<&str>) -> Result<()>;
    #[deprecated = "use `required`"]
    async fn provided(&self, mut count: u8, (a, b): (u8, u8), _: String) -> Result<u8> {
        count += a + b;
        Ok(count)
    }
}
