use ringback::{Result, service};

#[service]
pub trait Timeouts {
    #[timeout]
    async fn none(&self) -> Result<()>;
    #[timeout(5)]
    async fn number(&self) -> Result<()>;
    #[timeout("5")]
    async fn unitless(&self) -> Result<()>;
    #[timeout("soon")]
    async fn text(&self) -> Result<()>;
    #[timeout("1.5s")]
    async fn fraction(&self) -> Result<()>;
    #[timeout("0s")]
    async fn zero(&self) -> Result<()>;
    #[timeout = "5s"]
    async fn value(&self) -> Result<()>;
}

fn main() {}
