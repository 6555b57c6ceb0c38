//! A server with work that goes on until it is told to end.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback::{Callback, CallbackProxy, Client, ErrorKind, Result, Server, ServerHandle, service};
use ringback_tests::{Ends, Over, Serving};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

#[service]
pub(crate) trait Work {
    /// Ends when it is told to.
    async fn slow(&self) -> Result<u32>;
    /// Calls back when it is told to, so many times.
    async fn question(&self, #[callback] ask: impl Callback<u32, u32>, times: u32) -> Result<u32>;
    /// Keeps a callback.
    async fn keep(&self, #[callback] kept: impl Callback<u32, u32>) -> Result<()>;
    /// Calls all that was kept when it is told to.
    async fn tell_all(&self, value: u32) -> Result<u32>;
    /// As `slow`, without an answer.
    #[oneway]
    async fn slow_quietly(&self) -> Result<()>;
    async fn quick(&self) -> Result<()>;
}

pub(crate) struct Worker {
    /// Whoever works says so, and waits for a permit.
    begun: mpsc::UnboundedSender<()>,
    pub(crate) go_on: Semaphore,
    pub(crate) ended: Mutex<u32>,
    pub(crate) kept: Mutex<Vec<CallbackProxy<u32, u32>>>,
}

impl Worker {
    /// One at work, and who hears when it begins something.
    pub(crate) fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<()>) {
        let (sender, begun) = mpsc::unbounded_channel();
        let worker = Self {
            begun: sender,
            go_on: Semaphore::new(0),
            ended: Mutex::default(),
            kept: Mutex::default(),
        };
        (Arc::new(worker), begun)
    }

    async fn pause(&self) {
        self.begun.send(()).ok();
        self.go_on.acquire().await.unwrap().forget();
    }
}

impl Work for Worker {
    async fn slow(&self) -> Result<u32> {
        self.pause().await;
        Ok(7)
    }

    async fn question(&self, ask: impl Callback<u32, u32>, times: u32) -> Result<u32> {
        self.pause().await;
        let mut sum = 0;
        for no in 0..times {
            sum += ask.call(no).await?;
        }
        Ok(sum)
    }

    async fn keep(&self, kept: impl Callback<u32, u32>) -> Result<()> {
        self.kept.lock().unwrap().push(CallbackProxy::new(kept));
        Ok(())
    }

    async fn tell_all(&self, value: u32) -> Result<u32> {
        self.pause().await;
        let kept = self.kept.lock().unwrap().clone();
        let mut sum = 0;
        for one in kept {
            sum += one.call(value).await?;
        }
        Ok(sum)
    }

    async fn slow_quietly(&self) -> Result<()> {
        self.pause().await;
        *self.ended.lock().unwrap() += 1;
        Ok(())
    }

    async fn quick(&self) -> Result<()> {
        Ok(())
    }
}

pub(crate) struct Stage {
    pub(crate) serving: Serving,
    pub(crate) worker: Arc<Worker>,
    pub(crate) begun: mpsc::UnboundedReceiver<()>,
}

/// Nobody waits for so long but in vain.
pub(crate) const LONG: Duration = Duration::from_secs(50);

impl Stage {
    pub(crate) async fn set(over: Over) -> Self {
        let (worker, begun) = Worker::new();
        let server = Server::builder().service(WorkServer::new(Arc::clone(&worker)));
        Self {
            serving: Serving::start(over, server).await,
            worker,
            begun,
        }
    }

    pub(crate) async fn connect(&self) -> (Ends, WorkClient) {
        let ends = self.serving.connect(Client::builder()).await;
        let work = ends.service();
        (ends, work)
    }

    pub(crate) fn shut_down(&self, grace: Duration) -> JoinHandle<()> {
        let handle: ServerHandle = self.serving.handle().clone();
        tokio::spawn(async move { handle.shutdown(grace).await })
    }
}

/// A call that ends when it is told to.
pub(crate) fn call_slow(work: &WorkClient) -> JoinHandle<Result<u32>> {
    let work = work.clone();
    tokio::spawn(async move { work.slow().await })
}

/// Calls until a call fails, and gives the error.
pub(crate) async fn first_refusal(work: &WorkClient) -> ringback::Error {
    loop {
        if let Err(error) = work.quick().await {
            return error;
        }
        tokio::task::yield_now().await;
    }
}

pub(crate) fn assert_leaving(error: &ringback::Error) {
    assert_eq!(error.kind(), ErrorKind::Closed);
    let text = error.to_string();
    let tells = text.contains("the peer is leaving: the server is shutting down");
    assert!(tells, "{text}");
}
