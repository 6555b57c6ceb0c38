//! Who holds what, and the releases that say so: counted, in their place, never too many.

use super::attached::Passed;
use super::end::Callee;
use super::outgoing::{Outgoing, back, own};
use super::pair::{Pair, limited, quiet};
use super::stranger::{Stranger, introduces, notification, release, request_of, returns};
use crate::error::ErrorKind;
use crate::frame::Target;
use crate::id::ObjectId;
use crate::proto::Side;

#[test]
fn the_last_holder_releases_and_the_object_is_dropped() {
    let mut pair = Pair::open(quiet(), quiet());
    let (listener, proxy) = pair.introduce_from(Side::Connecting);
    let number = listener.number;
    drop(listener);
    let clone = proxy.clone();
    pair.server.let_go(proxy);
    pair.exchange();
    assert_eq!(pair.ledger.destroyed(number), 0);
    pair.server.let_go(clone);
    pair.exchange();
    assert_eq!(pair.ledger.destroyed(number), 1);
    pair.assert_tables_are_empty();
}

#[test]
fn an_introduction_that_crosses_a_release_is_not_lost() {
    let mut pair = Pair::open(quiet(), quiet());
    let (listener, first) = pair.introduce_from(Side::Connecting);
    let call = Outgoing::to_service("S").one_way().passing(own(&listener));
    pair.client.submit(call).unwrap();
    pair.send_from(Side::Connecting);
    pair.server.let_go(first);
    pair.send_from(Side::Accepting);
    assert_eq!(
        pair.in_transit_from(Side::Accepting),
        ["release 1, 1 times"]
    );
    pair.deliver_from(Side::Accepting, usize::MAX).unwrap();
    assert_eq!(pair.client.counts().exports, 1);

    pair.deliver_from(Side::Connecting, usize::MAX).unwrap();
    let incoming = pair.server.next_call();
    let again = incoming.passed[0].proxy();
    assert_eq!(again.id, ObjectId::of(1));
    pair.server.answer(incoming, 0);
    pair.server.submit(Outgoing::to_object(&again)).unwrap();
    pair.exchange();
    let call = pair.client.next_call();
    assert!(matches!(call.target, Callee::Object(id, _) if id == ObjectId::of(1)));
    pair.client.answer(call, 0);

    let number = listener.number;
    drop(listener);
    pair.exchange();
    assert_eq!(pair.ledger.destroyed(number), 0);
    pair.server.let_go(again);
    pair.exchange();
    assert_eq!(pair.ledger.destroyed(number), 1);
    pair.assert_tables_are_empty();
}

#[test]
fn a_release_counts_all_introductions_since_the_one_before() {
    let mut pair = Pair::open(quiet(), quiet());
    let listener = pair.client.listener();
    let call = Outgoing::to_service("S")
        .one_way()
        .passing(own(&listener))
        .passing(own(&listener));
    pair.client.submit(call).unwrap();
    let kept = pair.pass_from(Side::Connecting, &listener);
    let incoming = pair.server.next_call();
    let twice = (incoming.passed[0].proxy(), incoming.passed[1].proxy());
    assert_eq!((twice.0.id, twice.1.id), (kept.id, kept.id));
    pair.server.answer(incoming, 0);
    pair.server.let_go((twice, kept));
    pair.send_from(Side::Accepting);
    assert_eq!(
        pair.in_transit_from(Side::Accepting),
        ["release 1, 3 times", "credit 1"]
    );
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn an_id_is_never_used_again() {
    let mut pair = Pair::open(quiet(), quiet());
    let listener = pair.client.listener();
    let mut ids = Vec::new();
    for _ in 0..5 {
        let proxy = pair.pass_from(Side::Connecting, &listener);
        ids.push(proxy.id.number());
        pair.server.let_go(proxy);
        pair.exchange();
    }
    assert_eq!(ids, [1, 2, 3, 4, 5]);
    pair.assert_tables_are_empty();
}

#[test]
fn an_object_that_comes_back_is_the_owners_own_and_counts_nothing() {
    let mut pair = Pair::open(quiet(), quiet());
    let (listener, proxy) = pair.introduce_from(Side::Connecting);
    let call = Outgoing::to_service("S").passing(back(&proxy));
    let ticket = pair.server.submit(call).unwrap();
    pair.exchange();
    assert_eq!(pair.client.counts().exports, 1);
    assert_eq!(pair.client.counts().imports, 0);
    let incoming = pair.client.next_call();
    match &incoming.passed[0] {
        Passed::Ours(object) => assert_eq!(object.number(), listener.number),
        _ => panic!("the object did not come back"),
    }
    pair.client.answer(incoming, 0);
    pair.exchange();
    assert!(pair.server.outcome(&ticket).is_some());
    pair.server.let_go(proxy);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn what_is_passed_back_is_released_behind_the_frame_that_passes_it() {
    let mut pair = Pair::open(quiet(), quiet());
    let (_listener, proxy) = pair.introduce_from(Side::Connecting);
    let call = Outgoing::to_service("S").one_way().passing(back(&proxy));
    drop(proxy);
    pair.server.submit(call).unwrap();
    pair.send_from(Side::Accepting);
    assert_eq!(
        pair.in_transit_from(Side::Accepting),
        ["notification to S, returns 1", "release 1, 1 times"]
    );
    pair.exchange();
    let incoming = pair.client.next_call();
    assert!(matches!(incoming.passed[0], Passed::Ours(_)));
    pair.client.answer(incoming, 0);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn a_call_in_line_keeps_what_it_passes_back() {
    let mut pair = Pair::open(limited(|limits| limits.max_calls = 1), quiet());
    let (_listener, proxy) = pair.introduce_from(Side::Connecting);
    let first = pair.server.submit(Outgoing::to_service("S")).unwrap();
    let call = Outgoing::to_service("S").passing(back(&proxy));
    let second = pair.server.submit(call).unwrap();
    assert!(first.sent && !second.sent);
    pair.server.let_go(proxy);
    pair.exchange();
    assert_eq!(pair.client.counts().exports, 1);
    let call = pair.client.next_call();
    pair.client.answer(call, 0);
    pair.exchange();
    let call = pair.client.next_call();
    assert!(matches!(call.passed[0], Passed::Ours(_)));
    pair.client.answer(call, 0);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn a_call_is_handled_though_its_object_was_released_behind_it() {
    let mut pair = Pair::open(quiet(), quiet());
    let (listener, proxy) = pair.introduce_from(Side::Connecting);
    drop(listener);
    pair.server
        .submit(Outgoing::to_object(&proxy).one_way())
        .unwrap();
    pair.server.let_go(proxy);
    pair.exchange();
    let call = pair.client.next_call();
    assert!(matches!(call.target, Callee::Object(..)));
    pair.client.answer(call, 0);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn releasing_what_one_never_had_ends_the_session() {
    let mut stranger = Stranger::greets(quiet());
    let fault = stranger.sends(&release(1, 1)).unwrap_err();
    assert_eq!(fault.kind, ErrorKind::Protocol);
    assert_eq!(
        fault.message,
        "release of object 1, which the peer does not hold"
    );
}

#[test]
fn releasing_more_than_one_had_ends_the_session() {
    let mut stranger = Stranger::greets(quiet());
    let listener = stranger.end.listener();
    let call = Outgoing::to_service("S").one_way().passing(own(&listener));
    stranger.end.submit(call).unwrap();
    assert_eq!(stranger.reads(), ["notification to S, introduces 1"]);
    let fault = stranger.sends(&release(1, 2)).unwrap_err();
    assert_eq!(fault.kind, ErrorKind::Protocol);
    assert_eq!(
        fault.message,
        "release of 2 introductions of object 1, of which there were 1"
    );
    // It is the last straw, and takes nothing away before the end.
    assert_eq!(stranger.end.counts().exports, 1);
}

#[test]
fn releasing_twice_ends_the_session() {
    let mut stranger = Stranger::greets(quiet());
    let listener = stranger.end.listener();
    let call = Outgoing::to_service("S").one_way().passing(own(&listener));
    stranger.end.submit(call).unwrap();
    stranger.sends(&release(1, 1)).unwrap();
    assert_eq!(stranger.end.counts().exports, 0);
    assert!(stranger.sends(&release(1, 1)).is_err());
}

#[test]
fn a_forged_reference_is_nobody_and_harms_only_its_call() {
    let mut stranger = Stranger::greets(quiet());
    // The peer's own object 1 says nothing about this end's object 1.
    let references = vec![introduces(1), returns(1), returns(77)];
    stranger
        .sends(&request_of(1, Target::Service("S"), None, references))
        .unwrap();
    let incoming = stranger.end.next_call();
    assert!(matches!(incoming.passed[0], Passed::Theirs(_)));
    assert!(matches!(incoming.passed[1], Passed::Unknown(id) if id == ObjectId::of(1)));
    assert!(matches!(incoming.passed[2], Passed::Unknown(id) if id == ObjectId::of(77)));
    stranger.end.fail(incoming, ErrorKind::Decode, "nobody");
    assert_eq!(
        stranger.reads(),
        ["response 1: Failed, Decode: nobody", "release 1, 1 times"]
    );
}

#[test]
fn a_call_of_an_object_that_is_not_there_is_told_as_such() {
    let mut stranger = Stranger::greets(quiet());
    let target = Target::Object(ObjectId::of(9));
    stranger
        .sends(&request_of(1, target, None, Vec::new()))
        .unwrap();
    stranger.sends(&notification(target, Vec::new())).unwrap();
    for _ in 0..2 {
        let call = stranger.end.next_call();
        assert!(matches!(call.target, Callee::Unknown(id) if id == ObjectId::of(9)));
        stranger.end.fail(call, ErrorKind::Revoked, "gone");
    }
    assert_eq!(stranger.end.counts().served, 0);
    assert_eq!(
        stranger.reads(),
        ["response 1: Failed, Revoked: gone", "credit 1"]
    );
}
