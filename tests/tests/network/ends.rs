//! What an end that leaves is to the other one.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::sleep;

use crate::{link, millis, pattern};

#[tokio::test(start_paused = true)]
async fn an_end_that_is_dropped_closes_the_connection() {
    let link = link();
    let (mut here, mut there) = link.pair();
    here.write_all(b"last words").await.unwrap();
    drop(here);
    assert_eq!(link.connections(), 1);
    let mut last = Vec::new();
    there.read_to_end(&mut last).await.unwrap();
    assert_eq!(last, b"last words");
    let error = there.write_all(b"more").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
    drop(there);
    assert_eq!(link.connections(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_writer_that_waits_is_told_that_its_reader_has_gone() {
    let (mut here, there) = link().pair();
    let writing = tokio::spawn(async move { here.write_all(&pattern(1 << 20)).await });
    sleep(millis(1)).await;
    assert!(!writing.is_finished());
    drop(there);
    let error = writing.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[tokio::test(start_paused = true)]
async fn that_a_reader_has_gone_is_known_after_the_delay() {
    let link = link();
    link.delay(millis(50));
    let (mut here, there) = link.pair();
    drop(there);
    here.write_all(&pattern(1 << 20)).await.unwrap();
    sleep(millis(40)).await;
    here.write_all(b"more").await.unwrap();
    sleep(millis(20)).await;
    let error = here.write_all(b"more").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}
