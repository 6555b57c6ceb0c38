//! A connection that can't go on takes no processor time.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::task::{Context, Poll};

use ringback::{Client, Result, Server, service};
use ringback_tests::until;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

#[service]
trait Sink {
    async fn take(&self, text: &str) -> Result<()>;
}

struct Nowhere;

impl Sink for Nowhere {
    async fn take(&self, _text: &str) -> Result<()> {
        Ok(())
    }
}

/// Counts how often it is read from: once for each turn of the connection, at least.
struct Counted {
    inner: DuplexStream,
    reads: Arc<AtomicUsize>,
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        self.reads.fetch_add(1, SeqCst);
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn while_the_transport_takes_nothing_nothing_is_done() {
    let (here, there) = tokio::io::duplex(1 << 10);
    let reads = Arc::<AtomicUsize>::default();
    let counted = Counted {
        inner: here,
        reads: reads.clone(),
    };
    // The peer greets and is not driven any more: its runtime does not run.
    let far = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (stands, stood_still) = tokio::sync::oneshot::channel::<()>();
    let (go_on, may_go_on) = std::sync::mpsc::channel::<()>();
    let peer = std::thread::spawn(move || {
        let server = Server::builder().service(SinkServer::new(Nowhere));
        let session = far.block_on(async {
            let session = server.serve_io(there).await.unwrap();
            stopped.await.unwrap();
            session
        });
        stands.send(()).unwrap();
        may_go_on.recv().unwrap();
        far.block_on(session.closed())
    });
    let client = Client::builder().connect_io(counted).await.unwrap();
    let sink: SinkClient = client.service();
    stop.send(()).unwrap();
    stood_still.await.unwrap();

    let long = "x".repeat(10_000);
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let (sink, long) = (sink.clone(), long.clone());
            tokio::spawn(async move { sink.take(&long).await })
        })
        .collect();
    let stats = || client.session().stats();
    until("the calls wait", || stats().calls_in_flight == 10).await;
    for _ in 0..1000 {
        tokio::task::yield_now().await; // the connection has its turns, should it want them
    }
    let before = reads.load(SeqCst);
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    assert_eq!(reads.load(SeqCst), before);

    go_on.send(()).unwrap();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    drop((sink, client));
    tokio::task::spawn_blocking(|| peer.join())
        .await
        .unwrap()
        .unwrap();
}
