use ringback::{Result, service};

pub trait Listener {
    fn changed(&self);
}

#[service]
pub trait Registry {
    async fn add(&self, #[callback] listener: impl Listener) -> Result<()>;
}

#[service]
pub trait Registries {
    async fn add(&self, key: u8, #[callback] listener: Option<impl Listener>) -> Result<()>;
    async fn without(&self, #[callback] listeners: Vec<impl Listener>) -> Result<bool>;
}

fn main() {}
