//! A peer that takes more than it was granted: calls, places, callbacks, answers.

use std::time::Duration;

use bytes::BytesMut;

use super::outgoing::Outgoing;
use super::pair::{limited, quiet};
use super::stranger::{
    SERVICE, Stranger, assert_protocol_fault, introduces, notification, request, request_of,
    response,
};
use crate::error::ErrorKind;
use crate::frame::{Credit, Frame};
use crate::id::{ObjectId, RequestId};

#[test]
fn who_pings_for_ever_and_never_reads_takes_no_room() {
    let mut stranger = Stranger::greets(quiet());
    for token in 0..1000 {
        if token % 100 == 0 {
            stranger.clock.advance(Duration::from_secs(1));
        }
        stranger.sends(&Frame::Ping(token)).unwrap();
    }
    assert_eq!(stranger.end.counts().queued_bytes, 0);
    assert_eq!(stranger.reads(), ["pong 999"]);
}

#[test]
fn who_pings_far_more_often_than_his_heartbeat_asks_for_meets_an_end() {
    let mut stranger = Stranger::greets(quiet());
    let pings = (1..1000).find(|&token| stranger.sends(&Frame::Ping(token)).is_err());
    assert_eq!(pings, Some(101));
}

#[test]
fn who_cancels_for_ever_is_heard_once() {
    let mut stranger = Stranger::greets(quiet());
    stranger.sends(&request(1)).unwrap();
    for _ in 0..1000 {
        stranger.sends(&Frame::Cancel { id: RequestId(1) }).unwrap();
    }
    assert_eq!(stranger.end.cancelled, [RequestId(1)]);
}

#[test]
fn who_takes_nothing_for_as_long_as_one_may_be_silent_meets_an_end() {
    let mut config = quiet();
    config.heartbeat = Some(Duration::from_secs(5));
    config.heartbeat_misses = 3;
    let mut stranger = Stranger::greets(config);
    stranger.sends(&Frame::Ping(1)).unwrap();
    assert!(!stranger.end.hand_over().is_empty());
    for second in 1..=20 {
        stranger.clock.advance(Duration::from_secs(1));
        // It is not silent.
        stranger.sends(&Frame::Ping(1)).unwrap();
        let ticked = stranger.end.look_at_the_clock();
        assert_eq!(ticked.is_err(), second == 20, "after {second} seconds");
        if let Err(fault) = ticked {
            assert_eq!(fault.kind, ErrorKind::Overloaded);
            return;
        }
    }
}

/// A peer that takes that many bytes each second of much that is sent to it, and when that meets an end.
fn reads(bytes: usize) -> Option<u32> {
    let mut config = quiet();
    config.heartbeat = Some(Duration::from_secs(5));
    let mut stranger = Stranger::greets(config);
    for id in 0..1000 {
        stranger.sends(&request(id)).unwrap();
        let incoming = stranger.end.next_call();
        stranger.end.answer(incoming, 0);
    }
    assert!(stranger.end.hand_over().len() > 10_000);
    (1..100).find(|_| {
        stranger.clock.advance(Duration::from_secs(1));
        stranger.sends(&Frame::Pong(1)).unwrap();
        stranger.end.wrote(bytes);
        stranger.end.look_at_the_clock().is_err()
    })
}

#[test]
fn who_takes_a_byte_now_and_then_meets_an_end() {
    assert_eq!(reads(1), Some(20));
    assert_eq!(reads(100), None);
}

/// A peer that sends that many bytes of a large frame each second, and when that meets an end.
fn writes(bytes: usize) -> Option<u32> {
    let mut config = quiet();
    config.heartbeat = Some(Duration::from_secs(5));
    let mut stranger = Stranger::greets(config);
    let mut input = BytesMut::from(&[0, 0xf0, 0, 0][..]);
    (1..100).find(|_| {
        stranger.clock.advance(Duration::from_secs(1));
        input.resize(input.len() + bytes, 0);
        stranger.end.receive(&mut input).unwrap();
        stranger.end.look_at_the_clock().is_err()
    })
}

#[test]
fn who_sends_a_frame_byte_by_byte_meets_an_end() {
    assert_eq!(writes(1), Some(21)); // it began in the first second
    assert_eq!(writes(100), None);
}

#[test]
fn a_frame_that_is_whole_in_time_may_be_as_slow_as_it_likes() {
    let mut config = quiet();
    config.heartbeat = Some(Duration::from_secs(5));
    let mut stranger = Stranger::greets(config);
    let mut input = BytesMut::new();
    for _ in 0..10 {
        // Nine bytes, one a second; and the next one has begun when this is whole.
        for byte in [0, 0, 0, 5, 0x92, 8, 0xcd, 3, 0xe8] {
            input.extend_from_slice(&[byte]);
            stranger.end.receive(&mut input).unwrap();
            stranger.clock.advance(Duration::from_secs(1));
            stranger.end.look_at_the_clock().unwrap();
        }
    }
}

#[test]
fn limits_that_nothing_could_meet_are_none() {
    let mut stranger = Stranger::greets(limited(|limits| {
        limits.max_frame = usize::MAX;
        limits.max_queued_bytes = usize::MAX;
    }));
    stranger.sends(&Frame::Ping(1)).unwrap();
    assert_eq!(stranger.reads(), ["pong 1"]);
}

#[test]
fn a_one_way_call_that_names_a_parent_is_a_fault() {
    let mut stranger = Stranger::greets(quiet());
    stranger.end.submit(Outgoing::to_service("S")).unwrap();
    let Frame::Notification(call) = notification(SERVICE, Vec::new()) else {
        unreachable!("it is a notification");
    };
    let frame = Frame::Notification(crate::frame::Request {
        parent: Some(RequestId(1)),
        ..call
    });
    assert_protocol_fault(stranger.sends(&frame), "names a parent");
}

#[test]
fn a_parent_that_is_not_outstanding_is_a_fault() {
    let mut stranger = Stranger::greets(quiet());
    let inside = |id, parent| request_of(id, SERVICE, Some(parent), Vec::new());
    assert_protocol_fault(
        stranger.sends(&inside(1, 1)),
        "request 1 inside request 1, which is not outstanding",
    );

    let mut stranger = Stranger::greets(quiet());
    stranger.end.submit(Outgoing::to_service("S")).unwrap();
    stranger.sends(&response(1, Vec::new())).unwrap();
    assert_protocol_fault(stranger.sends(&inside(1, 1)), "not outstanding");
}

#[test]
fn a_parent_whose_place_is_held_is_a_fault() {
    let mut stranger = Stranger::greets(quiet());
    stranger.end.submit(Outgoing::to_service("S")).unwrap();
    let inside = |id| request_of(id, SERVICE, Some(1), Vec::new());
    stranger.sends(&inside(5)).unwrap();
    assert_protocol_fault(
        stranger.sends(&inside(6)),
        "request 6 inside request 1, whose place request 5 holds",
    );
}

#[test]
fn a_chain_of_calls_that_is_too_long_is_a_fault() {
    let mut stranger = Stranger::greets(limited(|limits| limits.max_call_depth = 3));
    let mut parent = stranger.end.submit(Outgoing::to_service("S")).unwrap().id;
    let inside = |id, parent: RequestId| request_of(id, SERVICE, Some(parent.0), Vec::new());
    // The first call has depth 0, its answers the odd depths, and this end's own the even ones.
    stranger.sends(&inside(1, parent)).unwrap();
    for id in 2..10 {
        let incoming = stranger.end.next_call();
        let call = Outgoing::to_service("S").inside(&incoming);
        parent = stranger.end.submit(call).unwrap().id;
        let received = stranger.sends(&inside(id, parent));
        if id == 3 {
            return assert_protocol_fault(received, "more than 3 calls inside each other");
        }
        received.unwrap();
    }
    panic!("there is no end to it");
}

#[test]
fn the_place_is_free_again_after_the_answer() {
    let mut stranger = Stranger::greets(quiet());
    stranger.end.submit(Outgoing::to_service("S")).unwrap();
    for id in 5..8 {
        stranger
            .sends(&request_of(id, SERVICE, Some(1), Vec::new()))
            .unwrap();
        let call = stranger.end.next_call();
        stranger.end.answer(call, 0);
    }
}

#[test]
fn calls_beyond_the_credit_are_a_fault() {
    for one_way in [false, true] {
        let mut stranger = Stranger::greets(limited(|limits| limits.max_calls = 3));
        let frame = |id| match one_way {
            true => notification(SERVICE, Vec::new()),
            false => request(id),
        };
        for id in 1..=3 {
            stranger.sends(&frame(id)).unwrap();
        }
        assert_protocol_fault(
            stranger.sends(&frame(4)),
            "more than 3 calls outstanding (max_calls)",
        );
    }
}

#[test]
fn a_cancelled_call_uses_credit_until_it_is_answered() {
    let mut stranger = Stranger::greets(limited(|limits| limits.max_calls = 1));
    stranger.sends(&request(1)).unwrap();
    stranger.sends(&Frame::Cancel { id: RequestId(1) }).unwrap();
    assert_eq!(stranger.end.counts().admitted, 1);
    assert_protocol_fault(stranger.sends(&request(2)), "max_calls");
}

#[test]
fn more_callbacks_than_granted_are_a_fault_of_their_own_kind() {
    let mut stranger = Stranger::greets(limited(|limits| limits.max_callbacks = 2));
    let passes = |id, references| request_of(id, SERVICE, None, references);
    stranger
        .sends(&passes(
            1,
            vec![introduces(1), introduces(2), introduces(1)],
        ))
        .unwrap();
    // What is known already makes no more of them.
    stranger.sends(&passes(2, vec![introduces(2)])).unwrap();
    let fault = stranger.sends(&passes(3, vec![introduces(3)])).unwrap_err();
    assert_eq!(fault.kind, ErrorKind::TooManyCallbacks);
    assert_eq!(fault.message, "more than 2 callbacks (max_callbacks)");
}

#[test]
fn objects_in_an_answer_count_as_well() {
    let mut stranger = Stranger::greets(limited(|limits| limits.max_callbacks = 1));
    stranger.end.submit(Outgoing::to_service("S")).unwrap();
    let fault = stranger
        .sends(&response(1, vec![introduces(1), introduces(2)]))
        .unwrap_err();
    assert_eq!(fault.kind, ErrorKind::TooManyCallbacks);
}

#[test]
fn credit_for_what_was_never_sent_is_a_fault() {
    let mut stranger = Stranger::greets(quiet());
    let credit = |finished| {
        Frame::Credit(Credit {
            finished,
            objects: Vec::new(),
        })
    };
    stranger.sends(&credit(0)).unwrap();
    stranger
        .end
        .submit(Outgoing::to_service("S").one_way())
        .unwrap();
    stranger.sends(&credit(1)).unwrap();
    stranger.sends(&credit(1)).unwrap();
    assert_eq!(stranger.end.counts().outstanding, 0);
    assert_protocol_fault(
        stranger.sends(&credit(2)),
        "credit for 2 finished notifications, and 1 were sent",
    );
}

#[test]
fn credit_for_an_object_that_is_not_held_is_ignored() {
    let mut stranger = Stranger::greets(quiet());
    let credit = Credit {
        finished: 0,
        objects: vec![(ObjectId::of(5), u64::MAX)],
    };
    stranger.sends(&Frame::Credit(credit)).unwrap();
}
