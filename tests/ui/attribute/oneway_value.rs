use ringback::{Result, service};

#[service]
pub trait Clock {
    #[oneway]
    async fn now(&self) -> Result<u64>;
}

fn main() {}
