use ringback::{Result, service};

#[service]
pub unsafe trait Dangerous {
    async fn act(&self) -> Result<()>;
}

fn main() {}
