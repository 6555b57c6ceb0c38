use ringback::{Result, service};

#[service]
pub trait Twice {
    fn first(&self) -> Result<()>;
    async fn second(&mut self, value: &mut String) -> u8;
}

fn main() {}
