use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self, message: String) -> Result<()>;
    async fn ended(&self) -> Result<()>;
}

fn main() {
    ListenerProxy::new(async |_message: String| Ok(()));
}
