//! What breaks when it is told to: connections, directions, single bits.

use std::io::ErrorKind;

use ringback::Server;
use ringback::testing::{Direction, Network};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{sleep, timeout};

use crate::{LONG, link, millis, pattern, read, send};

#[tokio::test(start_paused = true)]
async fn a_cut_breaks_every_connection_until_it_is_healed() {
    let network = Network::new(1);
    let server = Server::builder().listen(network.listen("server"));
    tokio::spawn(server.run());
    let (link, other) = (network.link(), network.link());
    let mut one = link.connect("server").await.unwrap();
    let mut two = link.connect("server").await.unwrap();
    let mut safe = other.connect("server").await.unwrap();
    assert_eq!((link.connections(), other.connections()), (2, 1));

    link.cut();
    for stream in [&mut one, &mut two] {
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let error = stream.write_all(b"x").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    safe.write_all(b"RING").await.unwrap();
    assert_eq!((link.connections(), other.connections()), (0, 1));
    let error = link.connect("server").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::HostUnreachable);
    let (mut here, _there) = link.pair();
    assert!(here.read_u8().await.is_err());

    link.heal();
    assert!(one.read_u8().await.is_err());
    link.connect("server").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_cut_falls_where_it_was_to_fall() {
    let link = link();
    let (mut here, mut there) = link.pair();
    link.cut_after(700);
    here.write_all(&pattern(500)).await.unwrap();
    there.write_all(&pattern(500)).await.unwrap();
    assert_eq!(read(&mut there).await.len(), 500);
    assert_eq!(read(&mut here).await, pattern(200));
    for stream in [&mut here, &mut there] {
        let error = stream.read_u8().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
    link.cut_after(10);
    link.heal();
    let (mut here, mut there) = link.pair();
    here.write_all(&pattern(100)).await.unwrap();
    assert_eq!(read(&mut there).await.len(), 100);
    link.cut_after(0);
    assert!(here.read_u8().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn nothing_passes_a_stall_and_all_of_it_after() {
    let network = Network::new(1);
    let server = Server::builder().listen(network.listen("server"));
    tokio::spawn(server.run());
    let link = network.link();
    let (mut here, mut there) = link.pair();
    here.write_all(b"before").await.unwrap();
    link.stall();
    here.write_all(b", and after").await.unwrap();
    assert!(timeout(LONG, there.read_u8()).await.is_err());
    assert!(timeout(LONG, link.connect("server")).await.is_err());

    let waiting = tokio::spawn({
        let link = link.clone();
        async move { link.connect("server").await }
    });
    let reading = tokio::spawn(async move { (read(&mut there).await, there) });
    sleep(LONG).await;
    link.heal();
    waiting.await.unwrap().unwrap();
    assert_eq!(reading.await.unwrap().0, b"");
}

#[tokio::test(start_paused = true)]
async fn one_direction_can_be_stalled_alone() {
    let link = link();
    let (mut here, mut there) = link.pair();
    link.stall_one(Direction::ToClient);
    here.write_u8(1).await.unwrap();
    assert_eq!(there.read_u8().await.unwrap(), 1);
    there.write_u8(2).await.unwrap();
    assert!(timeout(LONG, here.read_u8()).await.is_err());
    link.heal();
    assert_eq!(here.read_u8().await.unwrap(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_end_that_leaves_in_a_stall_is_missed_after_it() {
    let link = link();
    let (mut here, mut there) = link.pair();
    link.stall();
    here.write_all(b"bye").await.unwrap();
    drop(here);
    assert!(timeout(LONG, there.read_u8()).await.is_err());
    there.write_all(b"are you there?").await.unwrap();
    link.heal();
    let mut last = Vec::new();
    there.read_to_end(&mut last).await.unwrap();
    assert_eq!(last, b"bye");
    let error = there.write_all(b"hello?").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[tokio::test(start_paused = true)]
async fn a_black_hole_tells_nobody_anything() {
    let link = link();
    let (mut here, mut there) = link.pair();
    link.delay(millis(10));
    here.write_all(b"under way").await.unwrap();
    link.black_hole();
    assert!(timeout(LONG, there.read_u8()).await.is_err());
    drop(there);
    here.write_all(b"are you there?").await.unwrap();
    assert!(timeout(LONG, here.read_u8()).await.is_err());
    link.heal();
    assert!(timeout(LONG, here.read_u8()).await.is_err());
    let (mut here, mut there) = link.pair();
    here.write_u8(1).await.unwrap();
    assert_eq!(there.read_u8().await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_other_direction_survives_a_half_close() {
    let link = link();
    link.delay(millis(10));
    let (mut here, mut there) = link.pair();
    there.write_all(b"last words").await.unwrap();
    link.half_close(Direction::ToClient);
    let mut last = Vec::new();
    here.read_to_end(&mut last).await.unwrap();
    assert_eq!(last, b"last words");
    let error = there.write_all(b"more").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    here.write_u8(7).await.unwrap();
    assert_eq!(there.read_u8().await.unwrap(), 7);
}

#[tokio::test(start_paused = true)]
async fn one_bit_is_flipped_and_no_more() {
    let link = link();
    let (here, mut there) = link.pair();
    link.corrupt(Direction::ToServer);
    let here = send(here, vec![0; 1000]).await;
    let _here = send(here, vec![0; 1000]).await;
    let mut arrived = vec![0; 2000];
    there.read_exact(&mut arrived).await.unwrap();
    let flipped: Vec<_> = (0..2000).filter(|at| arrived[*at] != 0).collect();
    assert!(matches!(flipped[..], [0..1000]), "{flipped:?}");
    assert_eq!(arrived[flipped[0]].count_ones(), 1);
}
