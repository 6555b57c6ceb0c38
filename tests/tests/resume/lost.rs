//! Sessions that end, and what begins behind them.

use std::time::Duration;

use ringback::{Client, ErrorKind, Server, SessionEvent};
use ringback_tests::until::until;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::{GRACE, Listener, MS, OnAir, Station, StationClient, connect, serve};

#[tokio::test(start_paused = true)]
async fn when_the_grace_is_over_the_session_is_lost_at_both_ends() {
    let air = OnAir::new();
    let (link, client) = air.client().await;
    let (mut here, mut there) = (client.events(), air.handle.events());
    let station = client.service::<StationClient>();
    station.tune_in(async |_: u32| Ok(())).await.unwrap();
    let listener = air.radio.listener();
    let call = air.waiting_call(&station).await;
    let broke = Instant::now();
    link.cut();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::SessionLost);
    assert!(
        error.to_string().contains("not resumed within 10s"),
        "{error}"
    );
    assert_eq!(broke.elapsed().as_secs(), 10);
    assert_eq!(
        station.count().await.unwrap_err().kind(),
        ErrorKind::SessionLost
    );
    assert_eq!(listener.closed().await.kind(), ErrorKind::SessionLost);
    for events in [&mut here, &mut there] {
        let event = events.next().await;
        let Some(SessionEvent::Lost { error, .. }) = event else {
            panic!("{event:?}");
        };
        assert_eq!(error.kind(), ErrorKind::SessionLost);
    }
    until("the server has forgotten it", || {
        air.handle.sessions().is_empty()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn who_leaves_is_not_waited_for() {
    let air = OnAir::new();
    for closes in [true, false] {
        let (_link, client) = air.client().await;
        let mut events = air.handle.events();
        let station = client.service::<StationClient>();
        station.tune_in(async |_: u32| Ok(())).await.unwrap();
        let listener = air.radio.listener();
        let left = Instant::now();
        if closes {
            client.close();
        }
        drop((client, station));
        assert_eq!(listener.closed().await.kind(), ErrorKind::Closed);
        assert!(matches!(
            events.next().await,
            Some(SessionEvent::Closed { .. })
        ));
        assert!(left.elapsed() < MS * 10);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_knows_nothing_of_the_session_says_so_at_once() {
    for resumes in [true, false] {
        let air = OnAir::new();
        let (link, client) = air.client().await;
        client.service::<StationClient>().count().await.unwrap();
        link.cut();
        air.handle.close();
        until("the server is gone", || air.handle.sessions().is_empty()).await;
        let mut other = Server::builder();
        if resumes {
            other = other.resume(GRACE);
        }
        let _other = serve(&air.network, other);
        let waits = Instant::now();
        link.heal();
        let why = client.session().closed().await;
        assert_eq!(why.kind(), ErrorKind::SessionLost);
        assert!(
            why.to_string().contains("there is no such session")
                || why.to_string().contains("no session of this end"),
            "{why}"
        );
        assert!(waits.elapsed() < MS * 500);
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_line_at_both_ends_nothing_changes() {
    for (here, there) in [(true, false), (false, true)] {
        let wants = |wants| if wants { GRACE } else { Duration::ZERO };
        let air = OnAir::with(Server::builder().resume(wants(there)));
        let link = air.network.link();
        let client = connect(&link, Client::builder().resume(wants(here))).await;
        let mut events = client.events();
        link.cut();
        let broke = Instant::now();
        assert_eq!(client.session().closed().await.kind(), ErrorKind::Closed);
        assert!(matches!(
            events.next().await,
            Some(SessionEvent::Lost { .. })
        ));
        assert!(broke.elapsed() < MS * 50);
    }
}

#[tokio::test(start_paused = true)]
async fn registrations_come_back_on_a_new_session() {
    let air = OnAir::new();
    let link = air.network.link();
    let (sender, mut heard) = mpsc::unbounded_channel();
    let client = Client::builder()
        .resume(GRACE)
        .on_session(async move |session| {
            let sender = sender.clone();
            let listener =
                async move |number: u32| sender.send(number).map_err(ringback::Error::application);
            session.service::<StationClient>().tune_in(listener).await
        });
    let client = connect(&link, client).await;
    let mut events = client.events();
    let station = client.service::<StationClient>();
    let first = station.session().id();
    air.radio.listener().heard(1).await.unwrap();
    assert_eq!(heard.recv().await, Some(1));
    // The process of the server ends, and another one takes its place.
    link.cut();
    air.handle.close();
    let (radio, _handle) = serve(&air.network, Server::builder().resume(GRACE));
    link.heal();
    assert!(
        matches!(events.next().await, Some(SessionEvent::Lost { session, .. }) if session == first)
    );
    assert!(matches!(
        events.next().await,
        Some(SessionEvent::Connected { .. })
    ));
    until("the stub has gone over", || station.session().id() != first).await;
    radio.listener().heard(2).await.unwrap();
    assert_eq!(heard.recv().await, Some(2));
    assert_eq!(station.count().await.unwrap(), 1);
    // Without the client and its stubs nobody wants a session.
    let listener = radio.listener();
    drop((client, station));
    assert_eq!(listener.closed().await.kind(), ErrorKind::Closed);
    assert!(matches!(
        events.next().await,
        Some(SessionEvent::Closed { .. })
    ));
    assert!(events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_was_closed_begins_no_new_session() {
    let air = OnAir::with(Server::builder());
    let link = air.network.link();
    let client = connect(&link, Client::builder().on_session(async |_| Ok(()))).await;
    let mut events = client.events();
    link.cut();
    assert!(matches!(
        events.next().await,
        Some(SessionEvent::Lost { .. })
    ));
    client.close();
    link.heal();
    tokio::time::sleep(GRACE).await;
    assert!(client.session().is_closed());
    assert_eq!(link.connections(), 0);
}
