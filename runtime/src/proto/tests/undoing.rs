//! Who undoes what: a frame that never entered the stream is undone by its sender, any other one by
//! its receiver.

use super::attached::{Outcome, Passed};
use super::outgoing::{Outgoing, own};
use super::pair::{Pair, limited, quiet};
use crate::error::ErrorKind;
use crate::limits::Limits;
use crate::proto::connection::Counts;
use crate::proto::{Config, Overflow, Rejected, Side};

fn small_frames() -> Config {
    limited(|limits| limits.max_frame = 1024)
}

fn few_callbacks() -> Config {
    limited(|limits| limits.max_callbacks = 2)
}

#[test]
fn a_call_that_is_too_large_leaves_nothing_behind() {
    let mut pair = Pair::open(quiet(), small_frames());
    let (known, proxy) = pair.introduce_from(Side::Connecting);
    let new = pair.client.listener();
    let before = pair.client.counts();
    let call = Outgoing::to_service("S")
        .passing(own(&known))
        .passing(own(&new))
        .carrying(1024);
    match pair.client.submit(call) {
        Err(Rejected::TooLarge { size, limit: 1024 }) => assert!(size > 1024),
        other => panic!("{:?}", other.map(|ticket| ticket.id)),
    }
    assert_eq!(pair.client.counts(), before);
    let number = new.number;
    drop(new);
    assert_eq!(pair.ledger.destroyed(number), 1);

    // The one that was known before has the count that it had.
    pair.exchange();
    assert!(pair.server.arrived.is_empty());
    pair.server.let_go(proxy);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn the_largest_frame_goes_and_one_byte_more_does_not() {
    let mut pair = Pair::open(quiet(), small_frames());
    let size_of = |result| match result {
        Err(Rejected::TooLarge { size, .. }) => size,
        _ => panic!("it is not too large"),
    };
    let with = |bytes| Outgoing::to_service("S").carrying(bytes);
    let around = size_of(pair.client.submit(with(2000)).map(|_| ())) - 2000;
    assert!(pair.client.submit(with(1024 - around)).is_ok());
    assert_eq!(
        size_of(pair.client.submit(with(1025 - around)).map(|_| ())),
        1025
    );
    pair.exchange();
    assert_eq!(pair.server.arrived.len(), 1);
}

#[test]
fn a_call_with_too_many_callbacks_leaves_nothing_behind() {
    let mut pair = Pair::open(quiet(), few_callbacks());
    let (known, proxy) = pair.introduce_from(Side::Connecting);
    let before = pair.client.counts();
    let new = [pair.client.listener(), pair.client.listener()];
    let call = Outgoing::to_service("S")
        .passing(own(&new[0]))
        .passing(own(&known))
        .passing(own(&new[1]));
    let rejected = pair.client.submit(call).map(|_| ()).unwrap_err();
    assert!(matches!(rejected, Rejected::TooManyCallbacks { limit: 2 }));
    assert_eq!(pair.client.counts(), before);
    drop(new);

    // Other calls go on, also such as pass what the peer holds already, or something in its place.
    let again = pair.pass_from(Side::Connecting, &known);
    let (_other, another) = pair.introduce_from(Side::Connecting);
    pair.server.let_go((proxy, again, another));
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn the_limit_is_named_in_the_error() {
    let error = Rejected::TooManyCallbacks { limit: 2 }.into_error("`S.add`");
    assert_eq!(error.kind(), ErrorKind::TooManyCallbacks);
    assert_eq!(
        error.to_string(),
        "`S.add`: the peer holds at most 2 callbacks on one connection (max_callbacks)"
    );
}

#[test]
fn an_answer_that_cannot_be_sent_can_still_be_failed() {
    for (config, bytes, kind) in [
        (small_frames(), 2000, ErrorKind::TooLarge),
        (few_callbacks(), 0, ErrorKind::TooManyCallbacks),
    ] {
        let mut pair = Pair::open(config, quiet());
        let ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
        pair.exchange();
        let incoming = pair.server.next_call();
        let id = incoming.id.unwrap();
        let passing: Vec<_> = (0..3).map(|_| own(&pair.server.listener())).collect();
        let value = [
            &[0xc6, 0, 0, (bytes >> 8) as u8, bytes as u8][..],
            &vec![0; bytes],
        ]
        .concat();
        let rejected = pair
            .server
            .reply_with(id, passing, &value)
            .unwrap_err()
            .into_error("the answer");
        assert_eq!(rejected.kind(), kind);
        assert_eq!(pair.server.counts().exports, 0);
        assert_eq!(pair.server.counts().served, 1);
        pair.server.fail(incoming, kind, &rejected.to_string());
        pair.exchange();
        assert!(matches!(
            pair.client.outcome(&ticket),
            Some(Outcome::Answered { .. })
        ));
        pair.assert_tables_are_empty();
        pair.ledger.assert_all_is_settled();
    }
}

#[test]
fn a_waiting_call_that_is_given_up_gives_its_objects_back() {
    let mut pair = Pair::open(quiet(), limited(|limits| limits.max_calls = 1));
    let first = pair.client.submit(Outgoing::to_service("S")).unwrap();
    let listener = pair.client.listener();
    let number = listener.number;
    let call = Outgoing::to_service("S").passing(own(&listener));
    drop(listener);
    let second = pair.client.submit(call).unwrap();
    assert!(!second.sent);
    assert_eq!(pair.client.counts().exports, 0);
    assert_eq!(pair.ledger.destroyed(number), 0);
    pair.client.cancel(second);
    assert_eq!(pair.ledger.destroyed(number), 1);

    pair.exchange();
    let call = pair.server.next_call();
    pair.server.answer(call, 0);
    pair.exchange();
    assert!(pair.client.outcome(&first).is_some());
    assert!(pair.server.arrived.is_empty() && pair.server.cancelled.is_empty());
    pair.assert_tables_are_empty();
    pair.ledger.assert_all_is_settled();
}

#[test]
fn a_waiting_call_that_cannot_be_sent_in_the_end_tells_its_caller() {
    let mut pair = Pair::open(
        quiet(),
        limited(|limits| {
            limits.max_calls = 1;
            limits.max_callbacks = 1;
        }),
    );
    let (_kept, proxy) = pair.introduce_from(Side::Connecting);
    let _first = pair.client.submit(Outgoing::to_service("S")).unwrap();
    let new = pair.client.listener();
    let call = |passed| Outgoing::to_service("S").passing(own(passed));
    let two_way = pair.client.submit(call(&new)).unwrap();
    let one_way = pair.client.submit(call(&new).one_way()).unwrap();
    let last = pair.client.submit(Outgoing::to_service("S")).unwrap();
    drop(new);
    pair.exchange();
    let call = pair.server.next_call();
    pair.server.answer(call, 0);
    pair.exchange();
    for ticket in [two_way, one_way] {
        assert!(matches!(
            pair.client.outcome(&ticket),
            Some(Outcome::Rejected(Rejected::TooManyCallbacks { limit: 1 }))
        ));
    }
    // They used no credit: the one behind them has been sent.
    let call = pair.server.next_call();
    pair.server.answer(call, 0);
    pair.exchange();
    assert!(pair.client.outcome(&last).is_some());
    pair.server.let_go(proxy);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn the_receiver_lets_go_of_what_a_failed_call_passed() {
    for one_way in [false, true] {
        let mut pair = Pair::open(quiet(), quiet());
        let listener = pair.client.listener();
        let call = Outgoing::to_service("S").passing(own(&listener));
        drop(listener);
        let call = if one_way { call.one_way() } else { call };
        let _ticket = pair.client.submit(call).unwrap();
        pair.exchange();
        assert_eq!(pair.client.counts().exports, 1);
        let incoming = pair.server.next_call();
        pair.server
            .fail(incoming, ErrorKind::Decode, "what is this?");
        pair.exchange();
        pair.assert_tables_are_empty();
        assert_eq!(pair.ledger.destroyed(0), 1);
    }
}

#[test]
fn the_caller_lets_go_of_what_the_answer_to_a_cancelled_call_passes() {
    let mut pair = Pair::open(quiet(), quiet());
    let ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.exchange();
    let incoming = pair.server.next_call();
    pair.client.cancel(ticket);
    assert_eq!(pair.client.counts().calls, 1);
    let passing = vec![own(&pair.server.listener())];
    pair.server.answer_passing(incoming, 1, passing).unwrap();
    pair.exchange();
    pair.assert_tables_are_empty();
    pair.ledger.assert_all_is_settled();
}

#[test]
fn the_caller_of_a_call_holds_what_its_answer_passes() {
    let mut pair = Pair::open(quiet(), quiet());
    let ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.exchange();
    let incoming = pair.server.next_call();
    let passing = vec![own(&pair.server.listener())];
    pair.server.answer_passing(incoming, 1, passing).unwrap();
    pair.exchange();
    let Some(Outcome::Answered { passed, .. }) = pair.client.outcome(&ticket) else {
        panic!("the call was not answered");
    };
    assert!(matches!(passed[..], [Passed::Theirs(_)]));
    assert_eq!(pair.server.counts().exports, 1);
    pair.client.let_go(passed);
    pair.exchange();
    pair.assert_tables_are_empty();
    pair.ledger.assert_all_is_settled();
}

#[test]
fn a_one_way_call_that_its_policy_drops_gives_its_objects_back() {
    let mut pair = Pair::open(limited(|limits| limits.max_object_calls = 1), quiet());
    let (_callee, proxy) = pair.introduce_from(Side::Connecting);
    let event = || {
        Outgoing::to_object(&proxy)
            .one_way()
            .overflow(Overflow::Latest)
    };
    pair.server.submit(event()).unwrap();
    let listener = pair.server.listener();
    let number = listener.number;
    pair.server.submit(event().passing(own(&listener))).unwrap();
    drop(listener);
    assert_eq!(pair.ledger.destroyed(number), 0);
    pair.server.submit(event()).unwrap();
    assert_eq!(pair.ledger.destroyed(number), 1);
    assert_eq!(pair.server.counts().exports, 0);
}

#[test]
fn a_withdrawn_object_in_a_frame_that_is_not_sent_is_not_revoked_either() {
    let mut pair = Pair::open(quiet(), small_frames());
    let listener = pair.client.listener();
    pair.client.revoke(&listener, "gone");
    let call = Outgoing::to_service("S")
        .passing(own(&listener))
        .carrying(2000);
    assert!(pair.client.submit(call).is_err());
    assert_eq!(
        pair.client.counts(),
        Counts::default(),
        "nothing is written"
    );
}

#[test]
fn what_is_passed_at_the_limit_of_one_callback_is_taken_in_turn() {
    let mut pair = Pair::open(quiet(), limited(|limits| limits.max_callbacks = 1));
    for _ in 0..3 {
        let (_listener, proxy) = pair.introduce_from(Side::Connecting);
        let call = Outgoing::to_service("S").passing(own(&pair.client.listener()));
        // The release is under way, and counts until it has come.
        pair.server.let_go(proxy);
        assert!(pair.client.submit(call).is_err());
        pair.exchange();
    }
    pair.assert_tables_are_empty();
    assert_eq!(Limits::default().max_callbacks, 10_000);
}
