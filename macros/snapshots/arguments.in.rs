#[service]
trait Arguments {
    async fn borrowed(&self, key: &str, bytes: &[u8], maybe: Option<&str>, cow: Cow<'_, str>) -> Result<()>;
    #[serial]
    async fn lent(&self, plan: &Plan, steps: &[Step], event: &Event<'_>, next: Option<&Plan>) -> Result<()>;
    // Names that generated code might want for itself.
    async fn hostile(&self, call: T, remote: F, arguments: Twin, object: Once) -> Result<T>;
}
