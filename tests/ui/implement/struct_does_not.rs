use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self, message: String) -> Result<()>;
}

struct Printer;

fn main() {
    ListenerProxy::new(Printer);
}
