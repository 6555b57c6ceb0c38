use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self, message: String) -> Result<()>;
}

fn main() {
    ListenerProxy::new(async |message: u8| {
        println!("{message}");
        Ok(())
    });
    ListenerProxy::new(async |message: String, more: u8| {
        println!("{message}{more}");
        Ok(())
    });
    ListenerProxy::new(async |message: String| {
        println!("{message}");
    });
    ListenerProxy::new(|message: String| {
        println!("{message}");
        Ok(())
    });
}
