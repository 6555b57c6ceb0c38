//! Who may send: all calls together, the calls to one object, and the line in which the others wait.

use std::rc::Rc;

use super::attached::{Outcome, Proxy};
use super::end::{End, Ticket};
use super::outgoing::{Outgoing, own};
use super::pair::{Pair, limited, quiet};
use super::stranger::{Stranger, notification, release};
use crate::error::ErrorKind;
use crate::frame::{Credit, Target};
use crate::id::ObjectId;
use crate::proto::{Config, Side};

fn calls(max_calls: u32) -> Config {
    limited(|limits| limits.max_calls = max_calls)
}

fn object_calls(max_object_calls: u32) -> Config {
    limited(|limits| limits.max_object_calls = max_object_calls)
}

/// The numbers of the calls that have arrived, which stay where they are.
fn arrived(end: &End) -> Vec<u32> {
    end.arrived.iter().map(|call| call.number).collect()
}

/// A pair whose client answers, and the server's proxies of that many objects of the client.
fn pair_with_proxies(client: Config, objects: usize) -> (Pair, Vec<Rc<Proxy>>) {
    let mut pair = Pair::open(client, quiet());
    let introduce = |_| pair.introduce_from(Side::Connecting).1;
    let proxies = (0..objects).map(introduce).collect();
    (pair, proxies)
}

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
fn the_peer_hears_of_handled_one_way_calls_at_a_quarter_of_its_credit() {
    let mut pair = Pair::open(quiet(), calls(16));
    for _ in 0..7 {
        pair.client
            .submit(Outgoing::to_service("S").one_way())
            .unwrap();
    }
    pair.exchange();
    let mut frames = Vec::new();
    while !pair.server.arrived.is_empty() {
        let call = pair.server.next_call();
        pair.server.answer(call, 0);
        pair.send_from(Side::Accepting);
        frames.push(pair.in_transit_from(Side::Accepting).concat());
        pair.exchange();
    }
    assert_eq!(frames, ["", "", "", "credit 4", "", "", ""]);
    // With any other frame it rides along.
    pair.server.ping();
    pair.send_from(Side::Accepting);
    assert_eq!(
        pair.in_transit_from(Side::Accepting),
        ["ping 0", "credit 7"]
    );
    pair.exchange();
    assert_eq!(pair.client.counts().outstanding, 0);
    pair.assert_tables_are_empty();
}

#[test]
fn no_more_calls_to_one_object_are_under_way_than_the_peer_grants() {
    let (mut pair, proxies) = pair_with_proxies(object_calls(2), 2);
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
    assert_eq!(arrived(&pair.client), [0, 1, 4, 5]);
    for (answered, come) in [(1, &[0, 4, 5, 2][..]), (0, &[4, 5, 2, 3])] {
        let at = arrived(&pair.client)
            .iter()
            .position(|&number| number == answered);
        let call = pair.client.arrived.remove(at.unwrap());
        pair.client.answer(call, 0);
        pair.exchange();
        assert_eq!(arrived(&pair.client), come);
    }
}

#[test]
fn a_stalled_object_delays_no_other() {
    const OBJECTS: usize = 300;
    let (mut pair, proxies) = pair_with_proxies(object_calls(4), OBJECTS);
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
fn lines_take_turns() {
    let (mut pair, proxies) = pair_with_proxies(calls(1), 2);
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
    let (mut pair, proxies) = pair_with_proxies(calls(1), 2);
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
        let (mut pair, proxies) = pair_with_proxies(object_calls(window), 1);
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
fn nothing_is_sent_to_a_peer_that_grants_nothing() {
    let mut pair = Pair::open(quiet(), calls(0));
    let ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.exchange();
    assert!(pair.server.arrived.is_empty());
    pair.client.cancel(ticket);
    pair.assert_tables_are_empty();
}

#[test]
fn an_objects_figure_beyond_what_was_sent_opens_its_window_and_no_more() {
    let (mut pair, proxies) = pair_with_proxies(object_calls(2), 1);
    let event = || Outgoing::to_object(&proxies[0]).one_way();
    for _ in 0..2 {
        assert!(pair.server.submit(event()).unwrap().sent);
    }
    let id = proxies[0].id;
    let mut bytes = bytes::BytesMut::new();
    let credit = Credit {
        finished: 1,
        objects: vec![(id, u64::MAX)],
    };
    crate::frame::write::credit(&mut bytes, &credit);
    pair.server.receive(&mut bytes).unwrap();
    assert_eq!(pair.server.core.imports.get(id).unwrap().used, 0);
    // And never more than it is wide.
    let mut sent = Vec::new();
    for _ in 0..3 {
        sent.push(pair.server.submit(event()).unwrap().sent);
    }
    assert_eq!(sent, [true, true, false]);
    // The true figures count again from there on.
    let mut handled = 0;
    pair.exchange();
    while !pair.client.arrived.is_empty() {
        let call = pair.client.next_call();
        pair.client.answer(call, 0);
        handled += 1;
        pair.exchange();
    }
    assert_eq!(handled, 5);
}

#[test]
fn what_was_handled_is_counted_anew_after_a_release() {
    let (mut pair, proxies) = pair_with_proxies(object_calls(2), 0);
    drop(proxies);
    let listener = pair.client.listener();
    let proxy = pair.pass_from(Side::Connecting, &listener);
    for _ in 0..2 {
        pair.server
            .submit(Outgoing::to_object(&proxy).one_way())
            .unwrap();
    }
    // The release crosses an introduction, so the object keeps its number.
    pair.client
        .submit(Outgoing::to_service("S").one_way().passing(own(&listener)))
        .unwrap();
    pair.send_from(Side::Connecting);
    pair.server.let_go(proxy);
    pair.exchange();
    let again = pair.server.arrived[0].passed[0].proxy();
    for round in 0..6 {
        let ticket = pair
            .server
            .submit(Outgoing::to_object(&again).one_way().number(round))
            .unwrap();
        pair.exchange();
        while !pair.client.arrived.is_empty() {
            let call = pair.client.next_call();
            pair.client.answer(call, 0);
        }
        pair.exchange();
        pair.server.let_go(ticket);
    }
    let event = pair.server.next_call();
    pair.server.answer(event, 0);
    pair.server.let_go(again);
    pair.exchange();
    pair.assert_tables_are_empty();
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

#[test]
fn an_objects_credit_is_told_before_the_peer_runs_dry() {
    for event_first in [false, true] {
        let (mut pair, proxies) = pair_with_proxies(object_calls(8), 1);
        let to_object = |number| Outgoing::to_object(&proxies[0]).number(number);
        if event_first {
            pair.server.submit(to_object(7).one_way()).unwrap();
            pair.exchange();
            let event = pair.client.next_call();
            pair.client.answer(event, 0);
        }
        for number in 0..7 {
            pair.server.submit(to_object(number)).unwrap();
        }
        if !event_first {
            pair.server.submit(to_object(7).one_way()).unwrap();
            pair.exchange();
            let event = pair.client.arrived.remove(7);
            pair.client.answer(event, 0);
        }
        pair.server.submit(to_object(8)).unwrap();
        pair.exchange();
        assert_eq!(arrived(&pair.client), [0, 1, 2, 3, 4, 5, 6, 8]);
    }
}

#[test]
fn credit_is_told_before_the_peer_runs_dry_by_a_call_that_came_later() {
    let mut pair = Pair::open(quiet(), calls(8));
    let two_way = |number| Outgoing::to_service("S").number(number);
    pair.client.submit(two_way(0).one_way()).unwrap();
    pair.exchange();
    let event = pair.server.next_call();
    pair.server.answer(event, 0);
    for number in 1..9 {
        pair.client.submit(two_way(number)).unwrap();
    }
    pair.exchange();
    assert_eq!(arrived(&pair.server), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn nothing_is_remembered_of_objects_that_are_gone() {
    let (mut pair, _) = pair_with_proxies(quiet(), 0);
    for _ in 0..10 {
        let (_listener, proxy) = pair.introduce_from(Side::Connecting);
        let call = || Outgoing::to_object(&proxy).one_way();
        pair.server.submit(call()).unwrap();
        pair.server.submit(call()).unwrap();
        pair.exchange();
        let (first, second) = (pair.client.next_call(), pair.client.next_call());
        pair.client.answer(first, 0);
        pair.server.let_go(proxy);
        pair.exchange();
        // Its handler ends when the peer has let go of the object already.
        pair.client.answer(second, 0);
    }
    pair.assert_tables_are_empty();
    assert_eq!(pair.client.core.served.objects(), 0);
}

#[test]
fn credit_is_told_before_the_peer_runs_dry() {
    let mut pair = Pair::open(quiet(), calls(8));
    let two_way = |number| Outgoing::to_service("S").number(number);
    for number in 0..7 {
        pair.client.submit(two_way(number)).unwrap();
    }
    pair.client.submit(two_way(7).one_way()).unwrap();
    let waiting = pair.client.submit(two_way(8)).unwrap();
    assert!(!waiting.sent);
    pair.exchange();
    // The other seven may take for ever. Less than a quarter is free again, but it is all there is.
    let event = pair.server.arrived.remove(7);
    pair.server.answer(event, 0);
    pair.exchange();
    assert_eq!(arrived(&pair.server), [0, 1, 2, 3, 4, 5, 6, 8]);
}

#[test]
fn the_peer_is_told_what_was_handled_since_it_released_the_object() {
    let mut stranger = Stranger::greets(quiet());
    let listener = stranger.end.listener();
    let call = Outgoing::to_service("S").one_way();
    let call = call.passing(own(&listener)).passing(own(&listener));
    stranger.end.submit(call).unwrap();
    stranger.reads();
    let credit = |stranger: &mut Stranger| {
        let to_object = notification(Target::Object(ObjectId(1)), Vec::new());
        stranger.sends(&to_object).unwrap();
        let event = stranger.end.next_call();
        stranger.end.answer(event, 0);
        stranger.end.ping();
        stranger.reads().pop().unwrap()
    };
    assert_eq!(credit(&mut stranger), "credit 1, object 1: 1");
    assert_eq!(credit(&mut stranger), "credit 2, object 1: 2");
    stranger.sends(&release(1, 1)).unwrap();
    assert_eq!(credit(&mut stranger), "credit 3, object 1: 1");
}

#[test]
fn a_late_answer_does_not_widen_the_window_of_what_was_introduced_again() {
    let (mut pair, _) = pair_with_proxies(object_calls(1), 0);
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
