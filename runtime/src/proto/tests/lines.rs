//! The lines in which calls wait, and how they move up.

use std::rc::Rc;

use proptest::collection::vec;
use proptest::prelude::*;

use super::end::Ticket;
use super::outgoing::Outgoing;
use super::pair::{Pair, calls, limited, object_calls, quiet};
use super::steps::{Pass, Step};
use super::world::World;
use crate::proto::tables::{Made, State};
use crate::proto::{Overflow, Side};

/// Answers one call after the other and tells in which order they came.
fn order_of_arrival(pair: &mut Pair) -> Vec<u32> {
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
fn a_call_that_is_held_goes_in_its_turn_when_bytes_are_taken() {
    let (mut pair, proxies) = Pair::with_proxies(quiet(), 1);
    let call = |number| Outgoing::to_object(&proxies[0]).number(number).one_way();
    pair.exchange();
    let held = pair.server.submit(call(1).held()).unwrap();
    assert!(!held.sent && pair.server.core.has_output());
    // Those behind it in its line wait as well, and who is given up was not sent.
    let behind = pair.server.submit(call(2)).unwrap();
    let given_up = pair.server.submit(call(3).held()).unwrap();
    assert!(!behind.sent && !given_up.sent);
    pair.server.cancel(given_up);
    assert_eq!(order_of_arrival(&mut pair), [1, 2]);
    assert!(!pair.server.core.has_output());
    // One that may be dropped where it waits does not wait for this.
    let droppable = call(5).held().overflow(Overflow::DropOldest);
    let sent = pair.server.submit(droppable).unwrap();
    assert!(sent.sent);
    assert_eq!(order_of_arrival(&mut pair), [5]);
    pair.server.let_go((held, behind, sent));
    pair.server.let_go(proxies);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn a_stalled_object_delays_no_other() {
    const OBJECTS: usize = 300;
    let (mut pair, proxies) = Pair::with_proxies(object_calls(4), OBJECTS);
    for number in 0..50 {
        let call = Outgoing::to_object(&proxies[0]).number(number);
        let call = if number % 2 == 0 {
            call.one_way()
        } else {
            call
        };
        pair.server.submit(call).unwrap();
    }
    for round in 0..3 {
        for proxy in &proxies[1..] {
            let call = Outgoing::to_object(proxy).number(100 + round).one_way();
            assert!(pair.server.submit(call).unwrap().sent);
        }
        pair.exchange();
        let stalled = pair.client.arrived.drain(..4).collect::<Vec<_>>();
        assert_eq!(pair.client.arrived.len(), OBJECTS - 1);
        while !pair.client.arrived.is_empty() {
            let call = pair.client.next_call();
            assert_eq!(call.number, 100 + round);
            pair.client.answer(call, 0);
        }
        pair.client.arrived = stalled;
        pair.exchange();
    }
    // It goes on where it stood.
    for number in 0..50 {
        let call = pair.client.next_call();
        assert_eq!(call.number, number);
        pair.client.answer(call, 0);
        pair.exchange();
    }
    pair.server.let_go(proxies);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn lines_take_turns() {
    let (mut pair, proxies) = Pair::with_proxies(calls(1), 2);
    let mut submit = |call: Outgoing| pair.server.submit(call).unwrap();
    let mut tickets = vec![submit(Outgoing::to_service("S").number(0))];
    for number in [10, 11, 12] {
        tickets.push(submit(Outgoing::to_object(&proxies[0]).number(number)));
    }
    for number in [20, 21, 22] {
        let call = Outgoing::to_object(&proxies[1]).number(number);
        tickets.push(submit(call.one_way()));
    }
    for number in [30, 31] {
        tickets.push(submit(Outgoing::to_service("S").number(number)));
    }
    assert_eq!(
        order_of_arrival(&mut pair),
        [0, 10, 20, 30, 11, 21, 31, 12, 22]
    );
}

#[test]
fn a_line_that_callers_leave_gets_no_more_turns_for_it() {
    let (mut pair, proxies) = Pair::with_proxies(calls(1), 2);
    let _busy = pair.server.submit(Outgoing::to_service("S")).unwrap();
    for _ in 0..5 {
        let call = Outgoing::to_object(&proxies[0]);
        let ticket = pair.server.submit(call).unwrap();
        pair.server.cancel(ticket);
    }
    let mut tickets = Vec::new();
    for number in [10, 11, 12] {
        let call = Outgoing::to_object(&proxies[0]).number(number);
        tickets.push(pair.server.submit(call).unwrap());
    }
    for number in [20, 21, 22] {
        let call = Outgoing::to_object(&proxies[1]).number(number);
        tickets.push(pair.server.submit(call).unwrap());
    }
    assert_eq!(order_of_arrival(&mut pair), [0, 10, 20, 11, 21, 12, 22]);
}

#[test]
fn calls_to_one_object_keep_their_order_through_waiting() {
    for window in 1..5 {
        let (mut pair, proxies) = Pair::with_proxies(object_calls(window), 1);
        let mut tickets: Vec<Ticket> = Vec::new();
        for number in 0..30 {
            let call = Outgoing::to_object(&proxies[0]).number(number);
            let call = match number % 3 {
                0 => call,
                _ => call.one_way(),
            };
            tickets.push(pair.server.submit(call).unwrap());
        }
        assert_eq!(order_of_arrival(&mut pair), (0..30).collect::<Vec<_>>());
    }
}

#[test]
fn a_call_that_is_given_up_in_line_never_used_any_credit() {
    let mut pair = Pair::open(quiet(), calls(1));
    let first = pair.client.submit(Outgoing::to_service("S")).unwrap();
    let second = pair.client.submit(Outgoing::to_service("S")).unwrap();
    let third = pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.client.cancel(second);
    pair.exchange();
    assert_eq!(pair.server.arrived.len(), 1);
    let call = pair.server.next_call();
    pair.server.answer(call, 0);
    pair.exchange();
    let call = pair.server.next_call();
    assert_eq!(call.id, Some(third.id));
    pair.server.answer(call, 0);
    pair.exchange();
    assert!(pair.client.outcome(&first).is_some());
    assert!(
        pair.server.cancelled.is_empty(),
        "the peer never knew of it"
    );
    pair.assert_tables_are_empty();
}

#[test]
fn calls_wait_for_room_in_the_queue_and_move_up_when_it_is_taken() {
    let client = limited(|limits| limits.max_queued_bytes = 1000);
    let mut pair = Pair::open(client, quiet());
    let large = |number| Outgoing::to_service("S").number(number).carrying(600);
    let sent: Vec<_> = (0..6)
        .map(|number| pair.client.submit(large(number)).unwrap())
        .map(|ticket| ticket.sent)
        .collect();
    assert_eq!(sent, [true, true, false, false, false, false]);
    assert!(pair.client.counts().queued_bytes < 1000 + 700);
    pair.client.take_output();
    assert!(pair.client.counts().queued_bytes >= 1000);
    assert!(pair.client.counts().queued_bytes < 1000 + 700);
}

#[test]
fn calls_that_have_the_same_parameters_keep_them_once_while_they_wait() {
    let (mut pair, proxies) = Pair::with_proxies(calls(1), 3);
    let _busy = pair.server.submit(Outgoing::to_service("S")).unwrap();
    let kept = Rc::default();
    let call = |proxy| Outgoing::to_object(proxy).number(7).one_way().kept(&kept);
    let mut tickets: Vec<_> = proxies
        .iter()
        .map(|proxy| pair.server.submit(call(proxy)).unwrap())
        .collect();
    assert!(tickets.iter().all(|ticket| !ticket.sent));
    let params = |pair: &Pair, ticket: &Ticket| match &pair.server.core.calls.get(ticket.id) {
        Some(Made {
            state: State::Waiting(waiting),
            ..
        }) => waiting.params.as_ptr(),
        _ => panic!("it waits"),
    };
    for ticket in &tickets {
        assert_eq!(params(&pair, ticket), kept.get().unwrap().as_ptr());
    }
    // One that is given up takes nothing from the others.
    pair.server.cancel(tickets.remove(1));
    assert_eq!(order_of_arrival(&mut pair), [0, 7, 7]);
}

#[test]
fn however_little_may_be_queued_one_call_may() {
    let client = limited(|limits| limits.max_queued_bytes = 0);
    let mut pair = Pair::open(client, quiet());
    for _ in 0..3 {
        pair.client.submit(Outgoing::to_service("S")).unwrap();
    }
    pair.exchange();
    assert_eq!(pair.server.arrived.len(), 3);
}

fn call(from: Side, callee: Option<usize>, one_way: bool, passing: Vec<Pass>) -> Step {
    Step::Call {
        from,
        callee,
        one_way,
        inside: None,
        overflow: Overflow::Wait,
        passing,
    }
}

fn answer(at: Side, which: usize) -> Step {
    Step::Answer {
        at,
        which,
        fails: false,
        keeps: true,
        passing: Vec::new(),
    }
}

/// Calls of one end to some objects of the other, whose handlers end in any order or not at all.
fn calls_and_answers() -> impl Strategy<Value = Vec<Step>> {
    let call = (0..8_usize, proptest::bool::weighted(0.9))
        .prop_map(|(callee, one_way)| call(Side::Accepting, Some(callee), one_way, Vec::new()));
    let answer = (0..64_usize).prop_map(|which| answer(Side::Connecting, which));
    vec(
        prop_oneof![6 => call, 4 => answer, 4 => Just(Step::Rest)],
        1..200,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn who_waits_waits_for_somebody(
        max_calls in 4..40_u32,
        max_object_calls in 2..20_u32,
        steps in calls_and_answers(),
    ) {
        let client = limited(|limits| {
            limits.max_calls = max_calls;
            limits.max_object_calls = max_object_calls;
        });
        let mut world = World::new(client, quiet());
        for _ in 0..6 {
            world.take(&call(Side::Connecting, None, true, vec![Pass::New]));
            world.take(&Step::Rest);
            world.take(&answer(Side::Accepting, 0));
        }
        for step in &steps {
            world.take(step);
        }
        world.settle();
    }
}
