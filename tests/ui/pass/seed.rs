//! The code that a user writes first, as the design asks for it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use ringback::{Callback, Client, ErrorKind, Result, Server, service, transport::memory};
use tokio::sync::mpsc;

#[service]
pub trait CallbackListener {
    async fn changed(&self, msg: String) -> Result<()>;
}

#[service]
pub trait CallbackService {
    async fn add_listener(
        &self,
        key: String,
        #[callback] listener: impl CallbackListener,
    ) -> Result<()>;
    async fn remove_listener(
        &self,
        key: String,
        #[callback] listener: impl CallbackListener,
    ) -> Result<bool>;
}

#[derive(Default)]
struct Provider {
    listeners: Mutex<HashMap<String, CallbackListenerProxy>>,
}

impl CallbackService for Provider {
    async fn add_listener(&self, key: String, listener: impl CallbackListener) -> Result<()> {
        let listener = CallbackListenerProxy::new(listener);
        listener.changed(key.clone()).await?;
        self.listeners.lock().unwrap().insert(key, listener);
        Ok(())
    }

    async fn remove_listener(&self, key: String, listener: impl CallbackListener) -> Result<bool> {
        let listener = CallbackListenerProxy::new(listener);
        let mut listeners = self.listeners.lock().unwrap();
        let known = listeners.get(&key) == Some(&listener);
        if known {
            listeners.remove(&key);
        }
        Ok(known)
    }
}

#[service]
pub trait Jobs {
    async fn run(
        &self,
        name: &str,
        #[callback] progress: impl Callback<u8>,
        #[callback] approve: impl Callback<Vec<String>, bool>,
    ) -> Result<()>;
}

struct Runner;

impl Jobs for Runner {
    async fn run(
        &self,
        name: &str,
        progress: impl Callback<u8>,
        approve: impl Callback<Vec<String>, bool>,
    ) -> Result<()> {
        if approve.call(vec![name.to_owned()]).await? {
            progress.call(100).await?;
        }
        Ok(())
    }
}

/// Takes a stub, a callback, a mock or the real thing.
async fn adds(service: &impl CallbackService) -> Result<()> {
    let (sender, mut heard) = mpsc::channel(8);
    let seen = Arc::new(AtomicUsize::new(0));

    // One that captures nothing, and one with state, which it moves in.
    let plain = async |msg| {
        println!("callback1:{msg}");
        Ok(())
    };
    service.add_listener("foo.bar".into(), plain).await?;
    let counted = Arc::clone(&seen);
    let stateful = async move |msg: String| {
        counted.fetch_add(msg.len(), SeqCst);
        sender.send(msg).await.ok();
        Ok(())
    };
    service.add_listener("bar".into(), stateful).await?;
    assert_eq!(heard.recv().await.as_deref(), Some("bar"));
    assert_eq!(seen.load(SeqCst), 3);

    // A function, a closure that returns a future, an object, and one that is kept.
    service.add_listener("function".into(), hears).await?;
    service
        .add_listener("future".into(), |msg: String| async move {
            drop(msg);
            Ok(())
        })
        .await?;
    service.add_listener("object".into(), Hears).await?;
    let kept = Arc::new(Hears);
    service.add_listener("kept".into(), kept.clone()).await?;
    assert!(!service.remove_listener("bar".into(), kept.clone()).await?);
    assert!(service.remove_listener("kept".into(), kept).await?);

    // One that its owner can withdraw.
    let (listener, lease) = CallbackListenerProxy::leased(Hears);
    service.add_listener("leased".into(), listener.clone()).await?;
    assert_eq!(listener.dropped(), 0);
    lease.revoke();
    assert_eq!(listener.closed().await.kind(), ErrorKind::Revoked);
    Ok(())
}

async fn hears(_msg: String) -> Result<()> {
    Ok(())
}

struct Hears;

impl CallbackListener for Hears {
    async fn changed(&self, _msg: String) -> Result<()> {
        Ok(())
    }
}

async fn runs(jobs: impl Jobs) -> Result<()> {
    let percents = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&percents);
    let progress = async move |percent: u8| {
        seen.fetch_add(percent.into(), SeqCst);
        Ok(())
    };
    jobs.run("tidy", progress, async |files: Vec<String>| Ok(files.len() < 10))
        .await?;
    assert_eq!(percents.load(SeqCst), 100);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (here, there) = memory::pair();
    let server = Server::builder()
        .service(CallbackServiceServer::new(Provider::default()))
        .service(JobsServer::new(Runner))
        .max_callbacks(1000);
    let (_server, client) =
        tokio::join!(server.serve_io(there), Client::builder().connect_io(here));
    let client = client?;

    // In this process, behind a proxy, and over the wire. A generic caller can be spawned.
    adds(&Provider::default()).await?;
    adds(&CallbackServiceProxy::new(Provider::default())).await?;
    let service = client.service::<CallbackServiceClient>();
    tokio::spawn(async move { adds(&service).await })
        .await
        .unwrap()?;
    runs(Runner).await?;
    tokio::spawn(runs(client.service::<JobsClient>()))
        .await
        .unwrap()
}
