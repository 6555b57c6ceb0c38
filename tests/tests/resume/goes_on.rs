//! What was under way when a connection broke goes on over another one.

use std::sync::atomic::Ordering;
use std::time::Duration;

use ringback::{Client, Server, SessionEvent};
use ringback_tests::until::until;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::{GRACE, Listener, MS, OnAir, Station, StationClient, connect};

#[tokio::test(start_paused = true)]
async fn calls_in_flight_go_on_over_another_connection() {
    let air = OnAir::new();
    let (link, client) = air.client().await;
    let mut events = client.events();
    let station = client.service::<StationClient>();
    let call = air.waiting_call(&station).await;
    link.cut();
    let made_meanwhile = tokio::spawn(async move { station.count().await });
    air.radio.go.notify_one(); // it is answered while there is no connection
    tokio::time::sleep(MS * 300).await;
    assert!(!call.is_finished() && !made_meanwhile.is_finished());
    link.heal();
    assert_eq!(call.await.unwrap().unwrap(), 1);
    assert_eq!(made_meanwhile.await.unwrap().unwrap(), 2);
    assert!(matches!(
        events.next().await,
        Some(SessionEvent::Resumed { .. })
    ));
    assert_eq!(air.handle.sessions().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn callbacks_go_on_in_their_order() {
    const EVENTS: u32 = 3000;
    let air = OnAir::new();
    let (link, client) = air.client().await;
    let (sender, mut heard) = mpsc::unbounded_channel();
    let listener =
        async move |number: u32| sender.send(number).map_err(ringback::Error::application);
    client
        .service::<StationClient>()
        .tune_in(listener)
        .await
        .unwrap();
    let listener = air.radio.listener();
    let telling = tokio::spawn(async move {
        for number in 0..EVENTS {
            listener.heard(number).await.unwrap();
        }
    });
    let breaking = tokio::spawn(async move {
        link.delay(MS);
        let mut bytes = 40;
        loop {
            bytes = (bytes * 7 + 3) % 400;
            link.cut_after(bytes);
            tokio::time::sleep(MS * 20).await;
            link.heal();
            tokio::time::sleep(MS * 30).await;
        }
    });
    let mut events = client.events();
    for expected in 0..EVENTS {
        assert_eq!(heard.recv().await, Some(expected));
    }
    telling.await.unwrap();
    breaking.abort();
    assert!(heard.try_recv().is_err());
    let mut resumed = 0;
    while let Ok(Some(event)) = tokio::time::timeout(MS, events.next()).await {
        assert!(matches!(event, SessionEvent::Resumed { .. }), "{event:?}");
        resumed += 1;
    }
    assert!(resumed > 20, "{resumed}");
}

#[tokio::test(start_paused = true)]
async fn after_a_short_cut_the_first_call_is_quick() {
    let air = OnAir::new();
    let (link, client) = air.client().await;
    let station = client.service::<StationClient>();
    for cut in 0..100 {
        station.count().await.unwrap();
        let broke = Instant::now();
        link.cut();
        tokio::time::sleep(MS * cut).await;
        link.heal();
        station.count().await.unwrap();
        let took = broke.elapsed();
        assert!(took < MS * 250, "cut for {cut} ms: {took:?}");
    }
    assert_eq!(air.radio.calls.load(Ordering::SeqCst), 200);
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_any_size_goes_on() {
    const SIZE: usize = 12 << 20; // far more than is kept without waiting
    let air = OnAir::new();
    let (link, client) = air.client().await;
    let station = client.service::<StationClient>();
    let call = tokio::spawn(async move { station.bytes(SIZE).await });
    link.cut_after(5 << 20);
    until("it broke on its way", || link.connections() == 0).await;
    link.heal();
    assert_eq!(call.await.unwrap().unwrap().len(), SIZE);
    assert_eq!(client.session().stats().calls_in_flight, 0);
    until("everything is acknowledged", || {
        let session = &air.handle.sessions()[0];
        session.stats().unacknowledged_bytes == 0
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_frame_that_takes_longer_than_silence_may_goes_through() {
    for grace in [GRACE, Duration::ZERO] {
        let air = OnAir::with(Server::builder().resume(grace));
        let link = air.network.link();
        let client = connect(&link, Client::builder().resume(grace)).await;
        let (mut here, mut there) = (client.events(), air.handle.events());
        let station = client.service::<StationClient>();
        link.throttle(20_000);
        let begun = Instant::now();
        let answer = station.bytes(1 << 20).await.unwrap();
        assert_eq!(answer.len(), 1 << 20);
        assert!(begun.elapsed() > 2 * Duration::from_secs(20));
        for events in [&mut here, &mut there] {
            let event = tokio::time::timeout(MS, events.next()).await;
            assert!(event.is_err(), "{event:?}");
        }
    }
}
