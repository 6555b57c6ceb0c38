//! Preface, hello and welcome.

use bytes::{BufMut, BytesMut};

use super::end::End;
use super::outgoing::Outgoing;
use super::pair::{Clock, Pair, limited, quiet};
use super::stranger::{Stranger, request};
use crate::error::ErrorKind;
use crate::frame::preface::PREFACE;
use crate::frame::{Frame, Greeting};
use crate::limits::Limits;
use crate::proto::{Config, Fault, Side};

/// What a connecting end says to that answer.
fn hello_answered_by(answer: &[u8]) -> (End, Result<(), Fault>) {
    let mut end = End::new(
        Side::Connecting,
        quiet(),
        &std::rc::Rc::default(),
        &Clock::new(),
    );
    end.take_output();
    let received = end.receive(&mut BytesMut::from(answer));
    (end, received)
}

fn greeting() -> Greeting {
    Greeting::new(&Limits::default(), 0, false)
}

/// The preface and that frame.
fn after_preface(frame: &Frame<'_>) -> BytesMut {
    let mut bytes = BytesMut::from(&PREFACE[..]);
    crate::frame::sample::write_frame(&mut bytes, frame);
    bytes
}

#[test]
fn the_connecting_end_speaks_first_and_both_open() {
    let mut pair = Pair::unopened(quiet(), quiet());
    pair.send_from(Side::Accepting);
    assert!(pair.in_transit_from(Side::Accepting).is_empty());
    pair.send_from(Side::Connecting);
    assert_eq!(pair.in_transit_from(Side::Connecting), ["preface", "hello"]);
    pair.deliver_from(Side::Connecting, usize::MAX).unwrap();
    assert!(pair.server.opened && !pair.client.opened);
    pair.send_from(Side::Accepting);
    assert_eq!(
        pair.in_transit_from(Side::Accepting),
        ["preface", "welcome"]
    );
    pair.deliver_from(Side::Accepting, usize::MAX).unwrap();
    assert!(pair.client.opened);
}

#[test]
fn each_end_learns_what_the_other_grants() {
    let client = Config {
        heartbeat: Some(std::time::Duration::from_millis(1500)),
        compact: true,
        ..limited(|limits| {
            limits.max_calls = 1;
            limits.max_object_calls = 2;
            limits.max_callbacks = 3;
            limits.max_call_depth = 4;
            limits.max_nesting = 5;
            limits.max_frame = 6000;
        })
    };
    let pair = Pair::open(client, limited(|limits| limits.max_calls = 70));
    let told = pair.server.core.peer();
    assert_eq!(told, &Greeting::new(&client.limits, 1500, true));
    assert_eq!((told.max_calls, told.max_object_calls), (1, 2));
    assert_eq!((told.max_callbacks, told.max_call_depth), (3, 4));
    assert_eq!((told.max_nesting, told.max_frame), (5, 6000));
    let told = pair.client.core.peer();
    assert_eq!(
        (told.max_calls, told.heartbeat, told.compact),
        (70, 0, false)
    );
}

#[test]
fn a_stranger_is_refused_at_its_first_wrong_byte() {
    let mut stranger = Stranger::unopened(quiet());
    stranger.sends_bytes(b"RIN").unwrap();
    let fault = stranger.sends_bytes(b"RINX").unwrap_err();
    assert_eq!(fault.kind, ErrorKind::Protocol);

    let mut stranger = Stranger::unopened(quiet());
    let fault = stranger.sends_bytes(b"GET / HTTP/1.1\r\n").unwrap_err();
    assert_eq!(
        fault.message,
        "this is no Ringback session: it begins like an HTTP request"
    );
    assert!(!stranger.end.opened);
}

#[test]
fn an_answer_that_is_no_ringback_session_is_refused() {
    let (_, received) = hello_answered_by(b"HTTP/1.1 400 Bad Request\r\n");
    let fault = received.unwrap_err();
    assert_eq!(fault.kind, ErrorKind::Protocol);
    assert!(fault.message.contains("HTTP response"), "{fault:?}");
}

#[test]
fn another_version_is_refused_by_name() {
    let other = Greeting {
        version: 2,
        ..greeting()
    };
    let mut stranger = Stranger::unopened(quiet());
    stranger.sends_bytes(&PREFACE).unwrap();
    let fault = stranger.sends(&Frame::Hello(other)).unwrap_err();
    assert_eq!(fault.kind, ErrorKind::Refused);
    stranger.end.give_up(fault);
    assert_eq!(
        stranger.reads(),
        [
            "preface",
            "abort Refused: the peer speaks version 2 of the protocol, and this end version 1"
        ]
    );

    let (_, received) = hello_answered_by(&after_preface(&Frame::Welcome(other)));
    assert_eq!(received.unwrap_err().kind, ErrorKind::Refused);
}

#[test]
fn why_the_peer_refused_is_what_the_user_is_told() {
    let (mut end, received) = hello_answered_by(&after_preface(&Frame::Abort {
        kind: "Refused",
        message: "the house is full",
    }));
    let fault = received.unwrap_err();
    assert_eq!(fault.kind, ErrorKind::Refused);
    assert_eq!(
        fault.message,
        "the peer ended the connection: the house is full"
    );
    // There is nothing to be said against that.
    end.give_up(fault);
    assert!(end.take_output().is_empty());
    assert_eq!(end.core.ended().unwrap().kind(), ErrorKind::Refused);
}

#[test]
fn a_frame_before_the_greeting_is_a_fault() {
    for frame in [
        request(1),
        Frame::Ping(1),
        Frame::Welcome(greeting()),
        Frame::Goaway { reason: "bye" },
    ] {
        let mut stranger = Stranger::unopened(quiet());
        let fault = stranger.sends_bytes(&after_preface(&frame)).unwrap_err();
        assert_eq!(fault.kind, ErrorKind::Protocol, "{frame:?}");
        assert!(fault.message.contains("before the greeting"), "{fault:?}");
    }
    let (_, received) = hello_answered_by(&after_preface(&Frame::Hello(greeting())));
    assert!(received.is_err());
}

#[test]
fn a_second_greeting_is_a_fault() {
    for frame in [Frame::Hello(greeting()), Frame::Welcome(greeting())] {
        let mut stranger = Stranger::greets(quiet());
        let fault = stranger.sends(&frame).unwrap_err();
        assert_eq!(fault.message, "a second greeting");
    }
}

#[test]
fn garbage_for_a_greeting_is_a_fault() {
    for body in [&b"\x93\x09\x01\xc0"[..], b"\x00", b"\xff\xff", b""] {
        let mut bytes = BytesMut::from(&PREFACE[..]);
        bytes.put_u32(body.len() as u32);
        bytes.extend_from_slice(body);
        let mut stranger = Stranger::unopened(quiet());
        let fault = stranger.sends_bytes(&bytes).unwrap_err();
        assert_eq!(fault.kind, ErrorKind::Protocol, "{body:?}");
    }
}

#[test]
fn a_greeting_is_no_place_for_much_data() {
    let mut bytes = BytesMut::from(&PREFACE[..]);
    bytes.put_u32((16 << 10) + 1);
    let mut stranger = Stranger::unopened(quiet());
    let fault = stranger.sends_bytes(&bytes).unwrap_err();
    assert_eq!(fault.kind, ErrorKind::TooLarge);

    let mut bytes = BytesMut::from(&PREFACE[..]);
    bytes.put_u32(16 << 10);
    let mut stranger = Stranger::unopened(quiet());
    stranger.sends_bytes(&bytes).unwrap();
}

#[test]
fn options_of_a_later_version_are_ignored() {
    let mut stranger = Stranger::unopened(quiet());
    stranger.sends_bytes(&PREFACE).unwrap();
    let body = b"\x93\x09\x01\x82\xa6zipped\x91\xc0\xa9max_calls\x07";
    let mut bytes = BytesMut::new();
    bytes.put_u32(body.len() as u32);
    bytes.extend_from_slice(body);
    stranger.sends_bytes(&bytes).unwrap();
    assert!(stranger.end.opened);
    assert_eq!(stranger.end.core.peer().max_calls, 7);
}

#[test]
fn calls_that_are_made_too_early_are_sent_after_the_welcome() {
    let mut pair = Pair::unopened(quiet(), quiet());
    let ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
    assert!(!ticket.sent);
    pair.send_from(Side::Connecting);
    assert_eq!(pair.in_transit_from(Side::Connecting), ["preface", "hello"]);
    pair.exchange();
    let call = pair.server.next_call();
    pair.server.answer(call, 7);
    pair.exchange();
    assert!(pair.client.outcome(&ticket).is_some());
    pair.assert_tables_are_empty();
}
