//! A provider calls back the consumers that registered with it; one of each, in one process.

mod service;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback::{Result, Server};
use service::{
    CallbackListener, CallbackListenerProxy, CallbackService, CallbackServiceClient,
    CallbackServiceServer,
};
use tokio::sync::mpsc;

type Listeners = Arc<Mutex<HashMap<String, CallbackListenerProxy>>>;

#[derive(Clone, Default)]
struct Provider {
    listeners: Listeners,
}

impl CallbackService for Provider {
    async fn add_listener(&self, key: String, listener: impl CallbackListener) -> Result<()> {
        let listener = CallbackListenerProxy::new(listener);
        listener.changed(format!("added {key}")).await?;
        self.listeners.lock().unwrap().insert(key, listener);
        Ok(())
    }

    async fn remove_listener(&self, key: String) -> Result<bool> {
        Ok(self.listeners.lock().unwrap().remove(&key).is_some())
    }
}

async fn notify(listeners: Listeners) {
    for number in 1.. {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let now = listeners.lock().unwrap().clone();
        for (key, listener) in now {
            if listener.changed(format!("change {number}")).await.is_err() {
                listeners.lock().unwrap().remove(&key);
            }
        }
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let provider = Provider::default();
    tokio::spawn(notify(provider.listeners.clone()));
    let server = Server::builder()
        .service(CallbackServiceServer::new(provider))
        .bind("127.0.0.1:0")
        .await?;
    let address = server.local_addr();
    tokio::spawn(server.run());

    let service = CallbackServiceClient::connect(address).await?;
    let (messages, mut arrived) = mpsc::channel(8);
    let listener = async move |msg: String| {
        messages.send(msg).await.ok();
        Ok(())
    };
    service.add_listener("foo.bar".to_owned(), listener).await?;
    for _ in 0..3 {
        println!("{:?}", arrived.recv().await);
    }
    println!("{}", service.remove_listener("foo.bar".to_owned()).await?);
    Ok(())
}
