use ringback::{Result, service};

#[service]
pub trait Words {
    async fn costarring(&self) -> Result<()>;
    async fn liquid(&self) -> Result<()>;
}

fn main() {}
