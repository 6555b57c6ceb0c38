//! A lone call is written where it is made, by the caller itself. The peer is a bare socket that blocks the
//! only thread of the runtime: while it waits for bytes, no task can write them.

use std::future::Future;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use futures_util::{FutureExt, poll};
use ringback::{Result, Server, Session, service};
use ringback_tests::raw::{Raw, frame, request, text};
use ringback_tests::{Over, Serving, until};
use tokio::runtime::Builder;
use tokio::sync::Notify;
use tokio::task::yield_now;

#[service]
trait Sink {
    async fn take(&self, text: &str) -> Result<()>;
    #[oneway]
    async fn tell(&self, text: &str) -> Result<()>;
}

/// Answers when it is told to.
struct Waits(Arc<Notify>);

impl Sink for Waits {
    async fn take(&self, _text: &str) -> Result<()> {
        self.0.notified().await;
        Ok(())
    }

    async fn tell(&self, _text: &str) -> Result<()> {
        Ok(())
    }
}

/// The bare socket of a peer.
struct Peer(TcpStream);

impl Peer {
    /// Reads the next frame.
    fn frame(&mut self) -> Vec<u8> {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).expect("a frame");
        let mut body = vec![0; u32::from_be_bytes(length) as usize];
        self.0.read_exact(&mut body).expect("the whole frame");
        body
    }

    /// Reads the next frame, which is a call that carries that text.
    fn takes(&mut self, text: &str) {
        let body = self.frame();
        assert!(matches!(body[1], 0 | 2), "not a call: {body:02x?}");
        assert!(body.ends_with(text.as_bytes()), "not with {text:?}");
    }

    /// Whether something has come and was not read.
    fn has_something(&self) -> bool {
        self.0.set_nonblocking(true).unwrap();
        let peeked = self.0.peek(&mut [0]);
        self.0.set_nonblocking(false).unwrap();
        peeked.is_ok()
    }

    /// Answers the request with that number.
    fn answers(&mut self, id: u16) {
        let [high, low] = id.to_be_bytes();
        let answer = frame(&[0x96, 1, 0xc0, 0xcd, high, low, 0, 0x90, 0xc0]);
        self.0.write_all(&answer).unwrap();
    }
}

/// A server's session, its peer, and what lets the server's handlers go on.
async fn meet() -> (Serving, Session, Peer, Arc<Notify>) {
    let go_on = Arc::<Notify>::default();
    let server = Server::builder().service(SinkServer::new(Waits(Arc::clone(&go_on))));
    let serving = Serving::start(Over::Tcp, server).await;
    let peer = Raw::greeted(serving.address()).await;
    let mut session = None;
    until("it has a session", || {
        session = serving.handle().sessions().pop();
        session.is_some()
    })
    .await;
    let peer = Peer(peer.into_blocking());
    (serving, session.expect("a session"), peer, go_on)
}

#[tokio::test]
async fn a_lone_call_needs_no_other_task_to_leave() {
    let (_serving, session, mut peer, _) = meet().await;
    let sink: SinkClient = session.service();
    for id in 1..4 {
        let mut call = pin!(sink.take("hello"));
        assert!(poll!(&mut call).is_pending());
        peer.takes("hello");
        peer.answers(id);
        call.await.unwrap();
    }
}

#[test]
fn a_lone_call_needs_no_runtime_to_leave() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (_serving, session, mut peer, _) = runtime.block_on(meet());
    let sink: SinkClient = session.service();
    let mut call = pin!(sink.take("hello"));
    let mut nobody = Context::from_waker(Waker::noop());
    assert!(call.as_mut().poll(&mut nobody).is_pending());
    peer.takes("hello");
    peer.answers(1);
    runtime.block_on(call).unwrap();
}

#[tokio::test]
async fn a_lone_answer_needs_no_other_task_to_leave() {
    let (_serving, session, mut peer, go_on) = meet().await;
    let call = request(1, &text("Sink"), "take", &[0x90], &[0x91, 0xa0]);
    peer.0.write_all(&call).unwrap();
    until("it is served", || session.stats().calls_served == 1).await;
    go_on.notify_one();
    // Behind the handler's task, and before any that it wakes.
    let next = tokio::spawn(async move { peer.frame() });
    assert_eq!(next.await.unwrap()[..2], [0x96, 1]);
}

#[tokio::test]
async fn several_calls_are_gathered() {
    let (_serving, session, mut peer, _) = meet().await;
    let sink: SinkClient = session.service();
    for round in 0..3 {
        let [mut a, mut b] = ["a", "b"].map(|text| Box::pin(sink.take(text)));
        assert!(poll!(&mut a).is_pending() && poll!(&mut b).is_pending());
        // Only the very first could not be known to have company.
        assert_eq!(peer.has_something(), round == 0);
        let answering = tokio::task::spawn_blocking(move || {
            peer.takes("a");
            peer.takes("b");
            peer.answers(2 * round + 1);
            peer.answers(2 * round + 2);
            peer
        });
        a.await.unwrap();
        b.await.unwrap();
        peer = answering.await.unwrap();
    }
}

#[tokio::test]
async fn one_way_calls_are_gathered() {
    let (_serving, session, mut peer, _) = meet().await;
    let sink: SinkClient = session.service();
    for _ in 0..3 {
        sink.tell("a").await.unwrap();
        sink.tell("b").await.unwrap();
        assert!(!peer.has_something());
        while !peer.has_something() {
            yield_now().await;
        }
        peer.takes("a");
        peer.takes("b");
    }
}

/// Makes lone calls that are answered and not read, until the socket takes no more. Gives how many there
/// were, and whether the last one is to be awaited.
async fn fill(session: &Session, peer: &mut Peer, long: &str, gives_up: bool) -> u16 {
    let sink: SinkClient = session.service();
    for id in 1.. {
        let mut call = pin!(sink.take(long));
        assert!(poll!(&mut call).is_pending());
        if session.stats().queued_bytes > 0 {
            assert!(id > 2, "it was not written at once");
            if !gives_up {
                peer.answers(id);
                call.await.unwrap();
            }
            return id;
        }
        peer.answers(id);
        call.await.unwrap();
    }
    unreachable!("no socket takes so much")
}

#[tokio::test]
async fn what_the_socket_does_not_take_leaves_whole() {
    for gives_up in [false, true] {
        let (_serving, session, mut peer, _) = meet().await;
        let long = "x".repeat(10_000);
        let count = fill(&session, &mut peer, &long, gives_up).await;
        let sink: SinkClient = session.service();
        let mut next = pin!(sink.take("next"));
        assert!(poll!(&mut next).is_pending());
        let reading = tokio::task::spawn_blocking(move || {
            for _ in 0..count {
                peer.takes(&long);
            }
            if gives_up {
                assert_eq!(peer.frame()[..2], [0x93, 3], "not a cancel");
            }
            peer.takes("next");
            if gives_up {
                peer.answers(count);
            }
            peer.answers(count + 1);
            peer
        });
        next.await.unwrap();
        drop(reading.await.unwrap());
    }
}

#[tokio::test]
async fn the_socket_is_closed_though_a_stub_is_held() {
    let (_serving, session, mut peer, _) = meet().await;
    let sink: SinkClient = session.service();
    session.close();
    session.closed().await;
    let end = tokio::task::spawn_blocking(move || peer.0.read_to_end(&mut Vec::new()));
    assert_eq!(end.await.unwrap().unwrap(), 0);
    drop(sink);
}

#[test]
fn the_socket_is_closed_with_its_runtime_though_a_stub_is_held() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (serving, session, mut peer, _) = runtime.block_on(meet());
    let sink: SinkClient = session.service();
    drop(runtime);
    let end = peer.0.read(&mut [0]);
    let is_closed = match &end {
        Ok(bytes) => *bytes == 0,
        Err(error) => error.kind() == ErrorKind::ConnectionReset,
    };
    assert!(is_closed, "{end:?}");
    let call = sink.take("nobody").now_or_never();
    assert_eq!(
        call.unwrap().unwrap_err().kind(),
        ringback::ErrorKind::Closed
    );
    drop(serving);
}
