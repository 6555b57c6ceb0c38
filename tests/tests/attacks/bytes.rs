//! Bytes that are no frames, and frames that are not what they say.

use ringback_tests::raw::{HELLO, PREFACE, Raw, frame, text};

use crate::stage::{Place, withstands};
use crate::wire::{Call, aborted, fails, hello, int, is_cut_off, is_served, table, target};

/// Somebody says that instead of greeting.
async fn is_refused(place: &Place, says: &[u8], kind: &str, tells: &str) {
    let mut peer = Raw::connect(place.address).await;
    peer.say(says).await;
    let everything = peer.read_to_end().await;
    let told = String::from_utf8_lossy(&everything).into_owned();
    assert!(told.contains(kind) && told.contains(tells), "{told:?}");
}

#[test]
fn frames_before_the_handshake() {
    withstands(
        |server| server,
        |place| async move {
            let calls = [
                Call::new(1, target(), "echo").params(&hello()).request(),
                frame(&[0x92, 7, 1]),
                frame(&[0x94, 4, 0xc0, 1, 1]),
                frame(&[0x93, 10, 1, 0x80]), // a welcome
            ];
            for call in calls {
                let says = [PREFACE, &call].concat();
                is_refused(&place, &says, "Protocol", "before the greeting").await;
            }
            is_cut_off(&place, HELLO, "Protocol", "a second greeting").await;
        },
    );
}

#[test]
fn greetings_that_promise_too_much() {
    withstands(
        |server| server,
        |place| async move {
            // Options: a map of 2^32 - 1; a key of 4 GiB; one greeting of 4 GiB.
            let map = frame(&[0x93, 9, 1, 0xdf, 0xff, 0xff, 0xff, 0xff]);
            let key = frame(&[0x93, 9, 1, 0x81, 0xdb, 0xff, 0xff, 0xff, 0xff]);
            let long = [0xff; 4].to_vec();
            for greeting in [map, key] {
                is_refused(&place, &[PREFACE, &greeting].concat(), "Protocol", "").await;
            }
            is_refused(&place, &[PREFACE, &long].concat(), "TooLarge", "16384").await;
            // A frame of no bytes is none that an answer fits into.
            let tiny = [&[0x93, 9, 1, 0x81][..], &text("max_frame"), &[0]].concat();
            is_refused(&place, &[PREFACE, &frame(&tiny)].concat(), "Protocol", "").await;
            // Whoever takes no calls is served all the same.
            let mut peer = Raw::connect(place.address).await;
            let idle = [&[0x93, 9, 1, 0x81][..], &text("max_calls"), &[0]].concat();
            peer.say(&[PREFACE, &frame(&idle)].concat()).await;
            peer.read_bytes(8).await;
            is_served(&mut peer, 1).await;
        },
    );
}

#[test]
fn nesting_bombs() {
    withstands(
        |server| server,
        |place| async move {
            for bracket in [&[0x91][..], &[0x81, 0x01], &[0xdc, 0, 1]] {
                let mut params = vec![0x91];
                params.extend(bracket.repeat(300_000));
                params.push(0xc0);
                let call = Call::new(1, target(), "echo").params(&params);
                is_cut_off(&place, &call.request(), "Protocol", "nested deeper").await;
            }
        },
    );
}

#[test]
fn length_bombs() {
    withstands(
        |server| server,
        |place| async move {
            for length in [u32::MAX, (16 << 20) + 1] {
                let says = length.to_be_bytes();
                is_cut_off(&place, &says, "TooLarge", "max_frame").await;
            }
            for nothing in [frame(&[]), frame(&[0x90]), frame(&[0xc0])] {
                is_cut_off(&place, &nothing, "Protocol", "").await;
            }
        },
    );
}

/// Many announce the largest frame there may be, and send none of it.
#[test]
fn announcements_alone() {
    withstands(
        |server| server,
        |place| async move {
            let mut peers = Vec::new();
            for _ in 0..50 {
                let mut peer = Raw::greeted(place.address).await;
                peer.say(&(16_u32 << 20).to_be_bytes()).await;
                peer.say(&[0x9a, 0]).await;
                peers.push(peer);
            }
        },
    );
}

#[test]
fn element_count_bombs() {
    withstands(
        |server| server,
        |place| async move {
            let whole = |call: Call| call.request();
            let call = || Call::new(1, target(), "sum");
            let many = [0xff; 4];
            for head in [0xdd, 0xdf, 0xdb, 0xc6, 0xc9] {
                // Array, map, string, bytes and extension of 2^32 - 1.
                let bomb = [&[head][..], &many].concat();
                let argument = [&[0x91][..], &bomb].concat();
                let mut with_metadata = call();
                with_metadata.metadata = bomb.clone();
                for says in [
                    whole(call().params(&argument)),
                    whole(call().params(&bomb)),
                    whole(call().references(&bomb)),
                    whole(with_metadata),
                ] {
                    is_cut_off(&place, &says, "Protocol", "").await;
                }
            }
            // As many nils as a frame may have, and no number among them.
            let mut peer = Raw::greeted(place.address).await;
            let mut nils = vec![0x91, 0xdd, 0, 0x0f, 0x42, 0x40];
            nils.resize(nils.len() + 1_000_000, 0xc0);
            peer.say(&call().params(&nils).request()).await;
            fails(&mut peer, "Decode").await;
        },
    );
}

#[test]
fn unknown_kinds() {
    withstands(
        |server| server,
        |place| async move {
            for kind in [11, 12, 15, 40, 63] {
                is_cut_off(&place, &frame(&[0x91, kind]), "Protocol", "").await;
            }
            // From 64 on they are skipped, whatever is in them.
            let mut peer = Raw::greeted(place.address).await;
            let optional = [
                &[0x93, 0x40][..],
                &[0xc7, 3, 9, 1, 2, 3],
                &[0xa2, 0xff, 0xfe],
            ];
            let optional = frame(&optional.concat());
            let wide = frame(&[&[0x91][..], &int(u64::MAX)].concat());
            peer.say(&[optional, wide].concat().repeat(2000)).await;
            is_served(&mut peer, 1).await;
        },
    );
}

#[test]
fn invalid_utf8() {
    withstands(
        |server| server,
        |place| async move {
            let wrong = [0xa2, 0xc3, 0x28];
            let service = Call::new(1, wrong.to_vec(), "echo");
            let mut method = Call::new(1, target(), "echo");
            method.method = wrong.to_vec();
            let mut metadata = Call::new(1, target(), "echo").params(&hello());
            metadata.metadata = [&[0x81][..], &wrong, &wrong].concat();
            for call in [service, method, metadata] {
                is_cut_off(&place, &call.request(), "Protocol", "").await;
            }
            // In an argument, it is the call's own failure.
            let mut peer = Raw::greeted(place.address).await;
            let argument = [&[0x91][..], &wrong].concat();
            let call = Call::new(1, target(), "echo").params(&argument);
            peer.say(&call.request()).await;
            fails(&mut peer, "Decode").await;
            is_served(&mut peer, 2).await;
        },
    );
}

#[test]
fn wrong_extension_types() {
    withstands(
        |server| server,
        |place| async move {
            let mut peer = Raw::greeted(place.address).await;
            for extension in [
                &[0xd4, 2, 0][..], // not the type of references
                &[0xd4, 0xff, 0],  // a time
                &[0xd5, 1, 0, 0],  // an index of two bytes
                &[0xd8, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                &[0xc7, 0, 1], // and of none
            ] {
                for (service, method) in [("Keeper", "ignore"), ("Target", "echo")] {
                    let call = Call::new(1, text(service), method)
                        .references(&table(&[1]))
                        .params(&[&[0x91], extension].concat());
                    peer.say(&call.request()).await;
                    fails(&mut peer, "Decode").await;
                }
            }
            is_served(&mut peer, 2).await;
            // Where a field is to be, it is no field.
            let mut call = Call::new(1, target(), "echo");
            call.method = vec![0xd4, 1, 0];
            is_cut_off(&place, &call.request(), "Protocol", "").await;
        },
    );
}

#[test]
fn fields_of_other_types() {
    withstands(
        |server| server,
        |place| async move {
            for body in [
                &[0x9a, 0, 1, 1, 1, 1, 0xc0, 0xc0, 0xc0, 0x90][..], // a number, and a field short
                &[0x93, 3, 0xc0, 0xa1, b'x'],                       // an id that is a text
                &[0x93, 3, 0xc0, 0xff],                             // a negative one
                &[0x94, 5, 0xc0, 1, 1],                             // a reason that is none
                &[0x92, 7, 0xc0],                                   // a token that is nil
                &[0x92, 6, 0xc3],                                   // credit that is true
                &[0x92, 7, 1, 1],                                   // something behind it
                &[0xdc],                                            // not even whole
            ] {
                is_cut_off(&place, &frame(body), "Protocol", "").await;
            }
        },
    );
}

/// An abort ends the session, whatever it says.
#[test]
fn an_abort() {
    withstands(
        |server| server,
        |place| async move {
            let mut peer = Raw::greeted(place.address).await;
            let abort = [&[0x93, 14][..], &text("Nonsense"), &text("boo")].concat();
            peer.say(&frame(&abort)).await;
            assert_eq!(aborted(&mut peer).await, (String::new(), String::new()));
        },
    );
}
