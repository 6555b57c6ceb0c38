//! A proxy through which one client talks to the server.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::course::{Course, Passage};
use crate::pump::{carry, reset};

/// A running proxy. Dropping it breaks its connections.
pub struct Proxy {
    pub address: SocketAddr,
    _running: JoinSet<()>,
}

impl Proxy {
    /// Begins to listen.
    pub async fn start(course: Arc<Course>, server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let mut running = JoinSet::new();
        running.spawn(accept(listener, course, server));
        Ok(Self {
            address,
            _running: running,
        })
    }
}

async fn accept(listener: TcpListener, course: Arc<Course>, server: SocketAddr) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        match course.open() {
            None => reset(client),
            Some(passage) => drop(connections.spawn(connect(client, server, passage))),
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn connect(client: TcpStream, server: SocketAddr, passage: Passage) {
    let Ok(server) = TcpStream::connect(server).await else {
        return reset(client);
    };
    // What is cut must have been on its way.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    carry(client, server, &passage).await;
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::ledger::Ledger;
    use crate::tally::Tally;

    /// Begins with the preface, so that the bytes are followed; what comes after are frames of 16 bytes.
    fn stream(frames: usize) -> Vec<u8> {
        let frame = b"\0\0\0\x0c............";
        [b"RINGBK1\n".as_slice(), &frame.repeat(frames)].concat()
    }

    async fn pair(cuts: u64) -> (TcpStream, TcpStream, Proxy, Arc<Tally>) {
        // Everything but one answer has arrived, so cuts are due.
        let ledger = Arc::new(Ledger::new(0, 0, if cuts > 0 { 0 } else { 100 }));
        ledger.answers.send();
        let tally = Arc::<Tally>::default();
        let course = Course::new(3, cuts, &ledger, &tally);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::start(course, listener.local_addr().unwrap())
            .await
            .unwrap();
        let client = TcpStream::connect(proxy.address).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        (client, server, proxy, tally)
    }

    #[tokio::test]
    async fn without_cuts_all_bytes_pass_and_both_ends_end() {
        let (mut client, mut server, _proxy, tally) = pair(0).await;
        let sent = stream(20_000);
        let (up, down) = (sent.clone(), sent.clone());
        let (mut at_server, mut at_client) = (Vec::new(), Vec::new());
        let talk = async |end: &mut TcpStream, out: &[u8], into: &mut Vec<u8>| {
            let (mut read, mut write) = end.split();
            let writing = async {
                write.write_all(out).await.unwrap();
                write.shutdown().await.unwrap();
            };
            tokio::join!(writing, async { read.read_to_end(into).await.unwrap() });
        };
        tokio::join!(
            talk(&mut client, &up, &mut at_client),
            talk(&mut server, &down, &mut at_server),
        );
        assert!(at_server == sent && at_client == sent);
        assert_eq!(tally.cuts.get(), 0);
    }

    #[tokio::test]
    async fn a_cut_comes_in_the_middle_of_the_bytes() {
        let (mut client, mut server, _proxy, tally) = pair(1).await;
        let sent = stream(20_000);
        // The greetings pass, then it is cut.
        server.write_all(&stream(1)).await.unwrap();
        client
            .read_exact(&mut vec![0; stream(1).len()])
            .await
            .unwrap();
        let (_, mut write) = client.split();
        let mut arrived = Vec::new();
        let (_, _) = tokio::join!(write.write_all(&sent), server.read_to_end(&mut arrived));
        assert!(arrived.len() < sent.len());
        assert!(arrived == sent[..arrived.len()]);
        assert_eq!(tally.cuts.get(), 1);
    }
}
