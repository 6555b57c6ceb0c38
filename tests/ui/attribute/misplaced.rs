use ringback::{Result, service};

#[service]
#[oneway]
pub trait Misplaced {
    #[callback]
    async fn method(&self) -> Result<()>;
    async fn parameter(&self, #[timeout("5s")] key: String) -> Result<()>;
}

fn main() {}
