use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self, message: String) -> Result<()>;
}

use std::cell::Cell;

struct Counter(Cell<usize>);

impl Listener for Counter {
    async fn changed(&self, message: String) -> Result<()> {
        self.0.set(message.len());
        Ok(())
    }
}

fn main() {
    ListenerProxy::new(Counter(Cell::new(0)));
}
