//! A peer that is about to leave: nothing new is begun, and what is under way is finished.

use super::attached::Outcome;
use super::end::Ticket;
use super::outgoing::{Outgoing, own};
use super::pair::quiet;
use super::stranger::{Stranger, introduces, release, request, request_of, response};
use crate::error::{Error, ErrorKind};
use crate::frame::{Frame, Greeting, Target};
use crate::limits::Limits;
use crate::proto::{Overflow, Rejected};

const GOAWAY: Frame<'static> = Frame::Goaway {
    reason: "shutting down",
};

/// A peer that grants that many calls.
fn stranger(max_calls: u32) -> Stranger {
    let greeting = Greeting {
        max_calls,
        ..Greeting::new(&Limits::default(), 0, false)
    };
    Stranger::greets_with(quiet(), greeting)
}

fn assert_leaving(error: &Error) {
    assert_eq!(error.kind(), ErrorKind::Closed);
    assert_eq!(error.to_string(), "the peer is leaving: shutting down");
}

fn assert_told(stranger: &Stranger, ticket: &Ticket) {
    match stranger.end.outcome(ticket) {
        Some(Outcome::Rejected(Rejected::Closed(error))) => assert_leaving(&error),
        _ => panic!("the caller was not told"),
    }
}

#[test]
fn no_new_calls_are_made_to_a_peer_that_leaves() {
    let mut stranger = stranger(100);
    stranger.sends(&GOAWAY).unwrap();
    let listener = stranger.end.listener();
    let number = listener.number;
    let call = || Outgoing::to_service("S");
    let passing = call().passing(own(&listener));
    drop(listener);
    for call in [call(), call().one_way(), passing] {
        match stranger.end.submit(call) {
            Err(Rejected::Closed(error)) => assert_leaving(&error),
            _ => panic!("the call was made"),
        }
    }
    assert!(stranger.reads().is_empty());
    assert_eq!(stranger.end.ledger.destroyed(number), 1);
    stranger
        .end
        .ledger
        .assert_nothing_was_destroyed_under_lock();
}

#[test]
fn calls_in_line_are_told_and_those_under_way_are_answered() {
    let mut stranger = stranger(1);
    let call = || Outgoing::to_service("S");
    let sent = stranger.end.submit(call()).unwrap();
    let waiting = [call(), call().one_way()].map(|call| stranger.end.submit(call).unwrap());
    stranger.sends(&GOAWAY).unwrap();
    for ticket in &waiting {
        assert_told(&stranger, ticket);
    }
    assert_eq!(stranger.end.counts().calls, 1);
    stranger.sends(&response(sent.id.0, Vec::new())).unwrap();
    assert!(matches!(
        stranger.end.outcome(&sent),
        Some(Outcome::Answered { .. })
    ));
    assert_eq!(stranger.reads(), ["request 1 to S"]);
}

#[test]
fn what_waits_in_an_objects_line_without_a_caller_is_dropped_with_its_object() {
    let mut stranger = stranger(0);
    let frame = request_of(1, Target::Service("S"), None, vec![introduces(5)]);
    stranger.sends(&frame).unwrap();
    let incoming = stranger.end.next_call();
    let proxy = incoming.passed[0].proxy();
    let event = Outgoing::to_object(&proxy)
        .one_way()
        .overflow(Overflow::Latest);
    stranger.end.submit(event).unwrap();
    stranger.end.answer(incoming, 0);
    stranger.end.let_go(proxy);
    assert_eq!(stranger.reads(), ["response 1: Ok"]);
    stranger.sends(&GOAWAY).unwrap();
    assert_eq!(stranger.reads(), ["release 5, 1 times"]);
    assert_eq!(stranger.end.counts().calls, 0);
}

#[test]
fn what_is_being_handled_may_call_back_until_it_is_answered() {
    let mut stranger = stranger(100);
    stranger.sends(&request(7)).unwrap();
    stranger.sends(&GOAWAY).unwrap();
    let incoming = stranger.end.next_call();
    let inside = |number| Outgoing::to_service("S").inside(&incoming).number(number);
    let [first, second, third] =
        [1, 2, 3].map(|number| stranger.end.submit(inside(number)).unwrap());
    assert!(first.sent && !second.sent);
    assert_eq!(stranger.reads(), ["request 1 to S inside 7"]);
    stranger.sends(&response(first.id.0, Vec::new())).unwrap();
    // In its turn and in the handler's place, though there is credit.
    assert_eq!(stranger.reads(), ["request 2 to S inside 7"]);
    stranger.end.answer(incoming, 0);
    assert_told(&stranger, &third);
    assert_eq!(stranger.reads(), ["response 7: Ok"]);
    stranger.sends(&response(second.id.0, Vec::new())).unwrap();
    assert!(stranger.end.outcome(&second).is_some());
    assert_eq!(stranger.end.counts().calls, 0);
}

#[test]
fn an_event_out_of_a_handler_has_no_place_and_goes_nowhere() {
    let mut stranger = stranger(100);
    let frame = request_of(1, Target::Service("S"), None, vec![introduces(5)]);
    stranger.sends(&frame).unwrap();
    stranger.sends(&GOAWAY).unwrap();
    let incoming = stranger.end.next_call();
    let proxy = incoming.passed[0].proxy();
    let event = Outgoing::to_object(&proxy).inside(&incoming).one_way();
    // One for which the handler waits may take the place.
    let policy = event.overflow(Overflow::Latest);
    assert!(matches!(
        stranger.end.submit(policy),
        Err(Rejected::Closed(_))
    ));
    let event = Outgoing::to_object(&proxy).inside(&incoming).one_way();
    assert!(stranger.end.submit(event).unwrap().sent);
    assert_eq!(stranger.reads(), ["request 1 to object 5 inside 1"]);
}

#[test]
fn everything_else_goes_on() {
    let mut stranger = stranger(100);
    let listener = stranger.end.listener();
    let call = Outgoing::to_service("S").one_way().passing(own(&listener));
    stranger.end.submit(call).unwrap();
    stranger.reads();
    for _ in 0..2 {
        stranger.sends(&GOAWAY).unwrap();
    }
    stranger.sends(&release(1, 1)).unwrap();
    stranger.sends(&request(1)).unwrap();
    let incoming = stranger.end.next_call();
    stranger.end.answer(incoming, 0);
    stranger.sends(&Frame::Ping(4)).unwrap();
    assert_eq!(stranger.reads(), ["response 1: Ok", "pong 4"]);
}
