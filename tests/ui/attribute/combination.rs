use ringback::{Result, service};

#[service]
pub trait Combined {
    #[oneway(now)]
    async fn arguments(&self) -> Result<()>;
    #[idempotent]
    #[idempotent]
    async fn twice(&self) -> Result<()>;
    #[serial]
    #[spawn]
    async fn contradictory(&self) -> Result<()>;
}

fn main() {}
