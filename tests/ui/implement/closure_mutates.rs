use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self, message: String) -> Result<()>;
}

fn main() {
    let mut count = 0;
    ListenerProxy::new(async move |message: String| {
        count += message.len();
        Ok(())
    });
}
