use ringback::{Result, service};

#[service]
pub auto trait Automatic {
    async fn act(&self) -> Result<()>;
}

fn main() {}
