//! What is written without the driver: when, and what becomes of what could not be written.

use std::time::Duration;

use super::cable::lasting;
use super::outgoing::Outgoing;
use super::pair::{Pair, quiet};
use super::stranger::Stranger;
use crate::frame::Frame;
use crate::proto::Side;

#[test]
fn a_call_is_alone_if_it_was_alone_before() {
    let mut pair = Pair::open(quiet(), quiet());
    let call = |pair: &mut Pair| pair.client.submit(Outgoing::to_service("S")).unwrap();
    let _first = call(&mut pair);
    assert!(pair.client.core.is_alone(1) && !pair.client.core.is_alone(0));
    let _second = call(&mut pair);
    assert!(!pair.client.core.is_alone(1));
    pair.exchange();
    for _ in 0..2 {
        let incoming = pair.server.next_call();
        pair.server.answer(incoming, 0);
    }
    pair.exchange();
    // The first of two that are made in step.
    let _first = call(&mut pair);
    assert!(!pair.client.core.is_alone(1));
    pair.exchange();
    let incoming = pair.server.next_call();
    pair.server.answer(incoming, 0);
    assert!(pair.server.core.is_alone(0));
    pair.exchange();
    let _lone = call(&mut pair);
    assert!(pair.client.core.is_alone(1));
}

#[test]
fn what_is_long_is_left_to_the_driver() {
    let mut pair = Pair::open(quiet(), quiet());
    let call = Outgoing::to_service("S").carrying(20_000);
    let _ticket = pair.client.submit(call).unwrap();
    assert!(!pair.client.core.is_alone(1));
}

#[test]
fn what_could_not_be_written_goes_before_what_comes_later() {
    for written in 0..20 {
        let mut pair = Pair::open(quiet(), quiet());
        let call = |number| Outgoing::to_service("S").one_way().number(number);
        pair.client.submit(call(1)).unwrap();
        pair.send_at_once_from(Side::Connecting, written);
        assert!(pair.client.core.has_output());
        pair.client.submit(call(2)).unwrap();
        pair.exchange();
        let numbers = [1, 2].map(|_| pair.server.next_call().number);
        assert_eq!(numbers, [1, 2], "after {written} bytes");
        assert!(!pair.client.core.has_output());
        assert_eq!(pair.client.counts().queued_bytes, 0);
    }
}

#[test]
fn what_could_not_be_written_is_sent_again_from_the_beginning_of_its_frame() {
    for written in 0..20 {
        let mut pair = lasting();
        let _ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
        pair.send_at_once_from(Side::Connecting, written);
        pair.deliver_from(Side::Connecting, usize::MAX).unwrap();
        pair.cut_and_mend();
        let incoming = pair.server.next_call();
        pair.server.answer(incoming, 0);
        pair.exchange();
        pair.assert_tables_are_empty();
        pair.ledger.assert_all_is_settled();
    }
}

#[test]
fn what_is_written_makes_nothing_due_sooner_and_what_is_not_does() {
    let mut config = quiet();
    config.heartbeat = Some(Duration::from_secs(5));
    config.heartbeat_misses = 3;
    let mut stranger = Stranger::greets(config);
    let due = stranger.end.core.timeout();
    stranger.clock.advance(Duration::from_secs(1));
    let submit = |stranger: &mut Stranger| stranger.end.submit(Outgoing::to_service("S")).unwrap();
    let _ticket = submit(&mut stranger);
    assert!(!stranger.end.write_at_once(usize::MAX).is_empty());
    assert_eq!(stranger.end.core.timeout(), due);
    assert_eq!(stranger.end.counts().queued_bytes, 0);
    let _ticket = submit(&mut stranger);
    stranger.end.write_at_once(1);
    let too_slow = (1..100).find(|_| {
        stranger.clock.advance(Duration::from_secs(1));
        stranger.sends(&Frame::Pong(1)).unwrap(); // it is not silent
        stranger.end.look_at_the_clock().is_err()
    });
    assert_eq!(too_slow, Some(20));
}
