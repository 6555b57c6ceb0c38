//! The consumer: passes a closure to the provider, and prints what that is called with.

use ringback::{Client, Result, SessionEvent};
use tokio::sync::watch;

use crate::service::{CallbackListenerProxy, CallbackService, CallbackServiceClient};

/// Listens to what changes under `key`, until `count` messages have come.
pub async fn run(address: &str, key: &str, count: Option<u64>) -> Result<()> {
    // A closure is a listener, and may capture what it needs. It could be passed just as it is; as
    // a proxy it can be passed again, and the provider knows it for the same object.
    let (seen, mut count_seen) = watch::channel(0);
    let listener = CallbackListenerProxy::new(async move |msg: String| {
        println!("callback1:{msg}");
        seen.send_modify(|seen| *seen += 1);
        Ok(())
    });

    // For each session, the first one and those after a restart of the provider: registers.
    let registers = (key.to_owned(), listener.clone());
    let client = Client::builder()
        .on_session(async move |session| {
            let (key, listener) = registers.clone();
            let service = session.service::<CallbackServiceClient>();
            service.add_listener(key.clone(), listener).await?;
            println!("consumer: listening for {key}");
            Ok(())
        })
        .connect(address)
        .await?;

    let mut events = client.events();
    loop {
        tokio::select! {
            _ = count_seen.wait_for(|seen| count.is_some_and(|count| *seen >= count)) => break,
            Some(event) = events.next() => match event {
                SessionEvent::Connected { .. } => println!("consumer: connected again"),
                SessionEvent::Lost { error, .. } => println!("consumer: the provider is gone: {error}"),
                SessionEvent::Closed { .. } => println!("consumer: the provider is gone"),
                _ => {}
            },
        }
    }

    let service = client.service::<CallbackServiceClient>();
    service.remove_listener(key.to_owned(), listener).await?;
    println!("consumer: no longer listening for {key}");
    Ok(())
}
