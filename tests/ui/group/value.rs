use ringback::{Result, service};

#[service(group = true)]
pub trait Valued {
    async fn changed(&self) -> Result<()>;
}

#[service(group, group)]
pub trait Twice {
    async fn changed(&self) -> Result<()>;
}

fn main() {}
