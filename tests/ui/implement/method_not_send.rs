use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self, message: String) -> Result<()>;
}

use std::rc::Rc;

struct Printer;

impl Listener for Printer {
    async fn changed(&self, message: String) -> Result<()> {
        let shared = Rc::new(message);
        std::future::ready(()).await;
        println!("{shared}");
        Ok(())
    }
}

fn main() {
    ListenerProxy::new(Printer);
}
