//! Calls, answers and credit.

use ringback::Limits;
use ringback_tests::raw::{Raw, frame, text};
use ringback_tests::until;

use crate::MEMORY;
use crate::stage::withstands;
use crate::wire::{
    Call, fails, hello, int, is_cut_off, is_served, peer_is_cut_off, response, table, target,
};

fn few_calls() -> Limits {
    let mut limits = Limits::default();
    limits.max_calls = 64;
    limits
}

#[test]
fn more_calls_than_were_granted() {
    withstands(
        |server| server.limits(few_calls()),
        |place| async move {
            let calls: Vec<u8> = (0..65)
                .flat_map(|id| Call::new(id, target(), "hang").request())
                .collect();
            is_cut_off(&place, &calls, "Protocol", "max_calls").await;
        },
    );
}

#[test]
fn more_one_way_calls_than_were_granted() {
    withstands(
        |server| server.limits(few_calls()),
        |place| async move {
            let call = Call::new(0, target(), "hang_quietly").notification();
            is_cut_off(&place, &call.repeat(65), "Protocol", "max_calls").await;
        },
    );
}

/// Each call is cancelled at once, and a new one made. It counts until its handler has ended; nobody runs
/// more of them than `max_calls`.
#[test]
fn rapid_cancel() {
    withstands(
        |server| server.limits(few_calls()),
        |place| async move {
            let mut peer = Raw::greeted(place.address).await;
            for round in 0..50_u64 {
                let ids = round * 32..(round + 1) * 32;
                let says: Vec<u8> = ids
                    .clone()
                    .flat_map(|id| {
                        let cancel = frame(&[&[0x93, 3, 0xc0][..], &int(id)].concat());
                        [Call::new(id, target(), "hang").request(), cancel].concat()
                    })
                    .collect();
                peer.say(&says).await;
                for _ in ids {
                    fails(&mut peer, "Cancelled").await;
                }
            }
            is_served(&mut peer, u64::MAX).await;
        },
    );
}

/// As before, and it does not even wait for the answers.
#[test]
fn rapid_cancel_without_a_pause() {
    withstands(
        |server| server.limits(few_calls()),
        |place| async move {
            let mut peer = Raw::greeted(place.address).await;
            let says: Vec<u8> = (0..5000_u64)
                .flat_map(|id| {
                    let cancel = frame(&[&[0x93, 3, 0xc0][..], &int(id)].concat());
                    [Call::new(id, target(), "hang").request(), cancel].concat()
                })
                .collect();
            peer.say(&says).await;
            // Whether it is cut off depends on how fast handlers are ended.
            let mut answers = 0;
            while let Some(body) = peer.read_frame().await {
                answers += u32::from(body[1] == 1);
                if body[1] == 14 || answers == 5000 {
                    break;
                }
            }
            assert!(answers <= 5000);
        },
    );
}

/// A call that borrows its arguments keeps the memory into which it was read, and with it all else that was read
/// there.
#[test]
fn calls_that_wait_among_much_that_is_skipped() {
    /// Of a few it does not matter.
    const FEW: usize = 64;
    const MOST: usize = FEW * (128 << 10) + (WAITING - FEW) * (12 << 10);
    wait_among_much_that_is_skipped(
        |id| {
            let call = Call::new(id, target(), "hang_over");
            call.params(&[&[0x91][..], &text("over it")].concat())
                .request()
        },
        MOST,
    );
}

/// A call whose arguments were decoded keeps nothing of what it was read with.
#[test]
fn calls_that_wait_and_borrow_nothing() {
    wait_among_much_that_is_skipped(
        |id| Call::new(id, target(), "hang").request(),
        WAITING * (2 << 10),
    );
}

const WAITING: usize = 800;

/// So many calls that wait may keep `most` bytes.
fn wait_among_much_that_is_skipped(call: fn(u64) -> Vec<u8>, most: usize) {
    withstands(
        |server| server,
        move |place| async move {
            for (length, frames) in [(0x1f00, 5), (60 << 10, 1)] {
                let before = MEMORY.allocated();
                let mut peer = Raw::greeted(place.address).await;
                // An array of a kind that nobody knows, and of nothing.
                let mut skipped = vec![0xdd, 0, 0, 0, 0, 64];
                skipped[1..5].copy_from_slice(&u32::to_be_bytes(length - 5));
                skipped.resize(length as usize, 0xc0);
                let skipped = frame(&skipped).repeat(frames);
                for id in 0..WAITING as u64 {
                    peer.say(&[&skipped[..], &call(id)].concat()).await;
                }
                is_served(&mut peer, u64::MAX).await;
                let kept = MEMORY.allocated().saturating_sub(before);
                assert!(kept < most, "{kept} of {most} bytes");
                drop(peer);
                until("it is gone", || MEMORY.allocated() < before + (1 << 20)).await;
            }
        },
    );
}

/// What a call was read with is not kept when it has been answered, but read into again.
#[test]
fn calls_of_many_who_are_quiet_then() {
    const PEERS: usize = 200;
    const MOST: usize = PEERS * (4 << 10);
    withstands(
        |server| server,
        |place| async move {
            let mut peers = Vec::new();
            for _ in 0..PEERS {
                peers.push(Raw::greeted(place.address).await);
            }
            let before = MEMORY.allocated();
            for peer in &mut peers {
                is_served(peer, 1).await;
            }
            let kept = MEMORY.allocated().saturating_sub(before);
            assert!(kept < MOST, "{kept} of {MOST} bytes");
        },
    );
}

/// Cancels of what is not there.
#[test]
fn cancels_of_nothing() {
    withstands(
        |server| server,
        |place| async move {
            let mut peer = Raw::greeted(place.address).await;
            let cancels: Vec<u8> = (0..10_000_u64)
                .flat_map(|id| frame(&[&[0x93, 3, 0xc0][..], &int(id)].concat()))
                .collect();
            peer.say(&cancels).await;
            is_served(&mut peer, 1).await;
        },
    );
}

#[test]
fn a_replayed_request() {
    withstands(
        |server| server,
        |place| async move {
            let call = Call::new(1, target(), "hang").request();
            is_cut_off(&place, &call.repeat(2), "Protocol", "request 1 ").await;
        },
    );
}

#[test]
fn a_forged_parent() {
    withstands(
        |server| server,
        |place| async move {
            let mut call = Call::new(1, target(), "hang");
            call.parent = int(7);
            is_cut_off(&place, &call.request(), "Protocol", "not outstanding").await;
            // A one-way call must not have one at all.
            is_cut_off(&place, &call.notification(), "Protocol", "parent").await;
        },
    );
}

/// A peer that has a call of the server to answer.
async fn called(place: &crate::stage::Place) -> Raw {
    let mut peer = Raw::greeted(place.address).await;
    let params = [&[0x92, 0xd4, 1, 0], &text("hi")[..]].concat();
    let tell = Call::new(1, text("Keeper"), "tell")
        .references(&table(&[1]))
        .params(&params);
    peer.say(&tell.request()).await;
    loop {
        let body = peer.read_frame().await.expect("a call");
        if body[1] == 0 {
            assert_eq!(body[3], 1, "its id");
            return peer;
        }
    }
}

const REPLY: [u8; 7] = [0x96, 1, 0xc0, 1, 0, 0x90, 0xc0];

#[test]
fn a_double_reply() {
    withstands(
        |server| server,
        |place| async move {
            let mut peer = called(&place).await;
            peer.say(&frame(&REPLY).repeat(2)).await;
            peer_is_cut_off(peer, "Protocol", "request 1").await;
        },
    );
}

#[test]
fn a_reply_to_nothing() {
    withstands(
        |server| server,
        |place| async move {
            is_cut_off(&place, &frame(&REPLY), "Protocol", "request 1").await;
        },
    );
}

/// A place inside a call of the server's is taken once, and for as long as the call lasts.
#[test]
fn more_calls_inside_a_call_than_one() {
    withstands(
        |server| server,
        |place| async move {
            let mut peer = called(&place).await;
            let inside = |id| {
                let mut call = Call::new(id, target(), "hang");
                call.parent = int(1);
                call.request()
            };
            peer.say(&[inside(2), inside(3)].concat()).await;
            peer_is_cut_off(peer, "Protocol", "request 3").await;
            let mut peer = called(&place).await;
            peer.say(&[frame(&REPLY), inside(2)].concat()).await;
            peer_is_cut_off(peer, "Protocol", "not outstanding").await;
        },
    );
}

#[test]
fn absurd_credit() {
    withstands(
        |server| server,
        |place| async move {
            let credit = |count| frame(&[&[0x92, 6][..], &int(count)].concat());
            is_cut_off(&place, &credit(u64::MAX), "Protocol", "credit for").await;
            is_cut_off(&place, &credit(1), "Protocol", "credit for 1 ").await;
            // Of objects that it does not hold, it is ignored, however much it is.
            let mut peer = Raw::greeted(place.address).await;
            let objects = [&[0x93, 6, 0, 0x92][..], &int(7), &int(u64::MAX)].concat();
            peer.say(&frame(&objects).repeat(1000)).await;
            is_served(&mut peer, 1).await;
        },
    );
}

/// Arguments of another method, or of none.
#[test]
fn calls_of_what_is_not_there() {
    withstands(
        |server| server,
        |place| async move {
            let mut peer = Raw::greeted(place.address).await;
            for id in 0..50 {
                for (call, kind) in [
                    (Call::new(id, text("Nobody"), "echo"), "UnknownService"),
                    (Call::new(id, target(), "nothing"), "UnknownMethod"),
                    (Call::new(id, target(), "echo"), "Decode"),
                    (Call::new(id, target(), "sum").params(&hello()), "Decode"),
                ] {
                    peer.say(&call.request()).await;
                    fails(&mut peer, kind).await;
                }
            }
            is_served(&mut peer, 1000).await;
        },
    );
}

/// A request that was answered is replayed: it is a request of its own, with an answer of its own.
#[test]
fn an_answered_request_again() {
    withstands(
        |server| server,
        |place| async move {
            let mut peer = Raw::greeted(place.address).await;
            let call = Call::new(1, target(), "echo").params(&hello());
            for _ in 0..100 {
                peer.say(&call.request()).await;
                let (id, status, _) = response(&mut peer).await;
                assert_eq!((id, status), (1, 0));
            }
        },
    );
}
