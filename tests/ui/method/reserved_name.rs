use ringback::{Result, service};

#[service]
pub trait Inherent {
    async fn closed(&self) -> Result<()>;
    async fn session(&self) -> Result<()>;
    async fn leased(&self) -> Result<()>;
    async fn dropped(&self) -> Result<u64>;
    async fn new(&self) -> Result<()>;
}

#[service]
pub trait Standard {
    async fn clone(&self) -> Result<()>;
    async fn to_string(&self) -> Result<String>;
    async fn into(&self) -> Result<u8>;
    async fn eq(&self, other: u8) -> Result<bool>;
    async fn fmt(&self) -> Result<String>;
    async fn r#borrow(&self) -> Result<()>;
}

#[service]
pub trait Generated {
    async fn __proxy(&self) -> Result<()>;
    async fn ringback_twin_serve(&self) -> Result<()>;
}

fn main() {}
