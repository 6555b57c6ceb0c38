use ringback::{Result, service};

#[service]
pub trait Registry {
    async fn add(&self, key: Strin) -> Result<Numbr>;
}

fn main() {}
