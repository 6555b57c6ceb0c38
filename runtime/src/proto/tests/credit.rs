//! How many calls may be under way: all together, and to one object.

use super::attached::Outcome;
use super::outgoing::{Outgoing, own};
use super::pair::{Pair, calls, object_calls, quiet};
use crate::error::ErrorKind;
use crate::proto::Side;

#[test]
fn no_more_calls_are_under_way_than_the_peer_grants() {
    let mut pair = Pair::open(quiet(), calls(3));
    let submit = |number| Outgoing::to_service("S").number(number);
    let tickets: Vec<_> = (0..8)
        .map(|number| pair.client.submit(submit(number)).unwrap())
        .collect();
    let sent: Vec<_> = tickets.iter().map(|ticket| ticket.sent).collect();
    assert_eq!(sent, [true, true, true, false, false, false, false, false]);
    for answered in 0..8 {
        pair.exchange();
        assert_eq!(pair.client.counts().outstanding, 3.min(8 - answered));
        assert_eq!(pair.server.arrived.len() as u32, 3.min(8 - answered));
        let call = pair.server.next_call();
        assert_eq!(call.number, answered);
        pair.server.answer(call, 0);
    }
    pair.exchange();
    for ticket in &tickets {
        assert!(pair.client.outcome(ticket).is_some());
    }
    pair.assert_tables_are_empty();
}

#[test]
fn one_way_calls_use_credit_until_they_are_handled() {
    let mut pair = Pair::open(quiet(), calls(4));
    let submit = |number| Outgoing::to_service("S").number(number).one_way();
    let tickets: Vec<_> = (0..20)
        .map(|number| pair.client.submit(submit(number)).unwrap())
        .collect();
    assert_eq!(tickets.iter().filter(|ticket| ticket.sent).count(), 4);
    assert!(
        tickets[3].caller.is_none(),
        "who needs not wait is not asked"
    );
    for number in 0..20 {
        pair.exchange();
        assert!(pair.client.counts().outstanding <= 4);
        let call = pair.server.next_call();
        assert_eq!(call.number, number);
        pair.server.answer(call, 0);
    }
    pair.exchange();
    for ticket in &tickets[4..] {
        assert!(matches!(
            pair.client.outcome(ticket),
            Some(Outcome::Entered)
        ));
    }
    pair.assert_tables_are_empty();
}

#[test]
fn no_more_calls_to_one_object_are_under_way_than_the_peer_grants() {
    let (mut pair, proxies) = Pair::with_proxies(object_calls(2), 2);
    let to = |object: usize, number| Outgoing::to_object(&proxies[object]).number(number);
    let one_way = pair.server.submit(to(0, 0).one_way()).unwrap();
    let two_way = pair.server.submit(to(0, 1)).unwrap();
    let third = pair.server.submit(to(0, 2)).unwrap();
    let fourth = pair.server.submit(to(0, 3).one_way()).unwrap();
    assert!(one_way.sent && two_way.sent && !third.sent && !fourth.sent);
    // Others have room.
    assert!(pair.server.submit(to(1, 4)).unwrap().sent);
    assert!(
        pair.server
            .submit(Outgoing::to_service("S").number(5))
            .unwrap()
            .sent
    );
    pair.exchange();
    assert_eq!(pair.client.numbers(), [0, 1, 4, 5]);
    for (answered, come) in [(1, &[0, 4, 5, 2][..]), (0, &[4, 5, 2, 3])] {
        let at = pair
            .client
            .numbers()
            .iter()
            .position(|&number| number == answered);
        let call = pair.client.arrived.remove(at.unwrap());
        pair.client.answer(call, 0);
        pair.exchange();
        assert_eq!(pair.client.numbers(), come);
    }
}

#[test]
fn whatever_becomes_of_a_request_its_credit_comes_back_once() {
    let mut pair = Pair::open(quiet(), calls(1));
    for round in 0..4 {
        let ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
        let waiting = pair.client.submit(Outgoing::to_service("S")).unwrap();
        assert!(ticket.sent && !waiting.sent);
        pair.exchange();
        let call = pair.server.next_call();
        match round {
            0 => pair.server.answer(call, 0),
            1 => pair.server.fail(call, ErrorKind::Panicked, "ouch"),
            _ => {
                // A cancelled call uses its credit until it has been answered, with whatever.
                pair.client.cancel(ticket);
                pair.exchange();
                assert!(pair.server.arrived.is_empty());
                assert_eq!(pair.client.counts().outstanding, 1);
                match round {
                    2 => pair.server.answer(call, 0),
                    _ => pair.server.fail(call, ErrorKind::Cancelled, "as you like"),
                }
            }
        }
        pair.exchange();
        let call = pair.server.next_call();
        assert_eq!(pair.client.counts().outstanding, 1);
        pair.server.answer(call, 0);
        pair.exchange();
        pair.assert_tables_are_empty();
    }
}

#[test]
fn nothing_is_sent_to_a_peer_that_grants_nothing() {
    let mut pair = Pair::open(quiet(), calls(0));
    let ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.exchange();
    assert!(pair.server.arrived.is_empty());
    pair.client.cancel(ticket);
    pair.assert_tables_are_empty();
}

#[test]
fn a_late_answer_does_not_widen_the_window_of_what_was_introduced_again() {
    let (mut pair, _) = Pair::with_proxies(object_calls(1), 0);
    let listener = pair.client.listener();
    let proxy = pair.pass_from(Side::Connecting, &listener);
    let ticket = pair.server.submit(Outgoing::to_object(&proxy)).unwrap();
    pair.client
        .submit(Outgoing::to_service("S").one_way().passing(own(&listener)))
        .unwrap();
    pair.send_from(Side::Connecting);
    pair.server.cancel(ticket);
    pair.server.let_go(proxy);
    pair.exchange();
    let again = pair.server.arrived[0].passed[0].proxy();
    let submit = || Outgoing::to_object(&again);
    assert!(pair.server.submit(submit()).unwrap().sent);
    pair.exchange();
    let late = pair.client.next_call();
    pair.client.answer(late, 0);
    pair.exchange();
    assert!(!pair.server.submit(submit()).unwrap().sent);
}
