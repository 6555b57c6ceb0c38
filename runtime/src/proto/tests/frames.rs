//! Bytes in words, so that a test can say what it expects.

use bytes::BytesMut;

use crate::frame::preface::PREFACE;
use crate::frame::{Failure, Frame, Reference, Request, Response, Status, Target, read, split};

/// The frames in a piece of the stream, which has to end with a whole one.
pub(super) fn in_words(bytes: &[u8]) -> Vec<String> {
    let mut rest = BytesMut::from(bytes);
    let mut words = Vec::new();
    if rest.starts_with(&PREFACE) {
        let _ = rest.split_to(PREFACE.len());
        words.push("preface".to_owned());
    }
    while let Some(frame) = split(&mut rest, usize::MAX).expect("any length will do") {
        words.push(describe(
            &read(&frame, 64).expect("the frame is well-formed"),
        ));
    }
    assert!(rest.is_empty(), "the last frame is not whole");
    words
}

fn describe(frame: &Frame<'_>) -> String {
    match frame {
        Frame::Request(call) => describe_call("request", call),
        Frame::Notification(call) => describe_call("notification", call),
        Frame::Response(response) => describe_response(response),
        Frame::Cancel { id } => format!("cancel {id}"),
        Frame::Release { object, count } => format!("release {object}, {count} times"),
        Frame::Revoke { object, reason } => format!("revoke {object}: {reason}"),
        Frame::Credit(credit) => {
            let mut words = format!("credit {}", credit.finished);
            for (object, finished) in &credit.objects {
                words += &format!(", object {object}: {finished}");
            }
            words
        }
        Frame::Ping(token) => format!("ping {token}"),
        Frame::Pong(token) => format!("pong {token}"),
        Frame::Hello(_) => "hello".to_owned(),
        Frame::Welcome(_) => "welcome".to_owned(),
        Frame::Ack(ack) => format!("ack {}, next {}", ack.received, ack.next),
        Frame::Resume(resume) => format!("resume, received {}", resume.received),
        Frame::Goaway { reason } => format!("goaway: {reason}"),
        Frame::Abort { kind, message } => format!("abort {kind}: {message}"),
        Frame::Optional(kind) => format!("optional {kind}"),
    }
}

fn describe_call(kind: &str, call: &Request<'_>) -> String {
    let mut words = kind.to_owned();
    if let Some(id) = call.id {
        words += &format!(" {id}");
    }
    words += &match call.target {
        Target::Service(name) => format!(" to {name}"),
        Target::Object(id) => format!(" to object {id}"),
    };
    if let Some(parent) = call.parent {
        words += &format!(" inside {parent}");
    }
    words + &describe_references(&call.references)
}

fn describe_response(response: &Response<'_>) -> String {
    let mut words = format!("response {}: {:?}", response.id, response.status);
    if response.status == Status::Failed {
        let failure = Failure::read(response.value).expect("the frame was read");
        words += &format!(", {}: {}", failure.kind, failure.message);
    }
    words + &describe_references(&response.references)
}

fn describe_references(references: &[Reference]) -> String {
    references
        .iter()
        .map(|reference| match reference {
            Reference::Introduced(id) => format!(", introduces {id}"),
            Reference::Returned(id) => format!(", returns {id}"),
        })
        .collect()
}
