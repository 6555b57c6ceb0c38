use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self, message: String) -> Result<()>;
}

use std::rc::Rc;

fn main() {
    ListenerProxy::new(async |message: String| {
        let shared = Rc::new(message);
        std::future::ready(()).await;
        println!("{shared}");
        Ok(())
    });
}
