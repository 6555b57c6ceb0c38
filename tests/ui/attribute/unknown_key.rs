use ringback::{Result, service};

#[service(nane = "listener", version = "1")]
pub trait Misspelt {
    async fn changed(&self) -> Result<()>;
}

#[service(groups)]
pub trait Unknown {
    async fn changed(&self) -> Result<()>;
}

#[service("listener")]
pub trait Unnamed {
    async fn changed(&self) -> Result<()>;
}

fn main() {}
