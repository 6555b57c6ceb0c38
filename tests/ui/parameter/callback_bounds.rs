use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self) -> Result<()>;
}

#[service]
pub trait Registry {
    async fn add(&self, #[callback] listener: impl Listener + Send + 'static) -> Result<()>;
    async fn nested(&self, #[callback] listeners: Vec<Option<impl Listener>>) -> Result<()>;
}

fn main() {}
