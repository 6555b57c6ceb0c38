use ringback::{Result, service};

#[service]
pub trait Store<'a, T> {
    async fn put(&self, value: u8) -> Result<()>;
}

#[service]
pub trait Bounded
where
    Self: Sized,
{
    async fn put(&self, value: u8) -> Result<()>;
}

fn main() {}
