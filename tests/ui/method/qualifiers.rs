use ringback::{Result, service};

#[service]
pub trait Qualified {
    async unsafe fn dangerous(&self) -> Result<()>;
    async extern "C" fn foreign(&self) -> Result<()>;
}

fn main() {}
