use ringback::{Result, service};

#[service]
pub trait Store {
    type Key;
    const LIMIT: usize;
    async fn put(&self, value: u8) -> Result<()>;
}

fn main() {}
