use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self) -> Result<()>;
}

#[service]
pub trait Factory {
    async fn make(&self) -> Result<impl Listener>;
    async fn boxed(&self) -> Result<Box<dyn Listener>>;
}

fn main() {}
