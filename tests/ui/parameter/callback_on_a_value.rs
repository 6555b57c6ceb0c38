use ringback::{Result, service};

#[service]
pub trait Registry {
    async fn text(&self, #[callback] key: String) -> Result<()>;
    async fn lent(&self, #[callback] key: &str) -> Result<()>;
    async fn many(&self, #[callback] keys: Vec<u8>) -> Result<()>;
    async fn pair(&self, #[callback] keys: (u8, u8)) -> Result<()>;
}

fn main() {}
