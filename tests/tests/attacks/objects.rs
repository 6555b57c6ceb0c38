//! Objects, their numbers and their counts.

use std::time::Duration;

use ringback::{Client, ErrorKind};
use ringback_tests::keeper::{Keeper, KeeperClient};
use ringback_tests::raw::{Raw, frame, text};

use crate::stage::withstands;
use crate::wire::{Call, fails, hello, int, is_cut_off, is_served, response, table, target};

/// A release of that many introductions of an object.
fn release(object: u64, count: u64) -> Vec<u8> {
    frame(&[&[0x94, 4, 0xc0][..], &int(object), &int(count)].concat())
}

/// Passes an object to a method of the keeper.
fn pass(id: u64, method: &str, references: &[i64]) -> Vec<u8> {
    Call::new(id, text("Keeper"), method)
        .references(&table(references))
        .params(&[0x91, 0xd4, 1, 0])
        .request()
}

#[test]
fn more_objects_than_were_granted_at_once() {
    withstands(
        |server| server.max_callbacks(100),
        |place| async move {
            let all: Vec<i64> = (1..=101).collect();
            let call = pass(1, "ignore", &all);
            is_cut_off(&place, &call, "TooManyCallbacks", "max_callbacks").await;
        },
    );
}

#[test]
fn more_objects_than_were_granted_one_by_one() {
    withstands(
        |server| server.max_callbacks(100),
        |place| async move {
            // They are kept by handlers that hang.
            let calls: Vec<u8> = (1..=101)
                .flat_map(|no| pass(no as u64, "hang", &[no]))
                .collect();
            is_cut_off(&place, &calls, "TooManyCallbacks", "max_callbacks").await;
        },
    );
}

/// One object, introduced a hundred thousand times, and released as often.
#[test]
fn one_object_introduced_for_ever() {
    withstands(
        |server| server,
        |place| async move {
            let mut peer = Raw::greeted(place.address).await;
            for id in 0..2 {
                peer.say(&pass(id, "ignore", &vec![1; 50_000])).await;
                assert_eq!(response(&mut peer).await.1, 0);
            }
            is_served(&mut peer, 9).await;
        },
    );
}

/// Ever new objects, each passed and let go of: nothing is remembered of them.
#[test]
fn ever_new_objects() {
    withstands(
        |server| server.max_callbacks(100),
        |place| async move {
            let mut peer = Raw::greeted(place.address).await;
            for round in 0..20 {
                let all: Vec<i64> = (1..=100).map(|no| round * 100 + no).collect();
                peer.say(&pass(round as u64, "ignore", &all)).await;
                let mut released = 0;
                while released < 100 {
                    let body = peer.read_frame().await.expect("a release");
                    released += u32::from(body[1] == 4);
                }
            }
            is_served(&mut peer, 1000).await;
        },
    );
}

#[test]
fn objects_that_cannot_be() {
    withstands(
        |server| server,
        |place| async move {
            for number in [0, i64::MIN] {
                let call = pass(1, "ignore", &[number]);
                is_cut_off(&place, &call, "Protocol", "").await;
            }
        },
    );
}

/// Numbers are valid in their own session alone, whether they are guessed or stolen.
#[test]
fn guessed_and_stolen_numbers() {
    withstands(
        |server| server,
        |place| async move {
            // Somebody who shares objects both ways with the server.
            let owner = Client::builder().connect(place.address).await.unwrap();
            let keeper: KeeperClient = owner.service();
            keeper.keep(async |_msg: String| Ok(())).await.unwrap();
            let shared = keeper
                .echo(async |_msg: String| Ok(()))
                .await
                .expect("its own object");
            let mut peer = Raw::greeted(place.address).await;
            for number in 1..40_u64 {
                let call = Call::new(number, int(number), "changed").params(&hello());
                peer.say(&call.request()).await;
                fails(&mut peer, "Revoked").await;
                // Neither can they be passed back.
                let stolen = pass(number, "tell", &[-(number as i64)]);
                peer.say(&stolen).await;
                fails(&mut peer, "Decode").await;
            }
            // Nor taken away.
            for number in 1..40_u64 {
                let why = text("mine");
                let revoke = [&[0x94, 5, 0xc0][..], &int(number), &why].concat();
                peer.say(&frame(&revoke)).await;
            }
            is_served(&mut peer, 1000).await;
            drop(shared);
            assert_eq!(keeper.kept().await.is_ok(), !keeper.session().is_closed());
            owner.close();
            assert_eq!(owner.session().closed().await.kind(), ErrorKind::Closed);
        },
    );
}

#[test]
fn releases_of_what_one_never_had() {
    withstands(
        |server| server,
        |place| async move {
            is_cut_off(&place, &release(9, 1), "Protocol", "object 9").await;
            is_cut_off(&place, &release(1, u64::MAX), "Protocol", "object 1").await;
            is_cut_off(&place, &release(1, 0), "Protocol", "").await;
        },
    );
}

/// Passes objects for ever and reads nothing, so that the releases cannot leave.
#[test]
fn ever_new_objects_and_no_look_at_the_releases() {
    withstands(
        |server| {
            let mut limits = ringback::Limits::default();
            limits.max_queued_bytes = 64 << 10;
            server
                .limits(limits)
                .heartbeat(Duration::from_millis(150))
                .heartbeat_misses(3)
        },
        |place| async move {
            let known = place.handle.sessions();
            let mut peer = Raw::greeted(place.address).await;
            let session = loop {
                let mut sessions = place.handle.sessions().into_iter();
                let is_new = |it: &ringback::Session| known.iter().all(|old| old.id() != it.id());
                match sessions.find(is_new) {
                    Some(session) => break session,
                    None => tokio::task::yield_now().await,
                }
            };
            // Each call wants its 60,000 bytes back, too, or this would take long.
            let mut text = vec![0x91, 0xda, 0xea, 0x60];
            text.resize(text.len() + 60_000, b'x');
            let mut no = 0;
            while !session.is_closed() {
                if no < 200 {
                    let all: Vec<i64> = (1..=50).map(|more| no * 50 + more).collect();
                    let call = Call::new(no as u64, target(), "echo").params(&text);
                    peer.say(&call.references(&table(&all)).request()).await;
                    no += 1;
                } else {
                    peer.say(&frame(&[0x92, 8, 1])).await; // a pong: it is not silent
                }
                tokio::task::yield_now().await;
            }
            let why = session.closed().await;
            assert_eq!(why.kind(), ErrorKind::Overloaded, "{why}");
            peer.vanish();
        },
    );
}

#[test]
fn indices_that_are_in_no_table() {
    withstands(
        |server| server,
        |place| async move {
            let mut peer = Raw::greeted(place.address).await;
            for id in 0..50 {
                let call = Call::new(id, text("Keeper"), "ignore");
                peer.say(&call.params(&[0x91, 0xd4, 1, 9]).request()).await;
                fails(&mut peer, "Decode").await;
                let call = Call::new(id, target(), "echo");
                let far = [0x91, 0xd6, 1, 0xff, 0xff, 0xff, 0xff];
                peer.say(&call.params(&far).request()).await;
                fails(&mut peer, "Decode").await;
            }
        },
    );
}
