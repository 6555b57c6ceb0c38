use ringback::{Result, service};

#[service]
pub trait Listener {
    #[oneway]
    async fn changed(&self, key: String) -> Result<()>;
}

#[service]
pub trait Keys {
    async fn key(&self, #[callback(overflaw = "latest")] to: impl Listener) -> Result<()>;
    async fn flag(&self, #[callback(latest)] to: impl Listener) -> Result<()>;
    async fn text(&self, #[callback("latest")] to: impl Listener) -> Result<()>;
    async fn empty(&self, #[callback()] to: impl Listener) -> Result<()>;
    async fn equals(&self, #[callback = "latest"] to: impl Listener) -> Result<()>;
}

#[service]
pub trait Values {
    async fn policy(&self, #[callback(overflow = "newest")] to: ListenerProxy) -> Result<()>;
    async fn ident(&self, #[callback(overflow = latest)] to: Vec<impl Listener>) -> Result<()>;
    async fn missing(&self, #[callback(overflow)] to: Option<impl Listener>) -> Result<()>;
    async fn twice(
        &self,
        #[callback(overflow = "wait", overflow = "close")] to: impl Listener,
        #[callback] #[callback] other: impl Listener,
    ) -> Result<()>;
}

fn main() {}
