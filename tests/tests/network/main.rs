//! The network in memory that breaks when it is told to: `ringback::testing`.

mod bytes;
mod ends;
mod faults;
mod names;
mod script;
mod time;

use std::time::Duration;

use ringback::testing::{Link, Network, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

/// Long, by a clock that does not count.
const LONG: Duration = Duration::from_secs(3600);

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn link() -> Link {
    Network::new(1).link()
}

/// What is there to be read without waiting longer than for what is under way.
async fn read(stream: &mut Stream) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Ok(Ok(1..)) = timeout(millis(1), stream.read_buf(&mut bytes)).await {}
    bytes
}

/// All bytes of a pattern that shows where something is missing.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

async fn send(mut stream: Stream, bytes: Vec<u8>) -> Stream {
    stream.write_all(&bytes).await.unwrap();
    stream
}
