//! Carries the bytes of one connection, and cuts it.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{sleep, timeout};

use crate::course::{Cut, Direction, Passage, Step};

/// How much is carried at a time.
const CHUNK: usize = 16 << 10;
/// How long an end that hears nothing is kept. Its heartbeat finds out sooner.
const SILENT: Duration = Duration::from_secs(5);
/// How long an end may take to read up to its end before it gets a reset.
const FAREWELL: Duration = Duration::from_millis(500);

/// Why bytes don't flow any more.
enum Stop {
    Cut(Cut),
    /// One of the ends has broken the connection.
    Broken,
}

impl From<io::Error> for Stop {
    fn from(_: io::Error) -> Self {
        Self::Broken
    }
}

/// Carries bytes both ways until both ends have ended, or the connection is to be cut; then it cuts it.
pub async fn carry(mut client: TcpStream, mut server: TcpStream, passage: &Passage) {
    let outcome = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        tokio::try_join!(
            pump(from_client, to_server, Direction::Up, passage),
            pump(from_server, to_client, Direction::Down, passage),
        )
    };
    match outcome {
        Ok(_) => {}
        Err(Stop::Broken) => {
            reset(client);
            reset(server);
        }
        Err(Stop::Cut(cut)) => cut_off(client, server, cut).await,
    }
}

async fn pump(
    mut from: ReadHalf<'_>,
    mut to: WriteHalf<'_>,
    direction: Direction,
    passage: &Passage,
) -> Result<(), Stop> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let length = from.read(&mut buffer).await?;
        if length == 0 {
            to.shutdown().await?;
            return Ok(());
        }
        let bytes = &buffer[..length];
        match passage.pass(direction, bytes) {
            Step::Pass => to.write_all(bytes).await?,
            Step::Stall(time) => {
                sleep(time).await;
                to.write_all(bytes).await?;
            }
            Step::Cut(passed, cut) => {
                // An end that does not read can't keep the connection from being cut.
                let _ = timeout(FAREWELL, to.write_all(&bytes[..passed])).await;
                if let Cut::HalfClose(time) = cut {
                    let _ = to.shutdown().await;
                    sleep(time).await; // the other direction goes on
                }
                return Err(Stop::Cut(cut));
            }
        }
    }
}

async fn cut_off(client: TcpStream, server: TcpStream, cut: Cut) {
    match cut {
        Cut::Reset => {
            reset(client);
            reset(server);
        }
        Cut::End | Cut::HalfClose(_) => {
            tokio::join!(end(client), end(server));
        }
        Cut::OneSided(direction) => {
            let (told, untold) = match direction {
                Direction::Up => (client, server),
                Direction::Down => (server, client),
            };
            reset(told);
            swallow(untold).await;
        }
        Cut::Silence => {
            tokio::join!(swallow(client), swallow(server));
        }
    }
}

/// Makes the end of this connection a reset. Should that fail, it is another end, which has to be borne as well.
pub fn reset(stream: TcpStream) {
    let _ = stream.set_zero_linger();
}

/// Makes the end of this connection one that can be read. What still comes is read first, or the system would send a
/// reset.
async fn end(mut stream: TcpStream) {
    let _ = stream.shutdown().await;
    discard(&mut stream, FAREWELL).await;
}

/// Takes what comes and answers nothing, until the end gives up.
async fn swallow(mut stream: TcpStream) {
    discard(&mut stream, SILENT).await;
    reset(stream);
}

async fn discard(stream: &mut TcpStream, time: Duration) {
    let _ = timeout(time, tokio::io::copy(stream, &mut tokio::io::sink())).await;
}
