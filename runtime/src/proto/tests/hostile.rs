//! What a peer may send that it should not, one frame at a time, and what becomes of it.

use super::attached::Outcome;
use super::outgoing::{Outgoing, own};
use super::pair::{limited, quiet};
use super::stranger::{
    SERVICE, Stranger, assert_protocol_fault, introduces, release, request, request_of, response,
    returns,
};
use crate::error::ErrorKind;
use crate::frame::Frame;
use crate::id::{ObjectId, RequestId};

#[test]
fn an_answer_to_nothing_is_a_fault() {
    let mut stranger = Stranger::greets(quiet());
    assert_protocol_fault(
        stranger.sends(&response(1, Vec::new())),
        "a response to request 1, which is not outstanding",
    );
}

#[test]
fn a_second_answer_is_a_fault() {
    let mut stranger = Stranger::greets(quiet());
    let ticket = stranger.end.submit(Outgoing::to_service("S")).unwrap();
    stranger.sends(&response(1, Vec::new())).unwrap();
    assert!(stranger.end.outcome(&ticket).is_some());
    assert_protocol_fault(stranger.sends(&response(1, Vec::new())), "not outstanding");
}

#[test]
fn an_answer_to_a_one_way_call_is_a_fault() {
    let mut stranger = Stranger::greets(quiet());
    stranger
        .end
        .submit(Outgoing::to_service("S").one_way())
        .unwrap();
    assert_protocol_fault(stranger.sends(&response(1, Vec::new())), "not outstanding");
}

#[test]
fn an_answer_to_a_call_that_was_not_sent_yet_is_a_fault() {
    let mut greeting = crate::frame::Greeting::new(&crate::Limits::default(), 0, false);
    greeting.max_calls = 0;
    let mut stranger = Stranger::greets_with(quiet(), greeting);
    let ticket = stranger.end.submit(Outgoing::to_service("S")).unwrap();
    let fault = stranger.sends(&response(ticket.id.0, Vec::new()));
    let fault = fault.expect_err("there was no call to be answered");
    assert!(fault.message.ends_with("which is not outstanding"));
    // Nobody answers the call, so who made it is told of the end.
    assert!(stranger.end.outcome(&ticket).is_none());
    stranger.end.give_up(fault);
    let outcome = stranger.end.outcome(&ticket);
    assert!(matches!(outcome, Some(Outcome::Ended(_))));
}

#[test]
fn a_cancel_of_nothing_is_ignored() {
    let mut stranger = Stranger::greets(quiet());
    stranger.sends(&Frame::Cancel { id: RequestId(9) }).unwrap();
    stranger.sends(&request(1)).unwrap();
    let call = stranger.end.next_call();
    stranger.end.answer(call, 0);
    stranger.sends(&Frame::Cancel { id: RequestId(1) }).unwrap();
    assert!(stranger.end.cancelled.is_empty());
    assert_eq!(stranger.reads(), ["response 1: Ok"]);
}

#[test]
fn a_cancelled_request_is_answered_all_the_same() {
    let mut stranger = Stranger::greets(quiet());
    stranger.sends(&request(1)).unwrap();
    for _ in 0..2 {
        stranger.sends(&Frame::Cancel { id: RequestId(1) }).unwrap();
    }
    let call = stranger.end.next_call();
    stranger.end.fail(call, ErrorKind::Cancelled, "as you like");
    assert_eq!(
        stranger.reads(),
        ["response 1: Failed, Cancelled: as you like"]
    );
}

#[test]
fn a_release_of_no_introductions_is_a_fault() {
    let mut stranger = Stranger::greets(quiet());
    let listener = stranger.end.listener();
    let call = Outgoing::to_service("S").one_way().passing(own(&listener));
    stranger.end.submit(call).unwrap();
    assert_protocol_fault(stranger.sends(&release(1, 0)), "`count` must be 1 or more");
}

#[test]
fn a_request_with_the_id_of_one_that_is_handled_is_a_fault() {
    let mut stranger = Stranger::greets(quiet());
    stranger.sends(&request(1)).unwrap();
    assert_protocol_fault(
        stranger.sends(&request(1)),
        "request 1 is being served already",
    );
}

#[test]
fn ids_need_not_count_up() {
    let mut stranger = Stranger::greets(quiet());
    for id in [u64::MAX, 7, 0, 12] {
        stranger.sends(&request(id)).unwrap();
    }
    for id in [u64::MAX, 7, 0, 12] {
        let call = stranger.end.next_call();
        assert_eq!(call.id, Some(RequestId(id)));
        stranger.end.answer(call, 0);
    }
    assert_eq!(stranger.end.counts().served, 0);
}

#[test]
fn an_answered_id_that_comes_again_is_a_request_of_its_own() {
    // Nobody could remember all ids; this is what is promised of one that is used twice.
    let mut stranger = Stranger::greets(quiet());
    for _ in 0..2 {
        stranger.sends(&request(1)).unwrap();
        let call = stranger.end.next_call();
        stranger.end.answer(call, 0);
        assert_eq!(stranger.reads(), ["response 1: Ok"]);
    }
}

#[test]
fn each_ping_is_answered_with_its_token() {
    let mut stranger = Stranger::greets(quiet());
    for token in [3, u64::MAX, 1] {
        stranger.sends(&Frame::Ping(token)).unwrap();
        assert_eq!(stranger.reads(), [format!("pong {token}")]);
    }
}

#[test]
fn a_pong_that_nobody_asked_for_is_ignored() {
    let mut stranger = Stranger::greets(quiet());
    stranger.sends(&Frame::Pong(3)).unwrap();
    assert!(stranger.reads().is_empty());
}

#[test]
fn a_kind_that_may_be_skipped_is_skipped() {
    let mut stranger = Stranger::greets(quiet());
    for body in [&[0x91, 0x40][..], &[0x92, 0xcd, 0xff, 0xff, 0xc1]] {
        let frame = [&(body.len() as u32).to_be_bytes()[..], body].concat();
        stranger.sends_bytes(&frame).unwrap();
    }
    stranger.sends(&Frame::Ping(1)).unwrap();
    assert_eq!(stranger.reads(), ["pong 1"]);
}

#[test]
fn any_other_unknown_kind_is_a_fault() {
    for kind in [15, 16, 63] {
        let mut stranger = Stranger::greets(quiet());
        assert_protocol_fault(
            stranger.sends_bytes(&[0, 0, 0, 2, 0x91, kind]),
            &format!("unknown kind {kind}"),
        );
    }
}

#[test]
fn bytes_that_are_no_frame_are_a_fault() {
    for body in [
        &[][..],
        &[0xc0],
        &[0x90],
        &[0x91, 0xa1, b'x'],
        &[0x94, 0, 0, 0],
    ] {
        let mut stranger = Stranger::greets(quiet());
        let frame = [&(body.len() as u32).to_be_bytes()[..], body].concat();
        assert_protocol_fault(stranger.sends_bytes(&frame), "");
    }
}

#[test]
fn a_frame_that_is_too_long_is_refused_before_it_has_come() {
    let mut stranger = Stranger::greets(limited(|limits| limits.max_frame = 2048));
    let fault = stranger.sends_bytes(&2049_u32.to_be_bytes()).unwrap_err();
    assert_eq!(fault.kind, ErrorKind::TooLarge);
    assert_eq!(
        fault.message,
        "a frame of 2049 bytes, where max_frame is 2048"
    );
}

#[test]
fn arguments_that_are_nested_too_deep_are_a_fault() {
    let mut stranger = Stranger::greets(limited(|limits| limits.max_nesting = 2));
    let frame = |params: &[u8]| {
        let head = [0x9a, 0, 0xc0, 1, 0xa1, b'S', 7, 0xc0, 0xc0, 0xc0, 0x90];
        let length = (head.len() + params.len()) as u32;
        [&length.to_be_bytes()[..], &head, params].concat()
    };
    stranger
        .sends_bytes(&frame(&[0x91, 0x91, 0x91, 0xc0]))
        .unwrap();
    assert_protocol_fault(
        stranger.sends_bytes(&frame(&[0x91, 0x91, 0x91, 0x91, 0xc0])),
        "nested deeper",
    );
}

#[test]
fn a_revocation_of_what_is_not_held_is_ignored() {
    let mut stranger = Stranger::greets(quiet());
    let frame = Frame::Revoke {
        object: ObjectId::of(5),
        reason: "gone",
    };
    stranger.sends(&frame).unwrap();
}

#[test]
fn an_object_that_was_revoked_must_not_be_introduced_again() {
    let mut stranger = Stranger::greets(quiet());
    let passes = |id| request_of(id, SERVICE, None, vec![introduces(5)]);
    stranger.sends(&passes(1)).unwrap();
    let revoke = Frame::Revoke {
        object: ObjectId::of(5),
        reason: "gone",
    };
    stranger.sends(&revoke).unwrap();
    assert_protocol_fault(
        stranger.sends(&passes(2)),
        "object 5 was introduced again after it had been revoked",
    );
}

#[test]
fn a_passed_back_object_of_nobody_does_not_end_the_session() {
    let mut stranger = Stranger::greets(quiet());
    stranger.end.submit(Outgoing::to_service("S")).unwrap();
    stranger.sends(&response(1, vec![returns(4)])).unwrap();
    stranger.sends(&Frame::Ping(1)).unwrap();
}

#[test]
fn an_abort_is_passed_on_with_its_kind() {
    let mut stranger = Stranger::greets(quiet());
    let abort = Frame::Abort {
        kind: "Overloaded",
        message: "enough",
    };
    let fault = stranger.sends(&abort).unwrap_err();
    assert_eq!(fault.kind, ErrorKind::Overloaded);
    assert_eq!(fault.message, "the peer ended the connection: enough");
    stranger.end.give_up(fault);
    assert!(stranger.reads().is_empty(), "it needs no answer");
}
