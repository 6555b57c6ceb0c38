//! The end of a session: nothing is left in it, and nobody goes on waiting.

use std::rc::Rc;

use bytes::BytesMut;

use super::attached::{Ledger, Outcome};
use super::end::{End, Ticket};
use super::outgoing::{Outgoing, own};
use super::pair::{Pair, limited, quiet};
use super::stranger::{Stranger, introduces, release, request_of, response, returns};
use crate::error::{Error, ErrorKind};
use crate::frame::sample::write_frame;
use crate::frame::{Frame, Target};
use crate::id::{ObjectId, RequestId};
use crate::proto::connection::Counts;
use crate::proto::{Fault, Overflow, Rejected, Side};

fn cut() -> Error {
    Error::new(ErrorKind::Closed, "the line is cut")
}

fn assert_ended(end: &End, ticket: &Ticket) {
    match end.outcome(ticket) {
        Some(Outcome::Ended(error)) => assert_eq!(error.to_string(), "the line is cut"),
        _ => panic!("the caller was not told of the end"),
    }
}

#[test]
fn the_end_empties_every_table_and_tells_everybody() {
    let one_call = limited(|limits| limits.max_calls = 1);
    let mut pair = Pair::open(one_call, quiet());
    let (_theirs, proxy) = pair.introduce_from(Side::Connecting);
    let watch = pair.server.watch(proxy.id);
    let passed = pair.server.listener();
    let number = passed.number;
    // One call is sent, one waits for credit, one waits one-way, and one of the peer is handled.
    let sent = Outgoing::to_object(&proxy).passing(own(&passed));
    let sent = pair.server.submit(sent).unwrap();
    let waiting = Outgoing::to_service("S").passing(own(&passed));
    let waiting = pair.server.submit(waiting).unwrap();
    let one_way = pair.server.submit(Outgoing::to_service("S").one_way());
    let one_way = one_way.unwrap();
    let event = Outgoing::to_object(&proxy)
        .one_way()
        .overflow(Overflow::Latest);
    let event = event.passing(own(&passed));
    pair.server.submit(event).unwrap();
    drop(passed);
    pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.client
        .submit(Outgoing::to_service("S").one_way())
        .unwrap();
    pair.exchange();
    let counts = pair.server.counts();
    assert_eq!((counts.calls, counts.served), (4, 1));
    assert_eq!((counts.exports, counts.imports), (1, 1));
    assert_eq!((counts.outstanding, counts.admitted), (1, 2));

    pair.server.end(cut());
    assert_eq!(pair.server.counts(), Counts::default());
    for ticket in [sent, waiting, one_way] {
        assert_ended(&pair.server, &ticket);
    }
    assert_eq!(watch.told.get(), 1);
    assert_eq!(pair.ledger.destroyed(number), 1);
    pair.ledger.assert_nothing_was_destroyed_under_lock();
}

#[test]
fn calls_after_the_end_fail_with_its_error() {
    let mut pair = Pair::open(quiet(), quiet());
    pair.client.end(cut());
    let listener = pair.client.listener();
    let number = listener.number;
    let call = Outgoing::to_service("S").passing(own(&listener));
    drop(listener);
    match pair.client.submit(call) {
        Err(Rejected::Closed(error)) => assert_eq!(error.to_string(), "the line is cut"),
        _ => panic!("the call was made"),
    }
    assert_eq!(pair.ledger.destroyed(number), 1);
}

#[test]
fn the_first_end_is_the_one_that_counts() {
    let mut pair = Pair::open(quiet(), quiet());
    let ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.client.end(cut());
    pair.client
        .end(Error::new(ErrorKind::Protocol, "something else"));
    assert_ended(&pair.client, &ticket);
    assert_eq!(pair.client.core.ended().unwrap().kind(), ErrorKind::Closed);
}

#[test]
fn nothing_that_is_done_after_the_end_writes_anything() {
    let mut pair = Pair::open(quiet(), quiet());
    let (_theirs, proxy) = pair.introduce_from(Side::Connecting);
    let (own, _kept) = pair.introduce_from(Side::Accepting);
    let ticket = pair.server.submit(Outgoing::to_object(&proxy)).unwrap();
    pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.client
        .submit(Outgoing::to_service("S").one_way())
        .unwrap();
    pair.exchange();
    pair.server.end(cut());
    pair.server.take_output();

    let calls = [(); 3].map(|()| pair.server.next_call());
    let [answered, failed, one_way] = calls;
    pair.server.answer(answered, 0);
    pair.server.fail(failed, ErrorKind::Cancelled, "too late");
    pair.server.answer(one_way, 0);
    pair.server.revoke(&own, "too late");
    pair.server.cancel(ticket);
    pair.server.let_go(proxy);
    pair.clock.advance(std::time::Duration::from_secs(1000));
    pair.server.look_at_the_clock().unwrap();
    assert_eq!(pair.server.core.timeout(), None);
    let mut input = BytesMut::from(&b"whatever this is"[..]);
    pair.server.receive(&mut input).unwrap();
    assert!(input.is_empty());
    assert_eq!(pair.server.counts(), Counts::default());
}

#[test]
fn a_fault_is_told_to_the_peer_behind_all_that_was_said_before() {
    let mut pair = Pair::open(quiet(), quiet());
    pair.client.submit(Outgoing::to_service("S")).unwrap();
    let fault = Fault::protocol("that was too much");
    pair.client.give_up(fault);
    pair.send_from(Side::Connecting);
    assert_eq!(
        pair.in_transit_from(Side::Connecting),
        ["request 1 to S", "abort Protocol: that was too much"]
    );
    let fault = pair.deliver_from(Side::Connecting, usize::MAX).unwrap_err();
    assert_eq!(fault.kind, ErrorKind::Protocol);
    assert!(fault.from_peer);
    assert_eq!(pair.server.arrived.len(), 1);
}

#[test]
fn the_end_before_the_handshake_tells_those_who_wait() {
    let mut pair = Pair::unopened(quiet(), quiet());
    let ticket = pair.client.submit(Outgoing::to_service("S")).unwrap();
    pair.client.end(cut());
    assert_ended(&pair.client, &ticket);
}

/// What has happened and nobody has acted on yet when the end comes.
#[test]
fn the_end_tells_those_of_whom_an_event_still_speaks() {
    let mut stranger = Stranger::greets(limited(|limits| limits.max_callbacks = 1));
    let listener = stranger.end.listener();
    let number = listener.number;
    let call = Outgoing::to_service("S").passing(own(&listener));
    drop(listener);
    let ticket = stranger.end.submit(call).unwrap();
    let mut bytes = BytesMut::new();
    for frame in [
        request_of(
            1,
            Target::Object(ObjectId::of(1)),
            None,
            vec![returns(1), introduces(1)],
        ),
        response(1, vec![returns(1)]),
        release(1, 1),
        Frame::Cancel { id: RequestId(1) },
    ] {
        write_frame(&mut bytes, &frame);
    }
    let now = stranger.clock.now();
    stranger.end.core.receive(&mut bytes, now).unwrap();
    assert!(!stranger.end.ledger.was_told(ticket.caller.unwrap()));

    stranger.end.end(cut());
    assert_ended(&stranger.end, &ticket);
    assert!(stranger.end.arrived.is_empty());
    assert_eq!(stranger.end.ledger.destroyed(number), 1);
    stranger.end.take_output();
    assert_eq!(stranger.end.counts(), Counts::default());
}

#[test]
fn the_end_tells_those_whose_object_was_closed_a_moment_ago() {
    let mut pair = Pair::open(limited(|limits| limits.max_object_calls = 1), quiet());
    let (_listener, proxy) = pair.introduce_from(Side::Connecting);
    let watch = pair.server.watch(proxy.id);
    let to_object = || Outgoing::to_object(&proxy);
    let _sent = pair.server.submit(to_object()).unwrap();
    let waiting = pair.server.submit(to_object()).unwrap();
    let now = pair.clock.now();
    let mut event = to_object().one_way().overflow(Overflow::Close);
    let core = &mut pair.server.core;
    assert!(
        core.submit(&mut event.as_new_call(), || unreachable!(), || now)
            .is_err()
    );
    pair.server.end(cut());
    assert_ended(&pair.server, &waiting);
    assert_eq!(watch.told.get(), 1);
}

#[test]
fn a_ledger_of_its_own_notices_what_is_destroyed_under_a_lock() {
    let ledger = Rc::<Ledger>::default();
    let listener = ledger.listener();
    ledger.lock(true);
    drop(listener);
    ledger.lock(false);
    let noticed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        ledger.assert_nothing_was_destroyed_under_lock();
    }));
    assert!(noticed.is_err());
}
