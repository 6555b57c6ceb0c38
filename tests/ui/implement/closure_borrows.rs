use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self, message: String) -> Result<()>;
}

fn main() {
    let prefix = String::from("> ");
    ListenerProxy::new(async |message: String| {
        println!("{prefix}{message}");
        Ok(())
    });
}
