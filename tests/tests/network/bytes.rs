//! What is written arrives as it was written, in order, and whoever writes much waits.

use ringback::testing::{Network, Stream};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use crate::{LONG, link, pattern, send};

#[tokio::test(start_paused = true)]
async fn bytes_arrive_as_they_were_written_both_ways() {
    let (here, there) = link().pair();
    let bytes = pattern(1 << 20);
    let talk = async |stream: Stream| {
        let (mut reads, mut writes) = tokio::io::split(stream);
        let writing = async {
            writes.write_all(&bytes).await.unwrap();
            writes.shutdown().await.unwrap();
        };
        let mut all = Vec::new();
        let (_, read) = tokio::join!(writing, reads.read_to_end(&mut all));
        read.unwrap();
        all
    };
    let (one, other) = tokio::join!(talk(here), talk(there));
    assert!(one == bytes && other == bytes);
}

/// How the bytes of one write arrive.
async fn pieces(seed: u64) -> Vec<usize> {
    let (here, mut there) = Network::new(seed).link().pair();
    let _here = send(here, pattern(100_000)).await;
    let (mut lengths, mut buffer) = (Vec::new(), vec![0; 1 << 20]);
    while lengths.iter().sum::<usize>() < 100_000 {
        lengths.push(there.read(&mut buffer).await.unwrap());
    }
    lengths
}

#[tokio::test(start_paused = true)]
async fn pieces_come_again_with_their_seed() {
    assert_eq!(pieces(1).await, pieces(1).await);
    assert_ne!(pieces(1).await, pieces(2).await);
    let small = pieces(1)
        .await
        .iter()
        .filter(|length| **length < 16_384)
        .count();
    assert!(small > 1, "nothing is cut");
}

#[tokio::test(start_paused = true)]
async fn whoever_writes_much_waits_for_the_reader() {
    let (mut here, mut there) = link().pair();
    let all = pattern(1 << 20);
    let written = timeout(LONG, here.write_all(&all)).await;
    assert!(written.is_err(), "nobody reads");
    let mut arrived = Vec::new();
    while let Ok(read) = timeout(LONG, there.read_buf(&mut arrived)).await {
        assert!(read.unwrap() > 0);
    }
    assert_eq!(arrived.len(), 256 << 10);
    here.write_all(b"more").await.unwrap();
}
