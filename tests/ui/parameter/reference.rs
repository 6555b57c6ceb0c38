use ringback::{Result, service};

#[service]
pub trait Editor {
    async fn edit(&self, text: &mut String) -> Result<()>;
    async fn keep(&self, text: &'static str) -> Result<()>;
    async fn own(&self, me: Self) -> Result<()>;
    async fn dynamic(&self, error: Box<dyn std::error::Error>) -> Result<()>;
}

fn main() {}
