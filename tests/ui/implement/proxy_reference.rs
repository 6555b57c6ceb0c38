use ringback::{Result, service};

#[service]
pub trait Listener {
    async fn changed(&self, message: String) -> Result<()>;
}

async fn pass(listener: impl Listener) -> Result<()> {
    listener.changed("message".to_owned()).await
}

async fn pass_some(listener: Option<impl Listener>) -> Result<()> {
    match listener {
        Some(listener) => pass(listener).await,
        None => Ok(()),
    }
}

async fn reference(listener: ListenerProxy) -> Result<()> {
    pass(&listener).await
}

async fn none() -> Result<()> {
    pass_some(None).await
}

fn main() {}
