use ringback::{Result, service};

#[service]
pub trait Receivers {
    async fn none(key: String) -> Result<()>;
    async fn mutable(&mut self) -> Result<()>;
    async fn value(self) -> Result<()>;
    async fn shared(self: std::sync::Arc<Self>) -> Result<()>;
    async fn lifetime(&'static self) -> Result<()>;
}

fn main() {}
