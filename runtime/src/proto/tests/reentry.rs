//! Calls inside calls: each handler has one place for a call that needs no credit, so nobody waits for
//! ever.

use std::rc::Rc;

use super::attached::{Outcome, Proxy};
use super::end::{Incoming, Ticket};
use super::outgoing::{Outgoing, own};
use super::pair::{Pair, calls, limited, other, quiet};
use crate::error::ErrorKind;
use crate::proto::{Config, Overflow, Rejected, Side};

fn depth(max_call_depth: u32) -> Config {
    limited(|limits| {
        limits.max_calls = 1;
        limits.max_call_depth = max_call_depth;
    })
}

/// A pair in which the client grants no call without a parent, with a request of the client's at the
/// server and the server's proxies of that many objects of the client.
fn pair_in_a_call(objects: usize) -> (Pair, Incoming, Vec<Rc<Proxy>>) {
    let nothing = limited(|limits| {
        limits.max_calls = 0;
        limits.max_object_calls = 0;
    });
    let (mut pair, proxies) = Pair::with_proxies(nothing, objects);
    pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.exchange();
    let incoming = pair.server.next_call();
    (pair, incoming, proxies)
}

/// Lets the client answer all that has come, and tells in which order it came.
fn answer_all(pair: &mut Pair) -> Vec<u32> {
    let mut order = Vec::new();
    pair.exchange();
    while !pair.client.arrived.is_empty() {
        let call = pair.client.next_call();
        order.push(call.number);
        pair.client.answer(call, 0);
        pair.exchange();
    }
    order
}

#[test]
fn a_chain_of_calls_back_and_forth_needs_no_more_than_one_call_of_credit() {
    const DEPTH: usize = 1000;
    let mut pair = Pair::open(calls(1), calls(1));
    let mut side = Side::Connecting;
    let first = pair.client.submit(Outgoing::to_service("S")).unwrap();
    assert!(first.sent);
    let mut chain: Vec<(Incoming, Ticket)> = Vec::new();
    for _ in 0..DEPTH {
        pair.exchange();
        side = other(side);
        let incoming = pair.end(side).next_call();
        let call = Outgoing::to_service("S").inside(&incoming);
        let ticket = pair.end(side).submit(call).unwrap();
        assert!(ticket.sent);
        chain.push((incoming, ticket));
    }
    assert_eq!(pair.client.counts().outstanding, 1);
    assert_eq!(pair.server.counts().outstanding, 0);
    pair.exchange();
    let innermost = pair.end(other(side)).next_call();
    pair.end(other(side)).answer(innermost, 0);
    for (incoming, ticket) in chain.into_iter().rev() {
        pair.exchange();
        assert!(pair.end(side).outcome(&ticket).is_some());
        pair.end(side).answer(incoming, 0);
        side = other(side);
    }
    pair.exchange();
    assert!(pair.client.outcome(&first).is_some());
    pair.assert_tables_are_empty();
}

#[test]
fn both_ends_agree_on_how_deep_is_too_deep() {
    for (client, server, deepest) in [(100, 3, 3), (2, 100, 2), (2, 3, 2), (1, 1, 1), (0, 5, 0)] {
        let mut pair = Pair::open(depth(client), depth(server));
        pair.client.submit(Outgoing::to_service("S")).unwrap();
        let mut side = Side::Accepting;
        let mut reached = 0;
        let rejected = loop {
            pair.exchange();
            let incoming = pair.end(side).next_call();
            let call = Outgoing::to_service("S").inside(&incoming);
            match pair.end(side).submit(call) {
                Ok(ticket) => assert!(ticket.sent),
                Err(rejected) => break rejected,
            }
            side = other(side);
            reached += 1;
        };
        // The client takes even depths that are not deeper than its limit, and the server odd ones.
        let limit = match side {
            Side::Connecting => server,
            Side::Accepting => client,
        };
        assert!(matches!(rejected, Rejected::TooDeep { limit: told } if told == limit));
        assert!(reached >= deepest && reached <= deepest + 1, "{reached}");
        let error = rejected.into_error("`S.deeper`");
        assert_eq!(error.kind(), ErrorKind::Overloaded);
        assert!(error.to_string().contains("(max_call_depth)"), "{error}");
        pair.exchange();
    }
}

#[test]
fn the_next_call_of_a_handler_takes_the_place_when_it_is_free() {
    let (mut pair, incoming, _) = pair_in_a_call(0);
    let call = |number| Outgoing::to_service("S").inside(&incoming).number(number);
    let tickets = [1, 2, 3].map(|number| pair.server.submit(call(number)).unwrap());
    assert_eq!(
        tickets.each_ref().map(|ticket| ticket.sent),
        [true, false, false]
    );
    pair.exchange();
    assert_eq!(pair.client.numbers(), [1]);
    assert_eq!(answer_all(&mut pair), [1, 2, 3]);
    for ticket in &tickets {
        assert!(matches!(
            pair.server.outcome(ticket),
            Some(Outcome::Answered { .. })
        ));
    }
    pair.server.answer(incoming, 0);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn a_one_way_call_without_credit_is_a_request_whose_answer_is_ignored() {
    let (mut pair, incoming, _) = pair_in_a_call(0);
    let call = Outgoing::to_service("S").inside(&incoming).one_way();
    let ticket = pair.server.submit(call).unwrap();
    assert!(ticket.sent && ticket.caller.is_none());
    pair.send_from(Side::Accepting);
    assert_eq!(
        pair.in_transit_from(Side::Accepting),
        ["request 1 to S inside 1"]
    );
    assert_eq!(answer_all(&mut pair).len(), 1);
    pair.server.answer(incoming, 0);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn a_one_way_call_that_waits_for_the_place_is_told_when_it_is_sent() {
    let (mut pair, incoming, _) = pair_in_a_call(0);
    let call = |number| {
        let call = Outgoing::to_service("S").inside(&incoming).number(number);
        call.one_way()
    };
    pair.server.submit(call(1)).unwrap();
    let second = pair.server.submit(call(2)).unwrap();
    pair.exchange();
    assert!(pair.server.outcome(&second).is_none());
    let first = pair.client.next_call();
    pair.client.answer(first, 0);
    pair.exchange();
    assert!(matches!(
        pair.server.outcome(&second),
        Some(Outcome::Entered)
    ));
}

#[test]
fn who_waits_for_the_place_may_be_sent_for_credit_as_well() {
    let mut pair = Pair::open(calls(1), quiet());
    let busy = pair.server.submit(Outgoing::to_service("S").number(9));
    let busy = busy.unwrap();
    pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.exchange();
    let incoming = pair.server.next_call();
    let call = |number| Outgoing::to_service("S").inside(&incoming).number(number);
    pair.server.submit(call(1)).unwrap();
    let second = pair.server.submit(call(2)).unwrap();
    assert!(!second.sent);
    pair.exchange();
    let outside = pair.client.next_call();
    assert_eq!(outside.number, 9);
    pair.client.answer(outside, 0);
    pair.exchange();
    assert!(pair.server.outcome(&busy).is_some());
    assert_eq!(pair.client.numbers(), [1, 2]);
    assert_eq!(answer_all(&mut pair), [1, 2]);
    pair.server.answer(incoming, 0);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn the_place_goes_past_a_call_that_cannot_be_sent() {
    let mut pair = Pair::open(
        limited(|limits| {
            limits.max_calls = 0;
            limits.max_callbacks = 0;
        }),
        quiet(),
    );
    pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.exchange();
    let incoming = pair.server.next_call();
    let call = |number| Outgoing::to_service("S").inside(&incoming).number(number);
    pair.server.submit(call(1)).unwrap();
    let listener = pair.server.listener();
    let too_many = [2, 3].map(|number| {
        let call = call(number).passing(own(&listener));
        pair.server.submit(call).unwrap()
    });
    let last = pair.server.submit(call(4)).unwrap();
    assert_eq!(answer_all(&mut pair), [1, 4]);
    for ticket in &too_many {
        assert!(matches!(
            pair.server.outcome(ticket),
            Some(Outcome::Rejected(Rejected::TooManyCallbacks { limit: 0 }))
        ));
    }
    assert!(pair.server.outcome(&last).is_some());
    pair.server.answer(incoming, 0);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn a_cancelled_call_holds_its_place_until_it_is_answered() {
    let (mut pair, incoming, _) = pair_in_a_call(0);
    let call = |number| Outgoing::to_service("S").inside(&incoming).number(number);
    let first = pair.server.submit(call(1)).unwrap();
    pair.server.cancel(first);
    let second = pair.server.submit(call(2)).unwrap();
    assert!(!second.sent);
    pair.exchange();
    assert_eq!(pair.client.numbers(), [1]);
    assert_eq!(answer_all(&mut pair), [1, 2]);
}

#[test]
fn calls_of_a_handler_that_has_answered_go_by_credit() {
    let (mut pair, incoming, _) = pair_in_a_call(0);
    let late = Outgoing::to_service("S").inside(&incoming);
    let call = |number| Outgoing::to_service("S").inside(&incoming).number(number);
    pair.server.submit(call(1)).unwrap();
    let second = pair.server.submit(call(2)).unwrap();
    pair.server.answer(incoming, 0);
    assert_eq!(answer_all(&mut pair), [1]);
    assert!(!pair.server.submit(late).unwrap().sent);
    assert!(pair.server.outcome(&second).is_none());
    pair.server.cancel(second);
}

#[test]
fn a_one_way_call_for_which_nobody_waits_leaves_the_place_to_others() {
    for overflow in [Overflow::DropOldest, Overflow::Latest] {
        let (mut pair, incoming, proxies) = pair_in_a_call(2);
        let event = Outgoing::to_object(&proxies[0])
            .inside(&incoming)
            .one_way()
            .overflow(overflow);
        assert!(!pair.server.submit(event).unwrap().sent);
        // A stalled listener does not hold up what the handler does with another one.
        let call = Outgoing::to_object(&proxies[1]).inside(&incoming);
        assert!(pair.server.submit(call).unwrap().sent);
    }
}

#[test]
fn a_handlers_calls_to_one_object_keep_their_order_whatever_their_policies() {
    let (mut pair, incoming, proxies) = pair_in_a_call(2);
    let call = |object: usize, number| {
        let call = Outgoing::to_object(&proxies[object]).number(number);
        call.inside(&incoming)
    };
    let event = |number| call(0, number).one_way().overflow(Overflow::DropOldest);
    pair.server.submit(event(1)).unwrap();
    pair.server.submit(event(2)).unwrap();
    // The place is free, and this one does not use it before the two.
    pair.server.submit(call(0, 3)).unwrap();
    pair.server.submit(event(4)).unwrap();
    pair.server.submit(call(0, 5).one_way()).unwrap();
    pair.server.submit(call(1, 6)).unwrap();
    assert_eq!(answer_all(&mut pair), [1, 2, 3, 4, 5, 6]);
    pair.server.answer(incoming, 0);
    pair.server.let_go(proxies);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn a_call_inside_overtakes_those_from_outside_that_wait_for_credit() {
    // It has to: what they wait for may be what this handler does.
    let (mut pair, incoming, proxies) = pair_in_a_call(1);
    let outside = pair
        .server
        .submit(Outgoing::to_object(&proxies[0]).number(1));
    let outside = outside.unwrap();
    let inside = Outgoing::to_object(&proxies[0]).inside(&incoming).number(2);
    assert!(pair.server.submit(inside).unwrap().sent);
    assert_eq!(answer_all(&mut pair), [2]);
    assert!(pair.server.outcome(&outside).is_none());
}

#[test]
fn a_closed_object_sends_those_away_who_wait_for_the_place() {
    let (mut pair, incoming, proxies) = pair_in_a_call(1);
    let call = |number| {
        let call = Outgoing::to_object(&proxies[0]).number(number);
        call.inside(&incoming)
    };
    pair.server.submit(call(1)).unwrap();
    let second = pair.server.submit(call(2)).unwrap();
    let elsewhere = Outgoing::to_service("S").inside(&incoming).number(3);
    let elsewhere = pair.server.submit(elsewhere).unwrap();
    let event = call(4).one_way().overflow(Overflow::Close);
    assert!(pair.server.submit(event).is_err());
    assert!(matches!(
        pair.server.outcome(&second),
        Some(Outcome::Rejected(Rejected::ObjectClosed { .. }))
    ));
    assert_eq!(answer_all(&mut pair), [1, 3]);
    assert!(pair.server.outcome(&elsewhere).is_some());
}
