use ringback::{Result, service};

#[service]
pub trait Named: std::fmt::Debug + Clone {
    async fn name(&self) -> Result<String>;
}

fn main() {}
