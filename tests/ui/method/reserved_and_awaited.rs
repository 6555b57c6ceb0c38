//! What is refused is one error, also if a method of another service awaits it.

use ringback::{Result, service};

#[service]
trait Tick {
    async fn closed(&self, no: u32) -> Result<u32>;
}

#[service]
trait Feed {
    async fn begin(&self, #[callback] tick: impl Tick) -> Result<u32>;
}

struct Prices;

impl Feed for Prices {
    async fn begin(&self, tick: impl Tick) -> Result<u32> {
        tick.closed(7).await
    }
}

fn main() {}
