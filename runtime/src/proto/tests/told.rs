//! What the peer is told of one-way calls that have been handled, when, and what it makes of that.

use super::outgoing::{Outgoing, own};
use super::pair::{Pair, calls, object_calls, quiet};
use super::stranger::{Stranger, notification, release};
use crate::frame::{Credit, Target};
use crate::id::ObjectId;
use crate::proto::Side;

#[test]
fn the_peer_hears_of_handled_one_way_calls_at_a_quarter_of_its_credit() {
    let mut pair = Pair::open(quiet(), calls(16));
    let mut frames = Vec::new();
    for _ in 0..7 {
        let event = Outgoing::to_service("S").one_way();
        pair.client.submit(event).unwrap();
        pair.exchange();
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
    assert_eq!(pair.server.numbers(), [0, 1, 2, 3, 4, 5, 6, 8]);
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
    assert_eq!(pair.server.numbers(), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn an_objects_credit_is_told_before_the_peer_runs_dry() {
    for event_first in [false, true] {
        let (mut pair, proxies) = Pair::with_proxies(object_calls(8), 1);
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
        assert_eq!(pair.client.numbers(), [0, 1, 2, 3, 4, 5, 6, 8]);
    }
}

/// The more objects stall, the fewer calls may another one have outstanding; of what has ended, its holder has to be
/// told the sooner.
#[test]
fn who_keeps_up_goes_on_however_many_stall() {
    for stalled in [0, 1, 2, 3, 4, 6, 10, 40] {
        let (mut pair, proxies) = Pair::with_proxies(quiet(), stalled + 1);
        let (lively, stalled) = proxies.split_last().unwrap();
        for proxy in stalled {
            while pair
                .server
                .submit(Outgoing::to_object(proxy).one_way())
                .unwrap()
                .sent
            {}
        }
        pair.exchange();
        pair.client.arrived.clear();
        for number in 0..1500 {
            let event = Outgoing::to_object(lively).one_way().number(number);
            pair.server.submit(event).unwrap();
            pair.exchange();
            assert_eq!(pair.client.numbers(), [number], "{} stall", stalled.len());
            let call = pair.client.next_call();
            pair.client.answer(call, 0);
        }
    }
}

/// Also if it is never anything but due.
#[test]
fn nothing_is_remembered_of_objects_that_come_and_go() {
    const OBJECTS: usize = 40;
    let (mut pair, mut proxies) = Pair::with_proxies(quiet(), OBJECTS);
    let mut called = Vec::new();
    for _ in 0..20 {
        pair.server.let_go(std::mem::take(&mut called));
        for proxy in &proxies {
            let event = Outgoing::to_object(proxy).one_way();
            pair.server.submit(event).unwrap();
        }
        called.append(&mut proxies);
        for _ in 0..1100 {
            let event = Outgoing::to_service("S").one_way();
            pair.server.submit(event).unwrap();
        }
        pair.exchange();
        while !pair.client.arrived.is_empty() {
            let event = pair.client.next_call();
            pair.client.answer(event, 0);
        }
        // New ones are passed in the same bytes in which the credit goes that is due.
        for _ in 0..OBJECTS {
            let listener = pair.client.listener();
            let call = Outgoing::to_service("Keeper").one_way();
            pair.client.submit(call.passing(own(&listener))).unwrap();
        }
        pair.exchange();
        while !pair.server.arrived.is_empty() {
            let call = pair.server.next_call();
            proxies.push(call.passed[0].proxy());
            pair.server.answer(call, 0);
        }
        assert!(pair.client.core.served.changed() <= 2 * OBJECTS);
    }
}

/// It has calls in hand that take long, which are most of what it may have.
#[test]
fn who_is_busy_goes_on_however_many_stall() {
    for (stalled, long) in [(27, 5), (29, 4), (31, 3), (33, 3)] {
        let (mut pair, proxies) = Pair::with_proxies(quiet(), stalled + 1);
        let (busy, stalled) = proxies.split_last().unwrap();
        for proxy in stalled {
            let event = || Outgoing::to_object(proxy).one_way();
            while pair.server.submit(event()).unwrap().sent {}
        }
        let call = || Outgoing::to_object(busy);
        let tickets: Vec<_> = (0..long)
            .map(|_| pair.server.submit(call()).unwrap())
            .collect();
        assert!(tickets.iter().all(|ticket| ticket.sent));
        pair.exchange();
        pair.client.arrived.clear();
        for number in 0..10 {
            let event = call().one_way().number(number);
            pair.server.submit(event).unwrap();
            pair.exchange();
            assert_eq!(pair.client.numbers(), [number], "{long} in hand");
            let event = pair.client.next_call();
            pair.client.answer(event, 0);
        }
    }
}

/// Nothing is untold of its own, but of others so much that it counts.
#[test]
fn who_is_busy_does_not_wait_for_a_word_of_others() {
    let (mut pair, proxies) = Pair::with_proxies(calls(64), 1);
    let mut tickets = Vec::new();
    for _ in 0..40 {
        tickets.push(pair.server.submit(Outgoing::to_service("S")).unwrap());
    }
    for _ in 0..2 {
        let call = Outgoing::to_object(&proxies[0]);
        tickets.push(pair.server.submit(call).unwrap());
    }
    pair.exchange();
    pair.client.arrived.clear();
    for _ in 0..12 {
        let event = Outgoing::to_service("S").one_way();
        pair.server.submit(event).unwrap();
        pair.exchange();
        let event = pair.client.next_call();
        pair.client.answer(event, 0);
    }
    pair.exchange();
    let call = Outgoing::to_object(&proxies[0]);
    assert!(pair.server.submit(call).unwrap().sent);
}

/// Of a hundred objects that are called in turn, none is short of credit by itself for long.
#[test]
fn objects_are_named_when_it_matters() {
    let (mut pair, proxies) = Pair::with_proxies(quiet(), 100);
    let mut told = Vec::new();
    for _ in 0..40 {
        for proxy in &proxies {
            let event = Outgoing::to_object(proxy).one_way();
            assert!(pair.server.submit(event).unwrap().sent);
            pair.exchange();
            let event = pair.client.next_call();
            pair.client.answer(event, 0);
            pair.send_from(Side::Connecting);
            told.extend(pair.in_transit_from(Side::Connecting));
        }
    }
    let in_words = |frame: &String| frame.split(", ").count() - 1;
    let named: Vec<_> = told.iter().map(in_words).collect();
    assert_eq!((told[0].as_str(), named), ("credit 1024", vec![0, 100, 0]));
    // With another frame they are named, too, however few calls they had since.
    pair.client.ping();
    pair.send_from(Side::Connecting);
    let last = pair.in_transit_from(Side::Connecting);
    assert_eq!(last.iter().map(in_words).collect::<Vec<_>>(), [0, 100]);
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
        let to_object = notification(Target::Object(ObjectId::of(1)), Vec::new());
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
fn an_objects_figure_beyond_what_was_sent_opens_its_window_and_no_more() {
    let (mut pair, proxies) = Pair::with_proxies(object_calls(2), 1);
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
    let (mut pair, proxies) = Pair::with_proxies(object_calls(2), 0);
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
fn nothing_is_remembered_of_objects_that_are_gone() {
    let (mut pair, _) = Pair::with_proxies(quiet(), 0);
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
    assert_eq!(pair.client.core.served.changed(), 0);
}

/// What is read at once is counted for each object by itself.
#[test]
fn each_object_of_what_is_read_together_is_told_of_by_itself() {
    let (mut pair, proxies) = Pair::with_proxies(object_calls(64), 2);
    for (number, which) in [0, 0, 0, 1, 1, 0, 1, 0].into_iter().enumerate() {
        let event = Outgoing::to_object(&proxies[which]).one_way();
        pair.server.submit(event.number(2 * number as u32)).unwrap();
    }
    pair.send_from(Side::Accepting);
    pair.deliver_from(Side::Accepting, usize::MAX).unwrap();
    let called = pair.client.arrived.iter().map(|call| call.object());
    let called: Vec<_> = called.flatten().map(|id| id.number()).collect();
    assert_eq!(called, [1, 1, 1, 2, 2, 1, 2, 1]);
    while !pair.client.arrived.is_empty() {
        let call = pair.client.next_call();
        pair.client.answer(call, 0);
    }
    pair.client.ping();
    pair.send_from(Side::Connecting);
    assert_eq!(
        pair.in_transit_from(Side::Connecting),
        ["ping 0", "credit 8, object 2: 3, object 1: 5"]
    );
    pair.exchange();
    assert_eq!(pair.server.counts().outstanding, 0);
}

#[test]
fn requests_that_are_read_together_leave_their_objects_credit_with_their_answers() {
    let (mut pair, proxies) = Pair::with_proxies(object_calls(8), 1);
    let to_object = |number| Outgoing::to_object(&proxies[0]).number(number);
    for number in 0..8 {
        pair.server.submit(to_object(2 * number)).unwrap();
    }
    pair.send_from(Side::Accepting);
    pair.deliver_from(Side::Accepting, usize::MAX).unwrap();
    while !pair.client.arrived.is_empty() {
        let call = pair.client.next_call();
        pair.client.answer(call, 0);
    }
    pair.exchange();
    pair.server.submit(to_object(0).one_way()).unwrap();
    pair.exchange();
    let event = pair.client.next_call();
    pair.client.answer(event, 0);
    pair.send_from(Side::Connecting);
    // A quarter of it would be two.
    assert!(pair.in_transit_from(Side::Connecting).is_empty());
}
