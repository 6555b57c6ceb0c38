//! Objects that their owner takes away, whatever is under way at that moment.

use super::attached::{Outcome, Passed};
use super::end::Callee;
use super::outgoing::{Outgoing, back, own};
use super::pair::{Pair, limited, quiet};
use crate::error::ErrorKind;
use crate::id::ObjectId;
use crate::proto::{Overflow, Rejected, Side};

fn assert_revoked(rejected: &Rejected) {
    match rejected {
        Rejected::ObjectClosed { kind, reason } => {
            assert_eq!(*kind, ErrorKind::Revoked);
            assert_eq!(reason, "lease ended");
        }
        other => panic!("it was rejected otherwise: {other:?}"),
    }
}

#[test]
fn the_holder_is_told_and_its_calls_fail_at_once() {
    let mut pair = Pair::open(quiet(), quiet());
    let (listener, proxy) = pair.introduce_from(Side::Connecting);
    let watch = pair.server.watch(proxy.id);
    pair.client.revoke(&listener, "lease ended");
    pair.send_from(Side::Connecting);
    assert_eq!(
        pair.in_transit_from(Side::Connecting),
        ["revoke 1: lease ended"]
    );
    pair.exchange();
    assert_eq!(watch.told.get(), 1);
    assert_eq!(
        pair.server.core.closed_object(proxy.id),
        Some((ErrorKind::Revoked, "lease ended"))
    );
    for call in [
        Outgoing::to_object(&proxy),
        Outgoing::to_object(&proxy).one_way(),
    ] {
        assert_revoked(&pair.server.submit(call).map(|_| ()).unwrap_err());
    }
    assert!(!pair.server.core.has_output());
    pair.server.let_go(proxy);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn who_watches_too_late_finds_it_closed() {
    let mut pair = Pair::open(quiet(), quiet());
    let (listener, proxy) = pair.introduce_from(Side::Connecting);
    pair.client.revoke(&listener, "lease ended");
    pair.exchange();
    let watch = pair.server.watch(proxy.id);
    assert_eq!(watch.told.get(), 0);
    assert!(pair.server.core.closed_object(proxy.id).is_some());
}

#[test]
fn what_was_revoked_counts_until_it_is_released() {
    let mut pair = Pair::open(quiet(), limited(|limits| limits.max_callbacks = 1));
    let (listener, proxy) = pair.introduce_from(Side::Connecting);
    pair.client.revoke(&listener, "lease ended");
    pair.exchange();
    assert_eq!(pair.client.counts().exports, 1);
    let another = pair.client.listener();
    let call = || Outgoing::to_service("S").one_way().passing(own(&another));
    assert!(matches!(
        pair.client.submit(call()),
        Err(Rejected::TooManyCallbacks { limit: 1 })
    ));
    pair.server.let_go(proxy);
    pair.exchange();
    assert!(pair.client.submit(call()).is_ok());
}

#[test]
fn what_was_revoked_is_out_of_the_identity_map_at_once() {
    let mut pair = Pair::open(quiet(), quiet());
    let (listener, proxy) = pair.introduce_from(Side::Connecting);
    pair.client.revoke(&listener, "lease ended");
    // It is passed all the same, as another object, and is withdrawn before the peer can use it.
    let call = Outgoing::to_service("S").one_way().passing(own(&listener));
    pair.client.submit(call).unwrap();
    pair.send_from(Side::Connecting);
    assert_eq!(
        pair.in_transit_from(Side::Connecting),
        [
            "revoke 1: lease ended",
            "notification to S, introduces 2",
            "revoke 2: lease ended"
        ]
    );
    pair.exchange();
    let incoming = pair.server.next_call();
    let again = incoming.passed[0].proxy();
    assert!(pair.server.core.closed_object(again.id).is_some());
    pair.server.answer(incoming, 0);
    pair.server.let_go((proxy, again));
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn an_identity_that_leads_nowhere_any_more_may_lead_to_another_object() {
    let mut pair = Pair::open(quiet(), quiet());
    let (listener, first) = pair.introduce_from(Side::Connecting);
    pair.client.core.revoke(&listener.number, "lease ended");
    let second = pair.pass_from(Side::Connecting, &listener);
    assert_eq!((first.id, second.id), (ObjectId::of(1), ObjectId::of(2)));
    assert!(pair.server.core.closed_object(second.id).is_none());
    // That the first one goes takes nothing from the second.
    pair.server.let_go(first);
    pair.exchange();
    let third = pair.pass_from(Side::Connecting, &listener);
    assert_eq!(third.id, second.id);
    pair.server.let_go((second, third));
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn a_revocation_that_crosses_a_call_leaves_the_call_to_the_owner() {
    let mut pair = Pair::open(quiet(), quiet());
    let (listener, proxy) = pair.introduce_from(Side::Connecting);
    let ticket = pair.server.submit(Outgoing::to_object(&proxy)).unwrap();
    let event = Outgoing::to_object(&proxy).one_way();
    pair.server.submit(event).unwrap();
    pair.send_from(Side::Accepting);
    pair.client.revoke(&listener, "lease ended");
    pair.send_from(Side::Connecting);
    pair.deliver_from(Side::Connecting, usize::MAX).unwrap();
    assert!(pair.server.outcome(&ticket).is_none(), "it is under way");
    pair.deliver_from(Side::Accepting, usize::MAX).unwrap();
    for _ in 0..2 {
        let call = pair.client.next_call();
        let Callee::Object(_, object) = &call.target else {
            panic!("the object is there until it is released");
        };
        assert_eq!(object.number(), listener.number);
        pair.client.fail(call, ErrorKind::Revoked, "lease ended");
    }
    pair.exchange();
    assert!(matches!(
        pair.server.outcome(&ticket),
        Some(Outcome::Answered { .. })
    ));
    pair.server.let_go((proxy, ticket));
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn a_revocation_comes_behind_an_introduction_that_is_under_way() {
    let mut pair = Pair::open(quiet(), quiet());
    let listener = pair.client.listener();
    let call = Outgoing::to_service("S").one_way().passing(own(&listener));
    pair.client.submit(call).unwrap();
    pair.client.revoke(&listener, "lease ended");
    pair.exchange();
    let incoming = pair.server.next_call();
    let proxy = incoming.passed[0].proxy();
    assert!(pair.server.core.closed_object(proxy.id).is_some());
    pair.server.answer(incoming, 0);
    pair.server.let_go(proxy);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn a_revocation_that_crosses_a_release_is_ignored() {
    let mut pair = Pair::open(quiet(), quiet());
    let (listener, proxy) = pair.introduce_from(Side::Connecting);
    pair.client.revoke(&listener, "lease ended");
    pair.send_from(Side::Connecting);
    pair.server.let_go(proxy);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn revoking_twice_or_what_nobody_has_says_nothing() {
    let mut pair = Pair::open(quiet(), quiet());
    let (listener, _proxy) = pair.introduce_from(Side::Connecting);
    let never_passed = pair.client.listener();
    pair.client.revoke(&never_passed, "lease ended");
    assert!(!pair.client.core.has_output());
    pair.client.revoke(&listener, "lease ended");
    pair.client.revoke(&listener, "another reason");
    pair.send_from(Side::Connecting);
    assert_eq!(
        pair.in_transit_from(Side::Connecting),
        ["revoke 1: lease ended"]
    );
}

#[test]
fn calls_in_line_fail_when_their_object_is_revoked() {
    let mut pair = Pair::open(limited(|limits| limits.max_object_calls = 1), quiet());
    let (listener, proxy) = pair.introduce_from(Side::Connecting);
    let passed = pair.server.listener();
    let number = passed.number;
    let to_object = || Outgoing::to_object(&proxy);
    let sent = pair.server.submit(to_object()).unwrap();
    let two_way = pair.server.submit(to_object().passing(own(&passed)));
    let two_way = two_way.unwrap();
    let one_way = pair.server.submit(to_object().one_way()).unwrap();
    let event = to_object().one_way().overflow(Overflow::DropOldest);
    pair.server.submit(event.passing(own(&passed))).unwrap();
    drop(passed);
    assert_eq!(pair.ledger.destroyed(number), 0);

    pair.client.revoke(&listener, "lease ended");
    pair.exchange();
    for ticket in [two_way, one_way] {
        match pair.server.outcome(&ticket) {
            Some(Outcome::Rejected(rejected)) => assert_revoked(&rejected),
            _ => panic!("it still waits"),
        }
    }
    assert_eq!(pair.ledger.destroyed(number), 1);
    assert!(pair.server.outcome(&sent).is_none(), "it is under way");
    assert_eq!(pair.server.counts().calls, 1);

    // Others go on, and everything that was held is let go of in the end.
    let call = pair.client.next_call();
    pair.client.fail(call, ErrorKind::Revoked, "lease ended");
    pair.exchange();
    assert!(pair.server.outcome(&sent).is_some());
    pair.server.let_go((proxy, sent));
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn a_revoked_object_can_still_be_passed_back() {
    let mut pair = Pair::open(quiet(), quiet());
    let (listener, proxy) = pair.introduce_from(Side::Connecting);
    pair.client.revoke(&listener, "lease ended");
    pair.exchange();
    let call = Outgoing::to_service("S").one_way().passing(back(&proxy));
    pair.server.submit(call).unwrap();
    pair.exchange();
    let incoming = pair.client.next_call();
    assert!(matches!(&incoming.passed[0], Passed::Ours(object) if object.number() == 0));
}

#[test]
fn an_answer_may_introduce_what_was_revoked_meanwhile() {
    let mut pair = Pair::open(quiet(), quiet());
    let ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.exchange();
    let incoming = pair.server.next_call();
    let listener = pair.server.listener();
    pair.server.revoke(&listener, "lease ended");
    let passing = vec![own(&listener), own(&listener)];
    pair.server.answer_passing(incoming, 0, passing).unwrap();
    pair.send_from(Side::Accepting);
    assert_eq!(
        pair.in_transit_from(Side::Accepting),
        [
            "response 1: Ok, introduces 1, introduces 1",
            "revoke 1: lease ended"
        ]
    );
    pair.exchange();
    assert!(
        pair.client.core.closed_object(ObjectId::of(1)).is_some(),
        "it is known, and closed"
    );
    let answer = pair.client.outcome(&ticket);
    pair.client.let_go(answer);
    pair.exchange();
    pair.assert_tables_are_empty();
}
