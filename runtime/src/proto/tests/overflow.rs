//! What becomes of one-way calls that would have to wait.

use std::rc::Rc;

use super::attached::{Outcome, Proxy};
use super::outgoing::{Outgoing, own};
use super::pair::{Pair, limited, quiet};
use crate::error::ErrorKind;
use crate::proto::{Overflow, Rejected, Side};

/// A pair with an object of the client that handles nothing yet, and has taken all that it takes: one
/// call, number 0.
fn stalled() -> (Pair, Rc<Proxy>) {
    let mut pair = Pair::open(limited(|limits| limits.max_object_calls = 1), quiet());
    let (_, proxy) = pair.introduce_from(Side::Connecting);
    let first = Outgoing::to_object(&proxy).one_way();
    pair.server.submit(first).unwrap();
    (pair, proxy)
}

fn event(proxy: &Rc<Proxy>, overflow: Overflow, number: u32) -> Outgoing {
    let call = Outgoing::to_object(proxy).one_way().number(number);
    call.overflow(overflow)
}

/// Lets the object handle what comes, and tells what that was.
fn handled(pair: &mut Pair) -> Vec<u32> {
    let mut numbers = Vec::new();
    pair.exchange();
    while !pair.client.arrived.is_empty() {
        let call = pair.client.next_call();
        numbers.push(call.number);
        pair.client.answer(call, 0);
        pair.exchange();
    }
    numbers
}

#[test]
fn with_room_every_policy_sends_at_once() {
    for overflow in [
        Overflow::Wait,
        Overflow::DropOldest,
        Overflow::Latest,
        Overflow::Close,
    ] {
        let mut pair = Pair::open(quiet(), quiet());
        let (_listener, proxy) = pair.introduce_from(Side::Connecting);
        for number in 0..100 {
            let ticket = pair.server.submit(event(&proxy, overflow, number));
            assert!(ticket.unwrap().sent);
        }
        assert_eq!(handled(&mut pair), (0..100).collect::<Vec<_>>());
        assert_eq!(pair.server.core.dropped_calls(proxy.id), 0);
    }
}

#[test]
fn wait_keeps_everything_and_each_caller_waits_until_his_call_is_sent() {
    let (mut pair, proxy) = stalled();
    let tickets: Vec<_> = (1..200)
        .map(|number| pair.server.submit(event(&proxy, Overflow::Wait, number)))
        .map(|ticket| ticket.unwrap())
        .collect();
    assert!(
        tickets
            .iter()
            .all(|ticket| pair.server.outcome(ticket).is_none())
    );
    assert_eq!(handled(&mut pair), (0..200).collect::<Vec<_>>());
    for ticket in &tickets {
        assert!(matches!(
            pair.server.outcome(ticket),
            Some(Outcome::Entered)
        ));
    }
    assert_eq!(pair.server.counts().dropped, 0);
}

#[test]
fn drop_oldest_keeps_the_newest_64_in_their_order() {
    let (mut pair, proxy) = stalled();
    for number in 1..=1000 {
        let call = event(&proxy, Overflow::DropOldest, number);
        let ticket = pair.server.submit(call).unwrap();
        assert!(ticket.caller.is_none(), "nobody waits for it");
        assert!(pair.server.counts().calls <= 64, "memory is bounded");
    }
    assert_eq!(pair.server.core.dropped_calls(proxy.id), 936);
    assert_eq!(pair.server.counts().dropped, 936);
    let kept: Vec<_> = std::iter::once(0).chain(937..=1000).collect();
    assert_eq!(handled(&mut pair), kept);
    pair.server.let_go(proxy);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn latest_keeps_the_newest_of_each_method() {
    let (mut pair, proxy) = stalled();
    for number in 1..=100 {
        let method = 1 + number % 3;
        let call = event(&proxy, Overflow::Latest, number).method(method);
        pair.server.submit(call).unwrap();
        assert!(pair.server.counts().calls <= 3, "memory is bounded");
    }
    // Another method's call that was made earlier stays before the newer one.
    assert_eq!(handled(&mut pair), [0, 98, 99, 100]);
    assert_eq!(pair.server.core.dropped_calls(proxy.id), 97);
}

#[test]
fn nothing_is_dropped_for_which_somebody_waits() {
    for overflow in [Overflow::DropOldest, Overflow::Latest] {
        let (mut pair, proxy) = stalled();
        let two_way = Outgoing::to_object(&proxy).number(1);
        let two_way = pair.server.submit(two_way).unwrap();
        let waits = pair.server.submit(event(&proxy, Overflow::Wait, 2));
        let waits = waits.unwrap();
        for number in 3..200 {
            pair.server.submit(event(&proxy, overflow, number)).unwrap();
        }
        let order = handled(&mut pair);
        assert_eq!(order[..3], [0, 1, 2]);
        assert!(order.is_sorted() && order.last() == Some(&199));
        assert!(pair.server.outcome(&two_way).is_some());
        assert!(pair.server.outcome(&waits).is_some());
    }
}

#[test]
fn each_object_has_its_own_line_and_its_own_count() {
    let (mut pair, proxy) = stalled();
    let (_listener, other) = pair.introduce_from(Side::Connecting);
    let incoming = pair.client.arrived.len();
    assert_eq!(incoming, 1, "the first object still handles its call");
    for number in 1..=70 {
        let to_first = event(&proxy, Overflow::DropOldest, number);
        pair.server.submit(to_first).unwrap();
        let to_other = event(&other, Overflow::DropOldest, 1000 + number);
        pair.server.submit(to_other).unwrap();
    }
    assert_eq!(pair.server.core.dropped_calls(proxy.id), 6);
    assert_eq!(pair.server.core.dropped_calls(other.id), 5);
    assert_eq!(pair.server.counts().dropped, 11);
}

#[test]
fn a_call_in_line_keeps_its_object() {
    let (mut pair, proxy) = stalled();
    for number in 1..=2 {
        let call = event(&proxy, Overflow::DropOldest, number);
        pair.server.submit(call).unwrap();
    }
    pair.server.let_go(proxy);
    pair.send_from(Side::Accepting);
    let frames = pair.in_transit_from(Side::Accepting);
    assert!(!frames.iter().any(|frame| frame.starts_with("release")));
    assert_eq!(handled(&mut pair), [0, 1, 2]);
    pair.assert_tables_are_empty();
    pair.ledger.assert_nothing_was_destroyed_under_lock();
}

#[test]
fn close_closes_the_object_and_says_why() {
    let (mut pair, proxy) = stalled();
    let watch = pair.server.watch(proxy.id);
    let two_way = Outgoing::to_object(&proxy).number(1);
    let two_way = pair.server.submit(two_way).unwrap();
    let passed = pair.server.listener();
    let number = passed.number;
    let call = event(&proxy, Overflow::Close, 2).passing(own(&passed));
    drop(passed);
    let rejected = pair.server.submit(call).map(|_| ()).unwrap_err();
    let Rejected::ObjectClosed { kind, reason } = &rejected else {
        panic!("{rejected:?}");
    };
    assert_eq!(*kind, ErrorKind::Overloaded);
    assert_eq!(
        reason,
        "it did not keep up with the one-way calls to it (overflow = \"close\")"
    );
    assert_eq!(pair.ledger.destroyed(number), 1);
    assert_eq!(watch.told.get(), 1);
    assert!(matches!(
        pair.server.outcome(&two_way),
        Some(Outcome::Rejected(Rejected::ObjectClosed { .. }))
    ));
    // For good, and for every call.
    let later = pair.server.submit(Outgoing::to_object(&proxy));
    assert!(later.is_err());
    // What had been sent is handled, and the owner hears of the end by the release.
    assert_eq!(handled(&mut pair), [0]);
    assert_eq!(pair.client.counts().exports, 1);
    assert!(pair.server.submit(Outgoing::to_object(&proxy)).is_err());
    pair.server.let_go((proxy, two_way));
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn the_first_reason_for_which_an_object_is_closed_stays() {
    let mut pair = Pair::open(limited(|limits| limits.max_object_calls = 1), quiet());
    let (listener, proxy) = pair.introduce_from(Side::Connecting);
    for number in 0..2 {
        let _ = pair.server.submit(event(&proxy, Overflow::Close, number));
    }
    pair.client.revoke(&listener, "lease ended");
    pair.exchange();
    let (kind, _) = pair.server.core.closed_object(proxy.id).unwrap();
    assert_eq!(kind, ErrorKind::Overloaded);
}

#[test]
fn a_named_service_is_always_waited_for() {
    let mut pair = Pair::open(limited(|limits| limits.max_calls = 1), quiet());
    let call = |number| Outgoing::to_service("S").one_way().number(number);
    pair.server.submit(call(0)).unwrap();
    let ticket = pair.server.submit(call(1).overflow(Overflow::Close));
    let ticket = ticket.unwrap();
    assert!(ticket.caller.is_some());
    assert_eq!(handled(&mut pair), [0, 1]);
    assert!(matches!(
        pair.server.outcome(&ticket),
        Some(Outcome::Entered)
    ));
}

#[test]
fn an_object_that_keeps_up_is_not_closed_for_others_that_do_not() {
    let mut pair = Pair::open(limited(|limits| limits.max_calls = 1), quiet());
    let (_stalled, stalled) = pair.introduce_from(Side::Connecting);
    let (_quick, quick) = pair.introduce_from(Side::Connecting);
    // The stalled object uses up all that may be sent on this connection.
    pair.server.submit(Outgoing::to_object(&stalled)).unwrap();
    for number in 1..=64 {
        let call = event(&quick, Overflow::Close, number);
        let ticket = pair.server.submit(call).unwrap();
        assert!(!ticket.sent && ticket.caller.is_none());
    }
    assert!(pair.server.core.closed_object(quick.id).is_none());
    // Yet there is an end to what is kept for it.
    assert!(
        pair.server
            .submit(event(&quick, Overflow::Close, 65))
            .is_err()
    );
    assert!(pair.server.core.closed_object(quick.id).is_some());
}
