use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self) -> Result<()>;
}

#[service]
pub trait Registry {
    async fn add(&self, key: String, listener: impl Listener) -> Result<()>;
    async fn maybe(&self, listener: Option<impl Listener>) -> Result<()>;
    async fn text(&self, text: impl Into<String>) -> Result<()>;
}

fn main() {}
