//! Peers that wait, dawdle, or come too often.

use std::time::Duration;

use futures_util::future::join_all;
use ringback::{ErrorKind, Limits, ServerBuilder, Session};
use ringback_tests::raw::{HELLO, PREFACE, Raw, frame};

use crate::stage::{Place, withstands};
use crate::wire::{Call, aborted, is_cut_off, is_served, peer_is_cut_off, target};

/// Who does nothing is given up after 600 ms: soon, and not so soon that a busy machine makes the honest
/// silent.
fn impatient(server: ServerBuilder) -> ServerBuilder {
    server
        .heartbeat(Duration::from_millis(150))
        .heartbeat_misses(3)
        .handshake_timeout(Duration::from_millis(300))
}

const PONG: &[u8] = &[0, 0, 0, 3, 0x92, 8, 1];

/// A peer, and its session at the server.
async fn greeted(place: &Place) -> (Raw, Session) {
    let known: Vec<u64> = place.handle.sessions().iter().map(Session::id).collect();
    let peer = Raw::greeted(place.address).await;
    loop {
        let mut sessions = place.handle.sessions().into_iter();
        match sessions.find(|session| !known.contains(&session.id())) {
            Some(session) => return (peer, session),
            None => tokio::task::yield_now().await,
        }
    }
}

#[test]
fn a_ping_flood() {
    withstands(
        |server| server,
        |place| async move {
            let pings = frame(&[0x92, 7, 1]).repeat(10_000);
            is_cut_off(&place, &pings, "Overloaded", "pings").await;
        },
    );
}

/// As fast as is allowed, it is answered; pongs that nobody asked for are not counted.
#[test]
fn as_many_pings_as_are_taken() {
    withstands(
        |server| server,
        |place| async move {
            let mut peer = Raw::greeted(place.address).await;
            peer.say(&frame(&[0x92, 7, 1]).repeat(100)).await;
            peer.say(&PONG.repeat(10_000)).await;
            is_served(&mut peer, 1).await;
        },
    );
}

/// It asks for much and reads nothing, and is not silent.
#[test]
fn a_peer_that_never_reads() {
    withstands(
        |server| {
            let mut limits = Limits::default();
            limits.max_frame = 64 << 10;
            limits.max_queued_bytes = 64 << 10;
            impatient(server).limits(limits)
        },
        |place| async move {
            let (mut peer, session) = greeted(&place).await;
            let mut params = vec![0x91, 0xda, 0xea, 0x60];
            params.resize(params.len() + 60_000, b'x');
            let mut id = 0;
            while !session.is_closed() {
                if id < 200 {
                    id += 1;
                    let call = Call::new(id, target(), "echo").params(&params);
                    peer.say(&call.request()).await;
                } else {
                    peer.say(PONG).await;
                    tokio::task::yield_now().await;
                }
            }
            let why = session.closed().await;
            assert_eq!(why.kind(), ErrorKind::Overloaded, "{why}");
            peer.vanish();
        },
    );
}

/// A frame of which a byte comes now and then.
#[test]
fn a_peer_that_writes_byte_by_byte() {
    withstands(impatient, |place| async move {
        let (mut peer, session) = greeted(&place).await;
        peer.say(&[0, 0xff, 0xff, 0xff]).await;
        let mut pause = tokio::time::interval(Duration::from_millis(20));
        while !session.is_closed() {
            peer.say(&[0x90]).await;
            pause.tick().await;
        }
        let why = session.closed().await;
        assert_eq!(why.kind(), ErrorKind::Overloaded, "{why}");
        peer_is_cut_off(peer, "Overloaded", "a frame began").await;
    });
}

/// Half open: it stops before, within or after its greeting.
#[test]
fn peers_that_fall_silent() {
    withstands(impatient, |place| async move {
        let greeting = [PREFACE, HELLO].concat();
        for said in [0, 4, 8, 12] {
            let peers = (0..20).map(|_| Raw::connect(place.address));
            let mut peers = join_all(peers).await;
            for peer in &mut peers {
                peer.say(&greeting[..said]).await;
            }
            for peer in &mut peers {
                assert!(peer.read_to_end().await.is_empty());
            }
        }
        let (mut peer, session) = greeted(&place).await;
        let why = session.closed().await;
        assert_eq!(why.kind(), ErrorKind::Closed, "{why}");
        let (kind, why) = aborted(&mut peer).await;
        assert_eq!(kind, "Closed", "{why}");
        assert!(why.contains("silent"), "{why}");
    });
}

#[test]
fn more_connections_than_are_taken() {
    withstands(
        |server| impatient(server).max_connections(22),
        |place| async move {
            let mut peers = join_all((0..40).map(|_| Raw::connect(place.address))).await;
            for peer in &mut peers[20..] {
                // No more than 64 at a time are told why.
                let told = peer.read_to_end().await;
                let told = String::from_utf8_lossy(&told).into_owned();
                assert!(
                    told.is_empty() || told.contains("max_connections"),
                    "{told:?}"
                );
            }
        },
    );
}

/// Peers that come and go as fast as they can.
#[test]
fn connections_that_come_and_go() {
    withstands(
        |server| server,
        |place| async move {
            for round in 0..20 {
                let mut peer = Raw::connect(place.address).await;
                match round % 4 {
                    0 => {}
                    1 => peer.say(PREFACE).await,
                    2 => peer.say(&[PREFACE, HELLO].concat()).await,
                    _ => {
                        let call = Call::new(1, target(), "hang").request();
                        peer.say(&[PREFACE, HELLO, &call].concat()).await;
                    }
                }
                if round % 2 == 0 {
                    peer.vanish();
                }
            }
        },
    );
}
