//! A provider calls back the consumers that registered with it; one of each, in one process.

mod service;

use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::prelude::*;
use service::{CallbackListener, CallbackListenerClient, CallbackService, CallbackServiceClient};
use tarpc::client;
use tarpc::context::{self, Context};
use tarpc::serde_transport::tcp;
use tarpc::server::{BaseChannel, Channel};
use tarpc::tokio_serde::formats::Bincode;
use tokio::sync::mpsc;

type Listeners = Arc<Mutex<HashMap<String, CallbackListenerClient>>>;

#[derive(Clone, Default)]
struct Provider {
    listeners: Listeners,
}

impl CallbackService for Provider {
    async fn add_listener(
        self,
        _: Context,
        key: String,
        listener: SocketAddr,
    ) -> Result<(), String> {
        let transport = tcp::connect(listener, Bincode::default)
            .await
            .map_err(|why| why.to_string())?;
        let listener = CallbackListenerClient::new(client::Config::default(), transport).spawn();
        listener
            .changed(context::current(), format!("added {key}"))
            .await
            .map_err(|why| why.to_string())?;
        self.listeners.lock().unwrap().insert(key, listener);
        Ok(())
    }

    async fn remove_listener(self, _: Context, key: String) -> bool {
        self.listeners.lock().unwrap().remove(&key).is_some()
    }
}

async fn notify(listeners: Listeners) {
    for number in 1.. {
        tokio::time::sleep(Duration::from_millis(10)).await;
        let now = listeners.lock().unwrap().clone();
        for (key, listener) in now {
            let told = listener.changed(context::current(), format!("change {number}"));
            if told.await.is_err() {
                listeners.lock().unwrap().remove(&key);
            }
        }
    }
}

#[derive(Clone)]
struct Listener(mpsc::Sender<String>);

impl CallbackListener for Listener {
    async fn changed(self, _: Context, msg: String) {
        self.0.send(msg).await.ok();
    }
}

async fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(work);
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let provider = Provider::default();
    tokio::spawn(notify(provider.listeners.clone()));
    let mut incoming = tcp::listen("127.0.0.1:0", Bincode::default).await?;
    let address = incoming.local_addr();
    tokio::spawn(async move {
        while let Some(Ok(transport)) = incoming.next().await {
            let requests = BaseChannel::with_defaults(transport).execute(provider.clone().serve());
            tokio::spawn(requests.for_each(spawn));
        }
    });

    let (messages, mut arrived) = mpsc::channel(8);
    let mut incoming = tcp::listen("127.0.0.1:0", Bincode::default).await?;
    let listener = incoming.local_addr();
    tokio::spawn(async move {
        if let Some(Ok(transport)) = incoming.next().await {
            let requests =
                BaseChannel::with_defaults(transport).execute(Listener(messages).serve());
            requests.for_each(spawn).await;
        }
    });

    let transport = tcp::connect(address, Bincode::default).await?;
    let service = CallbackServiceClient::new(client::Config::default(), transport).spawn();
    let key = "foo.bar".to_owned();
    service
        .add_listener(context::current(), key.clone(), listener)
        .await??;
    for _ in 0..3 {
        println!("{:?}", arrived.recv().await);
    }
    println!(
        "{}",
        service.remove_listener(context::current(), key).await?
    );
    Ok(())
}
