//! What this end writes keeps to what a peer may refuse: no frame is too large, and no list too long.

use super::attached::Ledger;
use super::outgoing::{Outgoing, back, own};
use super::pair::{Pair, limited, quiet};
use super::stranger::{Stranger, notification};
use crate::error::ErrorKind;
use crate::frame::control::MAX_CREDITED_OBJECTS;
use crate::frame::reference::MAX_REFERENCES;
use crate::frame::sample::write_frame;
use crate::frame::{Greeting, Target};
use crate::id::ObjectId;
use crate::limits::Limits;
use crate::proto::{Rejected, Side};

/// Gets credit for one-way calls to many objects at once, as the peer reads it.
fn credit_for(objects: u32, greeting: Greeting) -> Vec<String> {
    let config = limited(|limits| limits.max_calls = 8 * objects);
    let mut stranger = Stranger::greets_with(config, greeting);
    let ledger = std::rc::Rc::<Ledger>::default();
    let mut call = Outgoing::to_service("S").one_way();
    for _ in 0..objects {
        call = call.passing(own(&ledger.listener()));
    }
    stranger.end.submit(call).unwrap();
    stranger.end.take_output();
    let mut bytes = bytes::BytesMut::new();
    for id in 1..=objects {
        let target = Target::Object(ObjectId::of(id.into()));
        write_frame(&mut bytes, &notification(target, Vec::new()));
    }
    stranger.end.receive(&mut bytes).unwrap();
    for call in std::mem::take(&mut stranger.end.arrived) {
        stranger.end.answer(call, 0);
    }
    stranger.end.ping();
    let mut frames = stranger.reads();
    assert_eq!(frames.remove(0), "ping 0");
    frames
}

fn objects_in(frames: &[String]) -> usize {
    frames
        .iter()
        .map(|frame| frame.matches("object").count())
        .sum()
}

#[test]
fn a_long_list_of_credit_goes_into_several_frames() {
    let objects = MAX_CREDITED_OBJECTS as u32 + 1;
    let greeting = Greeting {
        max_callbacks: u32::MAX,
        ..Greeting::new(&Limits::default(), 0, false)
    };
    let frames = credit_for(objects, greeting);
    assert_eq!(frames.len(), 2);
    assert_eq!(objects_in(&frames), objects as usize);
    assert!(
        frames
            .iter()
            .all(|frame| frame.starts_with("credit 65537, "))
    );
}

#[test]
fn credit_keeps_to_the_largest_frame_of_the_peer() {
    let limits = Limits {
        max_frame: 1024,
        ..Limits::default()
    };
    // 300 introductions fit into the call, and their credit does not fit into one frame.
    let frames = credit_for(300, Greeting::new(&limits, 0, false));
    assert!(frames.len() > 1);
    assert_eq!(objects_in(&frames), 300);

    let mut pair = Pair::open(limited(|limits| limits.max_frame = 1024), quiet());
    let listeners: Vec<_> = (0..300).map(|_| pair.server.listener()).collect();
    let mut call = Outgoing::to_service("S").one_way();
    for listener in &listeners {
        call = call.passing(own(listener));
    }
    pair.server.submit(call).unwrap();
    pair.exchange();
    let incoming = pair.client.next_call();
    for passed in &incoming.passed {
        pair.client
            .submit(Outgoing::to_object(&passed.proxy()).one_way())
            .unwrap();
    }
    pair.exchange();
    while !pair.server.arrived.is_empty() {
        let event = pair.server.next_call();
        pair.server.answer(event, 0);
    }
    pair.client.answer(incoming, 0);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn a_failure_fits_into_the_smallest_frame_a_peer_may_ask_for() {
    let mut pair = Pair::open(limited(|limits| limits.max_frame = 0), quiet());
    let _ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.exchange();
    let call = pair.server.next_call();
    let long = "ß".repeat(5000);
    pair.server.fail(call, ErrorKind::TooManyCallbacks, &long);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn more_references_than_a_frame_may_pass_are_rejected() {
    let mut pair = Pair::open(
        limited(|limits| {
            limits.max_frame = 1 << 30;
            limits.max_callbacks = u32::MAX;
        }),
        quiet(),
    );
    let (_listener, proxy) = pair.introduce_from(Side::Connecting);
    let new = pair.server.listener();
    let passing = |count| {
        let mut call = Outgoing::to_service("S").passing(own(&new));
        for _ in 1..count {
            call = call.passing(back(&proxy));
        }
        call
    };
    let before = pair.server.counts();
    let rejected = pair.server.submit(passing(MAX_REFERENCES + 1));
    let rejected = rejected.map(|_| ()).unwrap_err();
    assert!(matches!(
        rejected,
        Rejected::TooManyReferences { count, limit } if count == limit + 1
    ));
    let error = rejected.into_error("`S.add`");
    assert_eq!(error.kind(), ErrorKind::TooLarge);
    assert_eq!(
        error.to_string(),
        "`S.add`: a message that passes 1048577 objects, and one may pass at most 1048576"
    );
    assert_eq!(pair.server.counts(), before);
    assert!(pair.server.submit(passing(MAX_REFERENCES)).is_ok());
    pair.ledger.assert_nothing_was_destroyed_under_lock();
}
