//! Delays and rates are kept, and may change.

use std::time::Duration;

use ringback::testing::Network;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, sleep, timeout};

use crate::{link, millis, pattern, send};

#[tokio::test(start_paused = true)]
async fn a_delay_is_kept_and_changed() {
    let link = link();
    let (mut here, mut there) = link.pair();
    let mut after = async |delay: Duration| {
        link.delay(delay);
        let start = Instant::now();
        here.write_u8(1).await.unwrap();
        there.read_u8().await.unwrap();
        // The clock goes in steps of a millisecond.
        let late = start.elapsed().checked_sub(delay).expect("not too early");
        assert!(late <= millis(1), "{late:?} late");
    };
    after(millis(0)).await;
    after(millis(250)).await;
    after(millis(10)).await;
}

#[tokio::test(start_paused = true)]
async fn no_byte_overtakes_another_however_the_delay_changes() {
    let link = link();
    link.jitter(millis(50));
    let (mut here, mut there) = link.pair();
    let sent = pattern(200);
    let writes = async {
        for (at, byte) in sent.iter().enumerate() {
            link.delay(millis(at as u64 * 37 % 100));
            here.write_u8(*byte).await.unwrap();
            sleep(millis(1)).await;
        }
    };
    let mut arrived = vec![0; sent.len()];
    let (_, read) = tokio::join!(writes, there.read_exact(&mut arrived));
    read.unwrap();
    assert_eq!(arrived, sent);
}

#[tokio::test(start_paused = true)]
async fn jitter_comes_again_with_its_seed() {
    async fn times(seed: u64) -> Vec<Duration> {
        let link = Network::new(seed).link();
        link.jitter(millis(1000));
        let (mut here, mut there) = link.pair();
        let mut times = Vec::new();
        for _ in 0..20 {
            let start = Instant::now();
            here.write_u8(0).await.unwrap();
            there.read_u8().await.unwrap();
            times.push(start.elapsed());
        }
        times
    }
    let first = times(1).await;
    let coarse = |times: &[Duration]| {
        times
            .iter()
            .map(|time| time.as_millis() / 4)
            .collect::<Vec<_>>()
    };
    let (one, again, other) = (
        coarse(&first),
        coarse(&times(1).await),
        coarse(&times(2).await),
    );
    let differ = one
        .iter()
        .zip(&again)
        .filter(|(one, other)| one.abs_diff(**other) > 1);
    assert_eq!(differ.count(), 0, "{one:?} {again:?}");
    assert_ne!(one, other);
    assert!(first.iter().max().unwrap().as_millis() > 500, "{first:?}");
}

#[tokio::test(start_paused = true)]
async fn a_rate_is_kept() {
    let link = link();
    link.throttle(1000);
    let (here, mut there) = link.pair();
    let start = Instant::now();
    let _here = send(here, pattern(10_000)).await;
    assert_eq!(start.elapsed(), Duration::ZERO, "the sender does not wait");
    let mut arrived = [0; 1000];
    for second in 1..=10 {
        there.read_exact(&mut arrived).await.unwrap();
        let late = start.elapsed().abs_diff(Duration::from_secs(second));
        assert!(late < millis(10), "{late:?} off at second {second}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_rate_holds_for_what_has_not_left() {
    let link = link();
    link.throttle(10);
    let (here, mut there) = link.pair();
    let start = Instant::now();
    let _here = send(here, pattern(10_000)).await;
    there.read_exact(&mut [0; 10]).await.unwrap();
    assert!(start.elapsed() >= millis(900));
    link.throttle(0);
    there.read_exact(&mut [0; 9990]).await.unwrap();
    assert!(start.elapsed() < millis(1200), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_lower_rate_holds_at_once() {
    let link = link();
    link.throttle(1_000_000);
    let (here, mut there) = link.pair();
    let start = Instant::now();
    let _here = send(here, pattern(200_000)).await;
    there.read_exact(&mut [0; 100_000]).await.unwrap();
    link.throttle(100);
    let _ = timeout(millis(900), there.read_exact(&mut [0; 100_000])).await;
    there.read_u8().await.unwrap();
    assert!(start.elapsed() < millis(1100), "{:?}", start.elapsed());
}
