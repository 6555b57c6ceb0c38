use ringback::{Result, service};

#[service]
pub trait Store {
    async fn put<T>(&self, value: T) -> Result<()>;
    async fn look<'a>(&self, key: &'a str) -> Result<()>;
    async fn bounded(&self) -> Result<()>
    where
        Self: Clone;
}

fn main() {}
