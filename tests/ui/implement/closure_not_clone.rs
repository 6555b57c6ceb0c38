use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self, message: String) -> Result<()>;
}

struct Connection;

fn main() {
    let connection = Connection;
    ListenerProxy::new(async move |_message: String| {
        let _used = &connection;
        Ok(())
    });
}
