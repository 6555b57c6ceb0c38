use ringback::{Result, service};

#[allow(async_fn_in_trait)]
pub trait Listener {
    async fn changed(&self, text: String) -> Result<()>;
}

#[service]
pub trait Registry {
    async fn add(&self, #[callback] listener: impl Listener) -> Result<()>;
}

#[service]
pub trait Iterates {
    async fn all(&self, #[callback] items: Vec<impl Iterator<Item = u8>>) -> Result<()>;
}

fn main() {}
