use ringback::{Result, service};

#[service]
pub trait Registry {
    async fn add(&self, #[cfg(unix)] mode: u32) -> Result<()>;
}

fn main() {}
