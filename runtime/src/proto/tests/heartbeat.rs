//! Signs of life, and what becomes of a peer that gives none.

use std::time::Duration;

use super::outgoing::Outgoing;
use super::pair::{Pair, quiet};
use super::stranger::{Stranger, notification};
use crate::error::ErrorKind;
use crate::frame::{Frame, Greeting, Request, Target};
use crate::limits::Limits;
use crate::proto::{Config, Fault, Side};

const SECOND: Duration = Duration::from_secs(1);

fn beating(heartbeat: Duration, heartbeat_misses: u32) -> Config {
    Config {
        heartbeat: Some(heartbeat),
        heartbeat_misses,
        ..Config::default()
    }
}

/// A client that pings each second, and a server that only answers.
fn pair(misses: u32) -> Pair {
    Pair::open(beating(SECOND, misses), quiet())
}

fn frames_of_client(pair: &mut Pair) -> Vec<String> {
    pair.send_from(Side::Connecting);
    pair.in_transit_from(Side::Connecting)
}

/// Moves the clock to when the client wants to be woken, and wakes it. Tells how long that was.
fn sleep_until_woken(pair: &mut Pair) -> (Duration, Result<(), Fault>) {
    let at = pair.client.core.timeout().expect("there is a heartbeat");
    let slept = at.saturating_duration_since(pair.clock.now());
    pair.clock.advance(slept);
    (slept, pair.client.look_at_the_clock())
}

#[test]
fn a_ping_is_sent_after_a_silence_and_not_before() {
    let mut pair = pair(3);
    pair.clock.advance(SECOND - Duration::from_nanos(1));
    pair.client.look_at_the_clock().unwrap();
    assert!(frames_of_client(&mut pair).is_empty());
    pair.clock.advance(Duration::from_nanos(1));
    pair.client.look_at_the_clock().unwrap();
    pair.client.look_at_the_clock().unwrap();
    assert_eq!(frames_of_client(&mut pair), ["ping 0"]);
}

#[test]
fn any_byte_is_a_sign_of_life() {
    let mut pair = pair(10);
    pair.server.submit(Outgoing::to_service("S")).unwrap();
    pair.send_from(Side::Accepting);
    for _ in 0..10 {
        pair.clock.advance(SECOND * 9 / 10);
        assert!(pair.deliver_from(Side::Accepting, 1).unwrap());
        pair.client.look_at_the_clock().unwrap();
    }
    assert!(
        pair.client.arrived.is_empty(),
        "the frame is not even whole"
    );
    assert!(frames_of_client(&mut pair).is_empty());
}

#[test]
fn a_silent_peer_is_given_up_when_it_was_promised() {
    for misses in [1, 2, 3, 7] {
        let mut pair = pair(misses);
        let start = pair.clock.now();
        let mut pings = 0;
        let fault = loop {
            let (slept, woken) = sleep_until_woken(&mut pair);
            assert_eq!(slept, SECOND);
            if let Err(fault) = woken {
                break fault;
            }
            pair.send_from(Side::Connecting);
            pings += 1;
        };
        assert_eq!(pair.clock.now() - start, SECOND * (misses + 1));
        assert_eq!(fault.kind, ErrorKind::Closed);
        assert_eq!(
            fault.message,
            format!(
                "the peer was silent for {}.0 s and left {misses} pings unanswered",
                misses + 1
            )
        );
        assert_eq!(pings, misses);
        assert_eq!(frames_of_client(&mut pair).len(), misses as usize);
    }
}

#[test]
fn a_peer_that_answers_is_never_given_up() {
    let mut pair = pair(1);
    for _ in 0..100 {
        let (slept, woken) = sleep_until_woken(&mut pair);
        woken.unwrap();
        assert_eq!(slept, SECOND);
        pair.exchange();
    }
}

#[test]
fn an_answer_at_the_last_moment_starts_anew() {
    let mut pair = pair(2);
    sleep_until_woken(&mut pair).1.unwrap();
    sleep_until_woken(&mut pair).1.unwrap();
    pair.clock.advance(SECOND - Duration::from_nanos(1));
    pair.exchange();
    for _ in 0..2 {
        let (slept, woken) = sleep_until_woken(&mut pair);
        assert_eq!(slept, SECOND);
        woken.unwrap();
    }
    assert!(sleep_until_woken(&mut pair).1.is_err());
}

#[test]
fn without_a_heartbeat_nobody_is_ever_given_up() {
    for heartbeat in [None, Some(Duration::ZERO)] {
        let config = Config {
            heartbeat,
            ..Config::default()
        };
        let mut pair = Pair::open(config, quiet());
        pair.clock.advance(Duration::from_secs(100 * 365 * 86_400));
        pair.client.look_at_the_clock().unwrap();
        assert_eq!(pair.client.core.timeout(), None);
        assert!(!pair.client.core.has_output());
    }
}

#[test]
fn a_heartbeat_that_will_never_come_is_none() {
    let mut pair = Pair::open(beating(Duration::MAX, u32::MAX), quiet());
    assert_eq!(pair.client.core.timeout(), None);
    pair.client.look_at_the_clock().unwrap();
    assert!(!pair.client.core.has_output());
}

#[test]
fn before_the_handshake_there_is_no_heartbeat() {
    let mut pair = Pair::unopened(beating(SECOND, 1), quiet());
    assert_eq!(pair.client.core.timeout(), None);
    pair.clock.advance(SECOND * 100);
    pair.client.look_at_the_clock().unwrap();
    pair.exchange();
    // The silence begins with the greeting.
    let (slept, woken) = sleep_until_woken(&mut pair);
    assert_eq!(slept, SECOND);
    woken.unwrap();
}

#[test]
fn who_slept_asks_before_giving_the_peer_up() {
    // The machine was suspended, or the process stopped: only this end's clock has moved on.
    let mut pair = pair(2);
    pair.clock.advance(SECOND * 1000);
    pair.client.look_at_the_clock().unwrap();
    pair.client.look_at_the_clock().unwrap();
    assert_eq!(frames_of_client(&mut pair), ["ping 0"]);
    pair.exchange();
    assert_eq!(sleep_until_woken(&mut pair).0, SECOND);
    pair.exchange();

    pair.clock.advance(SECOND * 1000);
    pair.client.look_at_the_clock().unwrap();
    let mut slept = Duration::ZERO;
    loop {
        let (more, woken) = sleep_until_woken(&mut pair);
        slept += more;
        if woken.is_err() {
            break;
        }
    }
    assert_eq!(slept, SECOND * 2);
}

#[test]
fn a_peer_that_falls_silent_within_a_frame_is_given_up() {
    let mut pair = pair(1);
    pair.server.submit(Outgoing::to_service("S")).unwrap();
    pair.send_from(Side::Accepting);
    pair.deliver_from(Side::Accepting, 5).unwrap();
    sleep_until_woken(&mut pair).1.unwrap();
    assert!(sleep_until_woken(&mut pair).1.is_err());
}

#[test]
fn a_heartbeat_is_told_in_milliseconds_as_far_as_that_goes() {
    for (heartbeat, told) in [
        (Duration::from_millis(1500), 1500),
        (Duration::from_nanos(1), 1),
        (Duration::from_secs(u64::MAX / 2), u64::MAX),
        (Duration::ZERO, 0),
    ] {
        let pair = Pair::open(beating(heartbeat, 3), quiet());
        assert_eq!(pair.server.core.peer().heartbeat, told);
    }
}

/// One-way calls that nobody is told of yet, in each form in which a header is read.
fn one_way_calls() -> [Frame<'static>; 2] {
    let call = || notification(Target::Service("S"), Vec::new());
    let Frame::Notification(of_another_form) = call() else {
        unreachable!("it is one")
    };
    let of_another_form = Request {
        method: 1,
        ..of_another_form
    };
    [call(), Frame::Notification(of_another_form)]
}

#[test]
fn who_is_called_and_says_nothing_gives_a_sign() {
    for call in one_way_calls() {
        let greeting = Greeting::new(&Limits::default(), 1000, false);
        let mut stranger = Stranger::greets_with(quiet(), greeting);
        assert_eq!(stranger.end.core.timeout(), None);
        stranger.sends(&call).unwrap();
        let due = stranger.end.core.timeout().expect("a sign of life");
        assert_eq!(due - stranger.clock.now(), SECOND * 3 / 2);
        stranger.clock.advance(SECOND * 3 / 2);
        stranger.end.look_at_the_clock().unwrap();
        assert_eq!(stranger.reads(), ["ping 0"]);
    }
}

#[test]
fn who_is_called_is_not_idle() {
    for call in one_way_calls() {
        let idle = Some(SECOND * 10);
        let mut stranger = Stranger::greets(Config { idle, ..quiet() });
        stranger.clock.advance(SECOND * 9);
        stranger.sends(&call).unwrap();
        let incoming = stranger.end.arrived.remove(0);
        stranger.end.answer(incoming, 0);
        stranger.clock.advance(SECOND * 9);
        stranger.end.look_at_the_clock().unwrap();
        assert!(!stranger.end.core.has_output(), "it has not left");
        stranger.clock.advance(SECOND);
        stranger.end.look_at_the_clock().unwrap();
        assert!(stranger.reads()[0].starts_with("goaway"));
    }
}
