//! What a peer may send that it should not, one frame at a time, and what becomes of it.

use super::outgoing::{Outgoing, own};
use super::pair::{limited, quiet};
use super::stranger::{
    Stranger, introduces, notification, release, request, request_of, response, returns,
};
use crate::error::ErrorKind;
use crate::frame::{Credit, Frame, Target};
use crate::id::{ObjectId, RequestId};
use crate::proto::Fault;

const SERVICE: Target<'static> = Target::Service("S");

/// The peer broke the protocol in a way of which the message tells.
fn assert_protocol_fault(received: Result<(), Fault>, tells: &str) {
    let fault = received.expect_err(tells);
    assert_eq!(fault.kind, ErrorKind::Protocol, "{fault:?}");
    assert!(fault.message.contains(tells), "{fault:?}");
    assert!(!fault.from_peer);
}

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
    assert_protocol_fault(
        stranger.sends(&response(ticket.id.0, Vec::new())),
        "not outstanding",
    );
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
    assert_eq!(stranger.end.cancelled, [RequestId(1), RequestId(1)]);
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
fn each_ping_is_answered_in_turn() {
    let mut stranger = Stranger::greets(quiet());
    for token in [3, u64::MAX, 1] {
        stranger.sends(&Frame::Ping(token)).unwrap();
    }
    assert_eq!(
        stranger.reads(),
        ["pong 3", "pong 18446744073709551615", "pong 1"]
    );
}

#[test]
fn a_pong_that_nobody_asked_for_is_ignored() {
    let mut stranger = Stranger::greets(quiet());
    stranger.sends(&Frame::Pong(3)).unwrap();
    assert!(stranger.reads().is_empty());
}

#[test]
fn who_asks_for_ever_and_never_reads_meets_an_end() {
    let mut stranger = Stranger::greets(limited(|limits| {
        limits.max_frame = 1024;
        limits.max_queued_bytes = 4096;
    }));
    let fault = (0..)
        .find_map(|token| stranger.sends(&Frame::Ping(token)).err())
        .unwrap();
    assert_eq!(fault.kind, ErrorKind::Overloaded);
    let queued = stranger.end.counts().queued_bytes;
    assert!((8192..8300).contains(&queued), "{queued} bytes");
}

#[test]
fn limits_that_nothing_could_meet_are_none() {
    let mut stranger = Stranger::greets(limited(|limits| {
        limits.max_frame = usize::MAX;
        limits.max_queued_bytes = usize::MAX;
    }));
    stranger.sends(&Frame::Ping(1)).unwrap();
    assert_eq!(stranger.reads(), ["pong 1"]);
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
    for kind in [11, 12, 15, 63] {
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
fn a_one_way_call_that_names_a_parent_is_a_fault() {
    let mut stranger = Stranger::greets(quiet());
    stranger.end.submit(Outgoing::to_service("S")).unwrap();
    let Frame::Notification(call) = notification(SERVICE, Vec::new()) else {
        unreachable!("it is a notification");
    };
    let frame = Frame::Notification(crate::frame::Request {
        parent: Some(RequestId(1)),
        ..call
    });
    assert_protocol_fault(stranger.sends(&frame), "names a parent");
}

#[test]
fn a_parent_that_is_not_outstanding_is_a_fault() {
    let mut stranger = Stranger::greets(quiet());
    let inside = |id, parent| request_of(id, SERVICE, Some(parent), Vec::new());
    assert_protocol_fault(
        stranger.sends(&inside(1, 1)),
        "request 1 inside request 1, which is not outstanding",
    );

    let mut stranger = Stranger::greets(quiet());
    stranger.end.submit(Outgoing::to_service("S")).unwrap();
    stranger.sends(&response(1, Vec::new())).unwrap();
    assert_protocol_fault(stranger.sends(&inside(1, 1)), "not outstanding");
}

#[test]
fn a_parent_whose_place_is_held_is_a_fault() {
    let mut stranger = Stranger::greets(quiet());
    stranger.end.submit(Outgoing::to_service("S")).unwrap();
    let inside = |id| request_of(id, SERVICE, Some(1), Vec::new());
    stranger.sends(&inside(5)).unwrap();
    assert_protocol_fault(
        stranger.sends(&inside(6)),
        "request 6 inside request 1, whose place request 5 holds",
    );
}

#[test]
fn a_chain_of_calls_that_is_too_long_is_a_fault() {
    let mut stranger = Stranger::greets(limited(|limits| limits.max_call_depth = 3));
    let mut parent = stranger.end.submit(Outgoing::to_service("S")).unwrap().id;
    let inside = |id, parent: RequestId| request_of(id, SERVICE, Some(parent.0), Vec::new());
    // The first call has depth 0, its answers the odd depths, and this end's own the even ones.
    stranger.sends(&inside(1, parent)).unwrap();
    for id in 2..10 {
        let incoming = stranger.end.next_call();
        let call = Outgoing::to_service("S").inside(&incoming);
        parent = stranger.end.submit(call).unwrap().id;
        let received = stranger.sends(&inside(id, parent));
        if id == 3 {
            return assert_protocol_fault(received, "more than 3 calls inside each other");
        }
        received.unwrap();
    }
    panic!("there is no end to it");
}

#[test]
fn the_place_is_free_again_after_the_answer() {
    let mut stranger = Stranger::greets(quiet());
    stranger.end.submit(Outgoing::to_service("S")).unwrap();
    for id in 5..8 {
        stranger
            .sends(&request_of(id, SERVICE, Some(1), Vec::new()))
            .unwrap();
        let call = stranger.end.next_call();
        stranger.end.answer(call, 0);
    }
}

#[test]
fn calls_beyond_the_credit_are_a_fault() {
    for one_way in [false, true] {
        let mut stranger = Stranger::greets(limited(|limits| limits.max_calls = 3));
        let frame = |id| match one_way {
            true => notification(SERVICE, Vec::new()),
            false => request(id),
        };
        for id in 1..=3 {
            stranger.sends(&frame(id)).unwrap();
        }
        assert_protocol_fault(
            stranger.sends(&frame(4)),
            "more than 3 calls outstanding (max_calls)",
        );
    }
}

#[test]
fn a_cancelled_call_uses_credit_until_it_is_answered() {
    let mut stranger = Stranger::greets(limited(|limits| limits.max_calls = 1));
    stranger.sends(&request(1)).unwrap();
    stranger.sends(&Frame::Cancel { id: RequestId(1) }).unwrap();
    assert_eq!(stranger.end.counts().admitted, 1);
    assert_protocol_fault(stranger.sends(&request(2)), "max_calls");
}

#[test]
fn more_callbacks_than_granted_are_a_fault_of_their_own_kind() {
    let mut stranger = Stranger::greets(limited(|limits| limits.max_callbacks = 2));
    let passes = |id, references| request_of(id, SERVICE, None, references);
    stranger
        .sends(&passes(
            1,
            vec![introduces(1), introduces(2), introduces(1)],
        ))
        .unwrap();
    // What is known already makes no more of them.
    stranger.sends(&passes(2, vec![introduces(2)])).unwrap();
    let fault = stranger.sends(&passes(3, vec![introduces(3)])).unwrap_err();
    assert_eq!(fault.kind, ErrorKind::TooManyCallbacks);
    assert_eq!(fault.message, "more than 2 callbacks (max_callbacks)");
}

#[test]
fn objects_in_an_answer_count_as_well() {
    let mut stranger = Stranger::greets(limited(|limits| limits.max_callbacks = 1));
    stranger.end.submit(Outgoing::to_service("S")).unwrap();
    let fault = stranger
        .sends(&response(1, vec![introduces(1), introduces(2)]))
        .unwrap_err();
    assert_eq!(fault.kind, ErrorKind::TooManyCallbacks);
}

#[test]
fn credit_for_what_was_never_sent_is_a_fault() {
    let mut stranger = Stranger::greets(quiet());
    let credit = |finished| {
        Frame::Credit(Credit {
            finished,
            objects: Vec::new(),
        })
    };
    stranger.sends(&credit(0)).unwrap();
    stranger
        .end
        .submit(Outgoing::to_service("S").one_way())
        .unwrap();
    stranger.sends(&credit(1)).unwrap();
    stranger.sends(&credit(1)).unwrap();
    assert_eq!(stranger.end.counts().outstanding, 0);
    assert_protocol_fault(
        stranger.sends(&credit(2)),
        "credit for 2 finished notifications, and 1 were sent",
    );
}

#[test]
fn credit_for_an_object_that_is_not_held_is_ignored() {
    let mut stranger = Stranger::greets(quiet());
    let credit = Credit {
        finished: 0,
        objects: vec![(ObjectId(5), u64::MAX)],
    };
    stranger.sends(&Frame::Credit(credit)).unwrap();
}

#[test]
fn a_revocation_of_what_is_not_held_is_ignored() {
    let mut stranger = Stranger::greets(quiet());
    let frame = Frame::Revoke {
        object: ObjectId(5),
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
        object: ObjectId(5),
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
