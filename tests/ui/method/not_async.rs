use ringback::{Result, service};

#[service]
pub trait Clock {
    fn now(&self) -> Result<u64>;
}

fn main() {}
