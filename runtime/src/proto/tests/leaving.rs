//! This end is about to leave: the peer is told, what is under way finishes, and then it is done.

use std::time::{Duration, Instant};

use super::outgoing::Outgoing;
use super::pair::{Clock, quiet};
use super::stranger::{SERVICE, Stranger, introduces, notification, request, request_of, response};
use crate::error::ErrorKind;
use crate::frame::{Credit, Frame, Target};
use crate::proto::{Departure, Rejected};

const SECOND: Duration = Duration::from_secs(1);

fn go_away(stranger: &mut Stranger, until: Option<Instant>) {
    stranger.end.core.go_away("enough", until);
}

/// The peer, whose every word before it had read the goaway has come.
fn knows(stranger: &mut Stranger) {
    let said = stranger.reads();
    assert_eq!(said[0], "goaway: enough");
    answers_the_last(stranger, &said);
}

/// The peer has read all of that, which ends in a ping.
fn answers_the_last(stranger: &mut Stranger, said: &[String]) {
    let token = said.last().and_then(|last| last.strip_prefix("ping "));
    let token = token.expect("a ping").parse().expect("a token");
    stranger.sends(&Frame::Pong(token)).unwrap();
}

fn departure(stranger: &Stranger) -> Option<Departure> {
    stranger.end.core.departure()
}

fn after(clock: &Clock, seconds: u32) -> Option<Instant> {
    Some(clock.now() + SECOND * seconds)
}

#[test]
fn who_has_nothing_under_way_is_done_when_the_peer_knows() {
    let mut stranger = Stranger::greets(quiet());
    assert_eq!(departure(&stranger), None);
    go_away(&mut stranger, None);
    stranger.end.core.begin_nothing_new();
    assert_eq!(departure(&stranger), Some(Departure::Serving));
    knows(&mut stranger);
    assert_eq!(departure(&stranger), Some(Departure::Done));
    let why = stranger.end.core.parting(true).unwrap();
    assert_eq!(why.kind(), ErrorKind::Closed);
    assert_eq!(
        why.to_string(),
        "this end has left: enough, and all was done"
    );
}

#[test]
fn a_pong_of_before_tells_nothing() {
    let mut stranger = Stranger::greets(quiet());
    go_away(&mut stranger, None);
    stranger.sends(&Frame::Pong(0)).unwrap();
    assert_eq!(departure(&stranger), Some(Departure::Serving));
}

/// The peer answers the last of several pings only, so those of the heartbeat ask the same.
#[test]
fn a_heartbeat_behind_the_goaway_asks_for_it_as_well() {
    let mut config = quiet();
    config.heartbeat = Some(SECOND);
    let mut stranger = Stranger::greets(config);
    go_away(&mut stranger, None);
    assert_eq!(stranger.reads(), ["goaway: enough", "ping 1"]);
    stranger.clock.advance(SECOND);
    stranger.end.look_at_the_clock().unwrap();
    assert_eq!(stranger.reads(), ["ping 1"]);
}

#[test]
fn what_crosses_the_goaway_is_served() {
    let mut stranger = Stranger::greets(quiet());
    go_away(&mut stranger, None);
    stranger.sends(&request(1)).unwrap();
    stranger.sends(&notification(SERVICE, Vec::new())).unwrap();
    knows(&mut stranger);
    assert_eq!(departure(&stranger), Some(Departure::Serving));
    let (first, second) = (stranger.end.next_call(), stranger.end.next_call());
    stranger.end.answer(first, 0);
    assert_eq!(departure(&stranger), Some(Departure::Serving));
    stranger.end.answer(second, 0);
    assert_eq!(departure(&stranger), Some(Departure::ServedOut));
    stranger.end.core.begin_nothing_new();
    is_asked_for_the_last(&mut stranger, "response 1: Ok");
}

/// Nothing is over before the peer has read what was said last.
fn is_asked_for_the_last(stranger: &mut Stranger, first: &str) {
    assert_eq!(departure(stranger), Some(Departure::ServedOut));
    let said = stranger.reads();
    assert_eq!(said[0], first);
    assert_eq!(departure(stranger), Some(Departure::ServedOut));
    stranger.sends(&Frame::Pong(1)).unwrap(); // which it has said before
    assert_eq!(departure(stranger), Some(Departure::ServedOut));
    answers_the_last(stranger, &said);
    assert_eq!(departure(stranger), Some(Departure::Done));
}

/// Until all is served, this end calls as ever; then only its handlers do.
#[test]
fn this_end_goes_on_calling_until_it_begins_nothing_new() {
    let mut stranger = Stranger::greets(quiet());
    go_away(&mut stranger, None);
    knows(&mut stranger);
    let call = stranger.end.submit(Outgoing::to_service("S")).unwrap();
    assert!(call.sent);
    stranger.end.core.begin_nothing_new();
    for late in [
        Outgoing::to_service("S"),
        Outgoing::to_service("S").one_way(),
    ] {
        let Err(Rejected::Closed(error)) = stranger.end.submit(late) else {
            panic!("it was made");
        };
        assert_eq!(error.to_string(), "this end is leaving: enough");
    }
    // The peer calls back inside the call, and that handler calls, too.
    stranger
        .sends(&request_of(7, SERVICE, Some(call.id.0), Vec::new()))
        .unwrap();
    let incoming = stranger.end.next_call();
    let inner = stranger
        .end
        .submit(Outgoing::to_service("S").inside(&incoming))
        .unwrap();
    stranger.sends(&response(inner.id.0, Vec::new())).unwrap();
    stranger.end.answer(incoming, 0);
    assert_eq!(departure(&stranger), Some(Departure::ServedOut));
    assert_eq!(stranger.reads().last().unwrap(), "response 7: Ok");
    stranger.sends(&response(call.id.0, Vec::new())).unwrap();
    is_asked_for_the_last(&mut stranger, "ping 2");
}

#[test]
fn one_way_calls_have_ended_when_their_credit_is_back() {
    let mut stranger = Stranger::greets(quiet());
    stranger
        .end
        .submit(Outgoing::to_service("S").one_way())
        .unwrap();
    stranger.reads();
    go_away(&mut stranger, None);
    stranger.end.core.begin_nothing_new();
    knows(&mut stranger);
    assert_eq!(departure(&stranger), Some(Departure::ServedOut));
    let credit = Credit {
        finished: 1,
        objects: Vec::new(),
    };
    stranger.sends(&Frame::Credit(credit)).unwrap();
    is_asked_for_the_last(&mut stranger, "ping 2");
}

/// The other side of that: whoever has read a goaway tells of each end at once.
#[test]
fn a_peer_that_leaves_is_told_of_every_one_way_call_at_once() {
    let mut stranger = Stranger::greets(quiet());
    for _ in 0..3 {
        stranger.sends(&notification(SERVICE, Vec::new())).unwrap();
    }
    let calls = [(); 3].map(|()| stranger.end.next_call());
    let [first, second, third] = calls;
    stranger.end.answer(first, 0);
    assert!(stranger.reads().is_empty());
    stranger.sends(&Frame::Goaway { reason: "enough" }).unwrap();
    assert_eq!(stranger.reads(), ["credit 1"]);
    stranger.end.answer(second, 0);
    assert_eq!(stranger.reads(), ["credit 2"]);
    stranger.end.answer(third, 0);
    assert_eq!(stranger.reads(), ["credit 3"]);
}

#[test]
fn the_time_ends_whatever_is_under_way() {
    let mut stranger = Stranger::greets(quiet());
    stranger.sends(&request(1)).unwrap();
    let until = after(&stranger.clock, 10);
    go_away(&mut stranger, until);
    // It may become sooner, and not later.
    for seconds in [20, 5, 10] {
        let until = after(&stranger.clock, seconds);
        go_away(&mut stranger, until);
    }
    go_away(&mut stranger, None);
    assert_eq!(stranger.end.core.timeout(), after(&stranger.clock, 5));
    stranger.clock.advance(SECOND * 5 - Duration::from_nanos(1));
    stranger.end.look_at_the_clock().unwrap();
    assert_eq!(departure(&stranger), Some(Departure::Serving));
    stranger.clock.advance(Duration::from_nanos(1));
    stranger.end.look_at_the_clock().unwrap();
    assert_eq!(departure(&stranger), Some(Departure::Done));
    let why = stranger.end.core.parting(true).unwrap().to_string();
    assert_eq!(why, "this end has left: enough, and its time was over");
    assert_eq!(stranger.reads(), ["goaway: enough", "ping 1"]);
}

#[test]
fn before_the_handshake_there_is_nothing_to_wait_for() {
    let mut stranger = Stranger::unopened(quiet());
    go_away(&mut stranger, None);
    assert_eq!(departure(&stranger), Some(Departure::Done));
    assert!(stranger.reads().is_empty());
}

#[test]
fn objects_that_are_held_do_not_keep_it() {
    let mut stranger = Stranger::greets(quiet());
    let passing = request_of(1, Target::Service("S"), None, vec![introduces(5)]);
    stranger.sends(&passing).unwrap();
    let incoming = stranger.end.next_call();
    let proxy = incoming.passed[0].proxy();
    stranger.end.answer(incoming, 0);
    stranger.reads();
    go_away(&mut stranger, None);
    stranger.end.core.begin_nothing_new();
    knows(&mut stranger);
    assert_eq!(departure(&stranger), Some(Departure::Done));
    stranger.end.let_go(proxy);
}
