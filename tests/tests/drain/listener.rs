//! A server that has ended listens no more, also where its future was dropped: whoever waits for the end may take
//! the port.

use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Waker};
use std::time::Duration;

use ringback::transport::Listener;
use ringback::{Server, ServerHandle};
use tokio::io::DuplexStream;

/// Nobody comes. When it goes, it looks whether the server has ended.
#[derive(Clone, Default)]
struct Witness {
    server: Arc<OnceLock<ServerHandle>>,
    had_ended: Arc<Mutex<Option<bool>>>,
}

/// The one that the server has.
struct Listens(Witness);

impl Listener for Listens {
    type Transport = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, SocketAddr)> {
        pending().await
    }

    fn local_addr(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 1))
    }
}

impl Drop for Listens {
    fn drop(&mut self) {
        let server = self.0.server.get().unwrap();
        let ended = pin!(server.shutdown(Duration::ZERO));
        let is_over = ended.poll(&mut Context::from_waker(Waker::noop()));
        *self.0.had_ended.lock().unwrap() = Some(is_over.is_ready());
    }
}

fn listening() -> (Witness, Server) {
    let witness = Witness::default();
    let server = Server::builder().listen(Listens(witness.clone()));
    assert!(witness.server.set(server.handle()).is_ok());
    (witness, server)
}

fn had_ended(witness: &Witness) -> Option<bool> {
    *witness.had_ended.lock().unwrap()
}

#[tokio::test]
async fn a_server_that_is_dropped_listens_no_more_when_it_has_ended() {
    let (witness, server) = listening();
    drop(server);
    assert_eq!(had_ended(&witness), Some(false), "not run");

    let (witness, server) = listening();
    drop(server.run());
    assert_eq!(had_ended(&witness), Some(false), "not begun");

    let (witness, server) = listening();
    let mut run = Box::pin(server.run());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(run.as_mut().poll(&mut cx).is_pending());
    drop(run);
    assert_eq!(had_ended(&witness), Some(false), "begun");
}
