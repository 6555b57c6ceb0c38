//! A session that goes on over another connection: what is sent again, what waits, who may.

use std::time::Duration;

use super::cable::{SESSION, asked, lasting, resumable};
use super::frames::in_words;
use super::outgoing::Outgoing;
use super::pair::{Pair, limited, quiet};
use super::stranger::{Stranger, assert_protocol_fault, request};
use crate::error::{Error, ErrorKind};
use crate::frame::{Ack, Frame, Greeting, Resume, Ticket, Token};
use crate::limits::Limits;
use crate::proto::Side;

fn call(pair: &mut Pair, number: u32) -> super::end::Ticket {
    let call = Outgoing::to_service("S").number(number);
    pair.client.submit(call).expect("it can be made")
}

#[test]
fn both_ends_have_to_want_it() {
    for (client, server) in [(true, false), (false, true)] {
        let config = |wants| if wants { resumable(quiet()) } else { quiet() };
        let mut pair = Pair::unopened(config(client), config(server));
        pair.server.core.offer(Ticket {
            session: SESSION,
            token: Token([0; 32]),
        });
        pair.exchange();
        assert!(pair.client.opened && pair.server.opened);
        assert_eq!(pair.client.core.grace(), None);
        assert_eq!(pair.server.core.grace(), None);
        assert_eq!(pair.client.core.peer().ticket, None, "nobody needs it");
    }
}

#[test]
fn the_shorter_grace_counts() {
    let mut client = resumable(quiet());
    client.resume = Some(Duration::from_secs(3));
    let pair = Pair::resumable(client, quiet());
    assert_eq!(pair.client.core.grace(), Some(Duration::from_secs(10)));

    let mut pair = Pair::unopened(client, resumable(quiet()));
    pair.server.core.offer(Ticket {
        session: SESSION,
        token: Token([0; 32]),
    });
    pair.exchange();
    for end in [&pair.client, &pair.server] {
        assert_eq!(end.core.grace(), Some(Duration::from_secs(3)));
    }
}

#[test]
fn what_was_lost_arrives_once() {
    let mut pair = lasting();
    let first = call(&mut pair, 1);
    pair.exchange();
    let second = call(&mut pair, 2);
    pair.send_from(Side::Connecting);
    pair.cut_and_mend();
    assert_eq!(pair.server.numbers(), [1, 2]);
    let (one, two) = (pair.server.next_call(), pair.server.next_call());
    pair.server.answer(two, 0);
    pair.send_from(Side::Accepting);
    pair.cut_and_mend();
    pair.server.answer(one, 0);
    pair.cut_and_mend();
    for ticket in [first, second] {
        assert!(pair.client.outcome(&ticket).is_some());
        pair.client.let_go(ticket);
    }
    pair.assert_tables_are_empty();
}

#[test]
fn a_frame_that_is_cut_anywhere_arrives_whole() {
    let mut length = 1;
    loop {
        let mut pair = lasting();
        let ticket = call(&mut pair, 7);
        pair.send_from(Side::Connecting);
        let all = pair.wire_from(Side::Connecting).transit.len();
        pair.deliver_from(Side::Connecting, length).unwrap();
        pair.cut_and_mend();
        assert_eq!(pair.server.numbers(), [7], "cut after {length} bytes");
        let call = pair.server.next_call();
        pair.server.answer(call, 0);
        pair.exchange();
        assert!(pair.client.outcome(&ticket).is_some());
        pair.client.let_go(ticket);
        pair.assert_tables_are_empty();
        if length == all {
            break;
        }
        length += 1;
    }
}

#[test]
fn calls_that_are_made_without_a_connection_are_sent_later() {
    let mut pair = lasting();
    pair.cut();
    pair.client.suspend();
    let ticket = call(&mut pair, 1);
    assert!(!pair.client.core.has_output(), "there is nowhere to write");
    assert!(pair.client.take_output().is_empty());
    assert_eq!(pair.client.core.timeout(), None, "the heartbeat rests");
    pair.meet_again().unwrap();
    pair.exchange();
    assert_eq!(pair.server.numbers(), [1]);
    pair.client.cancel(ticket);
    pair.cut_and_mend();
    assert_eq!(pair.server.cancelled.len(), 1);
    let call = pair.server.next_call();
    pair.server.answer(call, 0);
    pair.exchange();
    pair.assert_tables_are_empty();
}

#[test]
fn credit_that_was_lost_is_told_again() {
    let config = limited(|limits| {
        limits.max_calls = 2;
        limits.max_object_calls = 1;
    });
    let mut pair = Pair::resumable(quiet(), config);
    let (listener, proxy) = pair.introduce_from(Side::Accepting);
    let event = |number| Outgoing::to_object(&proxy).one_way().number(number);
    pair.client.submit(event(1)).unwrap();
    pair.exchange();
    let waiting = pair.client.submit(event(2)).unwrap();
    assert!(!waiting.sent);
    let call = pair.server.next_call();
    pair.server.answer(call, 0);
    pair.send_from(Side::Accepting);
    pair.cut_and_mend();
    assert_eq!(pair.server.numbers(), [2]);
    let call = pair.server.next_call();
    pair.server.answer(call, 0);
    pair.cut_and_mend();
    pair.client.let_go((waiting, proxy));
    pair.exchange();
    drop(listener);
    pair.assert_tables_are_empty();
}

#[test]
fn a_full_buffer_lets_calls_wait_and_answers_pass() {
    let mut pair = Pair::resumable(limited(|limits| limits.max_replay_bytes = 40), quiet());
    let _held = pair.server.submit(Outgoing::to_service("S")).unwrap();
    pair.exchange();
    let sent: Vec<_> = (0..10).map(|number| call(&mut pair, number)).collect();
    let at_once = sent.iter().filter(|ticket| ticket.sent).count();
    assert!((1..10).contains(&at_once), "{at_once} of 10");
    pair.send_from(Side::Connecting);
    assert!(pair.client.core.is_congested());
    // Nothing is acknowledged yet, and an answer goes all the same.
    let incoming = pair.client.next_call();
    pair.client.answer(incoming, 0);
    pair.exchange();
    // The peer has been told how little that is, and acknowledges in time.
    assert_eq!(pair.server.numbers(), (0..10).collect::<Vec<_>>());
    assert!(!pair.client.core.is_congested());
}

#[test]
fn too_much_to_say_without_a_connection_is_noticed() {
    let mut pair = Pair::resumable(quiet(), limited(|limits| limits.max_replay_bytes = 100));
    for number in 0..20 {
        let _ticket = call(&mut pair, number);
    }
    pair.exchange();
    pair.server.suspend();
    let mut answered = 0;
    while !pair.server.core.has_overflowed() {
        assert!(!pair.server.core.has_output());
        let call = pair.server.next_call();
        pair.server.answer(call, 0);
        answered += 1;
    }
    assert!(answered > 5, "{answered}");
    assert!(pair.server.core.has_output(), "somebody has to see to it");
}

#[test]
fn what_a_lost_session_had_to_say_is_lost_with_it() {
    let mut pair = lasting();
    let _sent = call(&mut pair, 1);
    pair.send_from(Side::Connecting);
    pair.client.suspend();
    let _unsent = call(&mut pair, 2);
    let before = pair.client.counts();
    assert!(before.queued_bytes > 0 && before.unacknowledged_bytes > 0);
    pair.client
        .end(Error::new(ErrorKind::SessionLost, "nobody came back"));
    let counts = pair.client.counts();
    assert_eq!((counts.queued_bytes, counts.unacknowledged_bytes), (0, 0));
    assert!(!pair.client.core.has_output());
}

#[test]
fn acks_come_in_time_and_by_themselves() {
    let mut pair = lasting();
    let _ticket = call(&mut pair, 1);
    pair.exchange();
    assert!(pair.client.counts().unacknowledged_bytes > 0);
    assert!(!pair.server.core.has_output());
    let at = pair.server.core.timeout().expect("an ack is to be sent");
    pair.clock.advance(at - pair.clock.now());
    pair.server.look_at_the_clock().unwrap();
    assert_eq!(pair.server.core.timeout(), None, "nobody asks twice");
    pair.exchange();
    assert_eq!(pair.client.counts().unacknowledged_bytes, 0);
    assert_eq!(pair.server.core.timeout(), None);
}

#[test]
fn what_comes_is_acknowledged_while_much_is_sent_again() {
    // The server keeps next to nothing, so each of its frames is to be acknowledged at once.
    let mut pair = Pair::resumable(quiet(), limited(|limits| limits.max_replay_bytes = 2));
    for number in 0..3 {
        let _ticket = call(&mut pair, number);
        pair.send_from(Side::Connecting); // each by itself, and all of it is lost
    }
    pair.cut();
    pair.meet_again().unwrap();
    let _call = pair.server.submit(Outgoing::to_service("S")).unwrap();
    pair.send_from(Side::Accepting);
    let all = pair.wire_from(Side::Accepting).transit.len();
    pair.deliver_from(Side::Accepting, all).unwrap();
    let mut written = Vec::new();
    while pair.client.core.has_output() {
        let piece = pair.client.take_output();
        written.extend(in_words(&piece));
        pair.wire_from(Side::Connecting).transit.unsplit(piece);
    }
    let at = |what: &str| written.iter().position(|word| word.starts_with(what));
    assert_eq!(at("ack 1, next 1"), Some(1), "{written:?}");
    assert!(at("request 3") > at("request 2"), "{written:?}");
    pair.exchange();
    assert_eq!(pair.server.numbers(), [0, 1, 2]);
}

#[test]
fn a_token_is_good_until_the_next_one_has_arrived() {
    let mut pair = lasting();
    let first = asked(&pair.client).ticket.token;
    // Answer after answer is lost, and the client comes with what it has.
    for _ in 0..40 {
        pair.cut();
        pair.answer_the_client().unwrap();
        assert!(pair.server.core.admits(&first));
    }
    pair.cut();
    pair.meet_again().unwrap();
    let second = asked(&pair.client).ticket.token;
    assert!(pair.server.core.admits(&first) && pair.server.core.admits(&second));
    pair.exchange();
    assert!(!pair.server.core.admits(&first));
    assert!(pair.server.core.admits(&second));
    assert!(!pair.server.core.admits(&Token([99; 32])));
    // It comes with the one whose arrival was not proved, after a late connection with the one before.
    pair.cut();
    pair.meet_again().unwrap();
    let late = Resume {
        ticket: Ticket {
            session: SESSION,
            token: second,
        },
        received: 0,
    };
    pair.server.suspend();
    pair.server.go_on(&late, Some(Token([98; 32]))).unwrap();
    pair.server.take_output();
    let third = asked(&pair.client).ticket.token;
    assert!(pair.server.core.admits(&third));
    pair.cut();
    pair.meet_again().unwrap();
    pair.exchange();
    assert!(!pair.server.core.admits(&third));
}

#[test]
fn who_leaves_hears_over_another_connection_that_it_is_known() {
    let mut pair = lasting();
    pair.server.leave_in_good_order();
    pair.send_from(Side::Accepting);
    pair.deliver_from(Side::Accepting, usize::MAX).unwrap();
    pair.cut();
    assert!(!pair.server.core.has_served_out());
    pair.meet_again().unwrap();
    pair.exchange();
    assert!(pair.server.core.has_served_out());
}

#[test]
fn who_leaves_asks_once_however_often_its_answer_is_lost() {
    let mut pair = lasting();
    pair.server.leave_in_good_order();
    pair.cut();
    for _ in 0..200 {
        pair.answer_the_client().unwrap();
        pair.server.take_output();
    }
    pair.meet_again().unwrap();
    pair.exchange(); // of so many pings the client would think that they are an attack
    assert!(pair.server.core.has_served_out());
}

#[test]
fn a_goodbye_is_told_from_a_broken_connection() {
    let mut pair = lasting();
    pair.client.say_goodbye();
    pair.send_from(Side::Connecting);
    let fault = pair.deliver_from(Side::Connecting, usize::MAX).unwrap_err();
    assert_eq!(fault.kind, crate::ErrorKind::Closed);
    assert!(fault.from_peer);
}

/// A server whose client is the test.
fn stranger() -> Stranger {
    let mut stranger = Stranger::unopened(resumable(quiet()));
    stranger.end.core.offer(Ticket {
        session: SESSION,
        token: Token([0; 32]),
    });
    let greeting = Greeting {
        resume: 1000,
        ..Greeting::new(&Limits::default(), 0, false)
    };
    stranger
        .sends_bytes(&crate::frame::preface::PREFACE)
        .unwrap();
    stranger.sends(&Frame::Hello(greeting)).unwrap();
    stranger.reads();
    stranger
}

/// The same, after another connection was made.
fn returned(received: u64) -> Stranger {
    let mut stranger = stranger();
    stranger.sends(&request(1)).unwrap();
    stranger.end.suspend();
    let ticket = Ticket {
        session: SESSION,
        token: Token([0; 32]),
    };
    let resume = Resume { ticket, received };
    stranger.end.go_on(&resume, Some(Token([1; 32]))).unwrap();
    assert_eq!(
        stranger.reads(),
        ["preface", "resume, received 1", "ack 1, next 1"]
    );
    stranger
}

fn ack(received: u64, next: u64) -> Frame<'static> {
    Frame::Ack(Ack { received, next })
}

#[test]
fn a_resumed_connection_begins_with_an_ack() {
    let mut stranger = returned(0);
    assert_protocol_fault(stranger.sends(&request(2)), "begins with an ack");
}

#[test]
fn frames_that_came_before_are_skipped() {
    let mut stranger = returned(0);
    stranger.sends(&ack(0, 1)).unwrap();
    stranger.sends(&request(1)).unwrap();
    assert_eq!(stranger.end.arrived.len(), 1, "once is enough");
    stranger.sends(&ack(0, 2)).unwrap();
    stranger.sends(&request(2)).unwrap();
    assert_eq!(stranger.end.arrived.len(), 2);
}

#[test]
fn numbers_that_cannot_be_are_faults() {
    assert_protocol_fault(returned(0).sends(&ack(0, 3)), "2 is missing");
    assert_protocol_fault(returned(0).sends(&ack(0, 0)), "2 is missing");
    assert_protocol_fault(returned(0).sends(&ack(0, u64::MAX)), "2 is missing");
    assert_protocol_fault(returned(0).sends(&ack(1, 2)), "an ack for frame 1");
    let mut late = stranger();
    assert_protocol_fault(late.sends(&ack(0, 2)), "counts 2 as the next frame");
    let mut before = Stranger::greets(quiet());
    assert_protocol_fault(before.sends(&ack(0, 1)), "no resume is agreed on");
    // What it says to have received at the beginning is no better.
    let mut stranger = stranger();
    stranger.end.suspend();
    let ticket = Ticket {
        session: SESSION,
        token: Token([0; 32]),
    };
    let resume = Resume {
        ticket,
        received: 1,
    };
    assert_protocol_fault(stranger.end.go_on(&resume, None), "an ack for frame 1");
}

#[test]
fn an_ack_does_not_wait_for_large_payloads() {
    let mut pair = lasting();
    call(&mut pair, 1);
    pair.exchange();
    pair.clock.advance(Duration::from_millis(100)); // the ack is due
    pair.server.look_at_the_clock().unwrap();
    let mut frames = Vec::new();
    // Each time that the transport has taken one of them there is another one.
    for number in 0..10 {
        for in_two_pieces in [2 * number + 1, 2 * number + 3] {
            let large = Outgoing::to_service("S").one_way().number(in_two_pieces);
            pair.server.submit(large).expect("it is sent");
        }
        frames.extend(in_words(&pair.server.take_output()));
    }
    let acks = frames.iter().filter(|frame| frame.starts_with("ack"));
    assert_eq!(acks.count(), 1, "{frames:?}");
}

#[test]
fn a_resume_is_handed_over_with_what_follows_it() {
    let mut stranger = Stranger::unopened(quiet());
    let resume = Resume {
        ticket: Ticket {
            session: 1,
            token: Token([5; 32]),
        },
        received: 3,
    };
    let mut bytes = bytes::BytesMut::from(&crate::frame::preface::PREFACE[..]);
    resume.write(&mut bytes);
    bytes.extend_from_slice(b"more");
    stranger.end.receive(&mut bytes).unwrap();
    assert_eq!(stranger.end.trace, ["resume"]);
    assert_eq!(&bytes[..], b"more");
}
