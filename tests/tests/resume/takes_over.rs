//! The connection by which a session goes on, and the one before it.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ringback::{Client, Server, SessionEvent};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use crate::{GRACE, MS, OnAir, Station, StationClient};

#[tokio::test(start_paused = true)]
async fn a_second_connection_takes_over_from_a_half_dead_one() {
    // The server hears nothing, and does not ask.
    let air = OnAir::with(Server::builder().resume(GRACE).heartbeat(Duration::ZERO));
    let links = Arc::new(Mutex::new(vec![air.network.link(), air.network.link()]));
    let first = links.lock().unwrap()[1].clone();
    let client = Client::builder()
        .resume(GRACE)
        .heartbeat(Duration::from_secs(1));
    let client = client.connect_with(async move || {
        let link = links
            .lock()
            .unwrap()
            .pop()
            .expect("two connections will do");
        link.connect("station").await
    });
    let client = client.await.unwrap();
    let station = client.service::<StationClient>();
    let mut events = air.handle.events();
    first.black_hole();
    let silent = Instant::now();
    let (one, two) = tokio::join!(station.count(), station.count());
    assert_eq!((one.unwrap(), two.unwrap()), (1, 2));
    assert_eq!(silent.elapsed().as_secs(), 4);
    assert!(matches!(
        events.next().await,
        Some(SessionEvent::Resumed { .. })
    ));
}

/// Reads only after everything that was on its way has come.
struct Late {
    inner: ringback::testing::Stream,
    wait: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl AsyncRead for Late {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let wait = self
            .wait
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(MS * 20)));
        ready!(wait.as_mut().poll(cx));
        loop {
            let before = buffer.filled().len();
            match Pin::new(&mut self.inner).poll_read(cx, buffer) {
                Poll::Ready(Ok(())) if buffer.filled().len() > before => {}
                Poll::Pending if before == 0 => return Poll::Pending,
                Poll::Ready(Err(error)) if before == 0 => return Poll::Ready(Err(error)),
                _ => {
                    self.wait = None;
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }
}

impl AsyncWrite for Late {
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

#[tokio::test(start_paused = true)]
async fn what_came_with_the_word_that_a_session_goes_on_is_seen_at_once() {
    // Nobody pings, so no later byte helps.
    let air = OnAir::with(Server::builder().resume(GRACE).heartbeat(Duration::ZERO));
    let link = air.network.link();
    let dial = link.clone();
    let client = Client::builder()
        .resume(GRACE)
        .heartbeat(Duration::ZERO)
        .connect_with(async move || {
            let inner = dial.connect("station").await?;
            Ok(Late { inner, wait: None })
        })
        .await
        .unwrap();
    let station = client.service::<StationClient>();
    let call = air.waiting_call(&station).await;
    tokio::time::sleep(MS * 300).await; // whatever there was has been acknowledged
    link.cut();
    air.radio.go.notify_one();
    tokio::time::sleep(MS * 100).await;
    link.heal();
    let answer = tokio::time::timeout(GRACE, call).await.expect("an answer");
    assert_eq!(answer.unwrap().unwrap(), 1);
}
