//! What a call and its answer carry arrives as it was given, at once or after a wait.

use std::time::Duration;

use super::attached::Outcome;
use super::end::{Callee, Incoming};
use super::outgoing::{Outgoing, number_in};
use super::pair::{Pair, limited, quiet};
use crate::error::ErrorKind;
use crate::frame::{Failure, Status, metadata};
use crate::proto::Side;

const SECOND: Duration = Duration::from_secs(1);

fn metadata() -> Vec<u8> {
    metadata::encode([("tenant", "acme"), ("trace", "17")]).to_vec()
}

fn assert_as_given(incoming: &Incoming, left: Option<u64>) {
    assert!(matches!(&incoming.target, Callee::Service(name) if name == "Prices@2"));
    assert_eq!(incoming.method, 0x81c3_1234);
    assert_eq!(incoming.left, left);
    assert_eq!(incoming.metadata, metadata());
    assert_eq!(incoming.number, 77);
}

#[test]
fn a_call_arrives_as_it_was_made() {
    for one_way in [false, true] {
        let mut pair = Pair::open(quiet(), quiet());
        let call = Outgoing::to_service("Prices@2")
            .method(0x81c3_1234)
            .metadata(&metadata())
            .deadline(pair.clock.now() + SECOND * 5)
            .number(77);
        let call = if one_way { call.one_way() } else { call };
        let ticket = pair.client.submit(call).unwrap();
        pair.exchange();
        let incoming = pair.server.next_call();
        assert_as_given(&incoming, Some(5000));
        assert_eq!(incoming.id, (!one_way).then_some(ticket.id));
    }
}

#[test]
fn a_call_that_waited_has_as_much_time_left_as_it_really_has() {
    let mut pair = Pair::open(quiet(), limited(|limits| limits.max_calls = 1));
    let first = pair.client.submit(Outgoing::to_service("S")).unwrap();
    assert!(first.sent);
    let deadline = pair.clock.now() + SECOND * 5;
    for _ in 0..2 {
        let call = Outgoing::to_service("Prices@2")
            .method(0x81c3_1234)
            .metadata(&metadata())
            .deadline(deadline)
            .number(77);
        pair.client.submit(call).unwrap();
    }
    for left in [None, Some(2000), Some(0)] {
        pair.exchange();
        let incoming = pair.server.next_call();
        if left.is_some() {
            assert_as_given(&incoming, left);
        }
        pair.clock.advance(SECOND * 3);
        pair.server.answer(incoming, 0);
    }
}

#[test]
fn without_a_deadline_nothing_is_said_of_time() {
    let mut pair = Pair::open(quiet(), quiet());
    pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.exchange();
    let incoming = pair.server.next_call();
    assert_eq!(incoming.left, None);
    assert!(incoming.metadata.is_empty());
}

#[test]
fn each_answer_finds_its_caller_whatever_the_order() {
    let mut pair = Pair::open(quiet(), quiet());
    let tickets = [0, 1, 2].map(|number| {
        let call = Outgoing::to_service("S").number(number);
        pair.client.submit(call).unwrap()
    });
    pair.exchange();
    for which in [1, 1, 0] {
        let incoming = pair.server.arrived.remove(which);
        let number = 100 + incoming.number;
        pair.server.answer(incoming, number);
    }
    pair.exchange();
    for (number, ticket) in tickets.iter().enumerate() {
        match pair.client.outcome(ticket) {
            Some(Outcome::Answered { status, value, .. }) => {
                assert_eq!(status, Status::Ok);
                assert_eq!(number_in(&value) as usize, 100 + number);
            }
            _ => panic!("call {number} was not answered"),
        }
    }
}

#[test]
fn a_failure_arrives_with_its_kind_and_its_message() {
    let mut pair = Pair::open(quiet(), quiet());
    let ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.exchange();
    let incoming = pair.server.next_call();
    pair.server
        .fail(incoming, ErrorKind::Decode, "argument `x`");
    pair.exchange();
    let Some(Outcome::Answered { status, value, .. }) = pair.client.outcome(&ticket) else {
        panic!("the call was not answered");
    };
    assert_eq!(status, Status::Failed);
    let failure = Failure::read(&value).unwrap();
    assert_eq!((failure.kind, failure.message), ("Decode", "argument `x`"));
}

#[test]
fn an_answer_that_comes_after_the_caller_gave_up_is_nobodys() {
    let mut pair = Pair::open(quiet(), quiet());
    let ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.exchange();
    pair.client.cancel(ticket);
    pair.send_from(Side::Connecting);
    assert_eq!(pair.in_transit_from(Side::Connecting), ["cancel 1"]);
    let incoming = pair.server.next_call();
    pair.server.answer(incoming, 0);
    pair.exchange();
    // The two have crossed: the cancel came to what was answered already.
    assert!(pair.server.cancelled.is_empty());
    pair.assert_tables_are_empty();
    pair.ledger.assert_all_is_settled();
}
