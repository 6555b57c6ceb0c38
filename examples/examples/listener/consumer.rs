//! The consumer: passes a closure to the provider, and prints what that is called with.

use ringback::{Error, Result};
use tokio::sync::watch;

use crate::service::{CallbackListenerProxy, CallbackService, CallbackServiceClient};

/// Listens to what changes under `key`, until `count` messages have come or the provider goes.
pub async fn run(address: &str, key: &str, count: Option<u64>) -> Result<()> {
    let service = CallbackServiceClient::connect(address).await?;
    println!("consumer: connected to {address}");

    // A closure is a listener, and may capture what it needs. It could be passed just as it is; as
    // a proxy it can be passed again, and the provider knows it for the same object.
    let (seen, mut count_seen) = watch::channel(0);
    let listener = CallbackListenerProxy::new(async move |msg: String| {
        println!("callback1:{msg}");
        seen.send_modify(|seen| *seen += 1);
        Ok(())
    });
    service
        .add_listener(key.to_owned(), listener.clone())
        .await?;
    println!("consumer: listening for {key}");

    let session = service.session();
    tokio::select! {
        _ = count_seen.wait_for(|seen| count.is_some_and(|count| *seen >= count)) => {}
        error = session.closed() => {
            let gone = format!("the provider is gone: {error}");
            return Err(Error::new(error.kind(), gone));
        }
    }

    service.remove_listener(key.to_owned(), listener).await?;
    println!("consumer: no longer listening for {key}");
    Ok(())
}
