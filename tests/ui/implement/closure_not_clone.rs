use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self, message: String) -> Result<()>;
}

struct DatabaseConnection;

fn main() {
    let connection = DatabaseConnection;
    ListenerProxy::new(async move |_message: String| {
        let _used = &connection;
        Ok(())
    });
}
