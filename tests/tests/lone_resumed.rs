//! A lone call is written where it is made also when its session has another connection than at first.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use futures_util::poll;
use ringback::{Client, Result, Server, SessionEvent, service};
use ringback_tests::{Over, Serving};

const PATIENCE: Duration = Duration::from_secs(10);

#[service]
trait Sink {
    async fn take(&self, text: &str) -> Result<()>;
}

struct Prompt;

impl Sink for Prompt {
    async fn take(&self, _text: &str) -> Result<()> {
        Ok(())
    }
}

/// Stands between a client and its server, and needs no runtime. What the client says is told to a test.
struct Relay {
    address: SocketAddr,
    connections: Arc<Mutex<Vec<TcpStream>>>,
    said: Receiver<Vec<u8>>,
}

impl Relay {
    fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::<Mutex<Vec<TcpStream>>>::default();
        let open = Arc::clone(&connections);
        let (tells, said) = channel();
        thread::spawn(move || {
            for near in listener.incoming() {
                let (near, far) = (near.unwrap(), TcpStream::connect(server).unwrap());
                let mut open = open.lock().unwrap();
                open.push(near.try_clone().unwrap());
                open.push(far.try_clone().unwrap());
                let back = (far.try_clone().unwrap(), near.try_clone().unwrap());
                let tells = tells.clone();
                thread::spawn(move || carry(near, far, Some(&tells)));
                thread::spawn(move || carry(back.0, back.1, None));
            }
        });
        Self {
            address,
            connections,
            said,
        }
    }

    /// Ends all connections.
    fn cut(&self) {
        for connection in self.connections.lock().unwrap().drain(..) {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }

    /// Blocks the thread until the client has said that.
    fn hears(&self, text: &str) {
        loop {
            let said = self.said.recv_timeout(PATIENCE).expect(text);
            if said.windows(text.len()).any(|part| part == text.as_bytes()) {
                return;
            }
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, tells: Option<&Sender<Vec<u8>>>) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if let Some(tells) = tells {
            let _ = tells.send(bytes[..count].to_vec());
        }
        if to.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

#[tokio::test]
async fn a_lone_call_leaves_by_itself_over_each_connection_of_its_session() {
    let server = Server::builder()
        .resume(PATIENCE)
        .service(SinkServer::new(Prompt));
    let serving = Serving::start(Over::Tcp, server).await;
    let relay = Relay::to(serving.address());
    let client = Client::builder().resume(PATIENCE);
    let client = client.connect(relay.address).await.unwrap();
    let (sink, mut events) = (client.service::<SinkClient>(), client.events());
    for round in 0..3 {
        if round > 0 {
            relay.cut();
            let event = events.next().await;
            assert!(
                matches!(event, Some(SessionEvent::Resumed { .. })),
                "{event:?}"
            );
        }
        sink.take("the first").await.unwrap();
        let text = format!("round {round}");
        let mut call = std::pin::pin!(sink.take(&text));
        assert!(poll!(&mut call).is_pending());
        relay.hears(&text); // though no task runs
        call.await.unwrap();
    }
}
