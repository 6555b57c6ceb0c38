use ringback::{Result, service};

#[service]
pub trait Patterns {
    async fn changed(&self, mut count: u32, (a, b): (u8, u8)) -> Result<()>;
}

fn main() {}
