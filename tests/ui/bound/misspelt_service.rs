use ringback::{Result, service};

#[service]
pub trait Registry {
    async fn add(&self, #[callback] listener: impl Listner) -> Result<()>;
}

fn main() {}
