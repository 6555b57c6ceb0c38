//! One end, and any bytes.

use std::time::Instant;

use bytes::{Bytes, BytesMut};

use crate::attached::{Object, Tester};
use crate::frame::Greeting;
use crate::frame::preface::PREFACE;
use crate::limits::Limits;
use crate::proto::{Config, Connection, Event, IncomingTarget, Output, Received, Side};
use crate::session::greeting;

/// The same bytes give the same events, the same fault and the same answer, however they are cut.
///
/// The first byte says which end it is, and whether the greetings are over; the second one in which pieces the rest
/// arrives.
pub fn any_stream(data: &[u8]) {
    let [kind, pieces, bytes @ ..] = data else {
        return;
    };
    let side = match kind & 1 {
        0 => Side::Accepting,
        _ => Side::Connecting,
    };
    let is_greeted = kind & 2 == 0;
    let whole = receive(side, is_greeted, bytes, |rest| rest);
    let begins = bytes.len().min(PREFACE.len());
    if !is_greeted && bytes[..begins] != PREFACE[..begins] {
        return; // what a stranger looks like depends on how much of it is known
    }
    let mut state = u32::from(*pieces) | 0x100;
    let cut = receive(side, is_greeted, bytes, |rest| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (1 + state as usize % 40).min(rest)
    });
    assert_eq!(whole, cut);
}

/// What came of the bytes, in words.
fn receive(
    side: Side,
    is_greeted: bool,
    mut bytes: &[u8],
    mut piece: impl FnMut(usize) -> usize,
) -> Vec<String> {
    let limits = Limits {
        max_frame: 4096,
        max_calls: 16,
        max_callbacks: 8,
        ..Limits::default()
    };
    let config = Config {
        limits,
        ..Config::default()
    };
    let now = Instant::now();
    let mut core = Connection::<Tester>::new(side, config, now);
    let mut input = BytesMut::new();
    if is_greeted {
        input = greeting(side, &Greeting::new(&limits, 0, false));
        assert!(core.receive(&mut input, now).is_ok());
    }
    let (mut came, mut frames) = (Vec::new(), Bytes::new());
    while !bytes.is_empty() {
        let length = piece(bytes.len());
        input.extend_from_slice(&bytes[..length]);
        bytes = &bytes[length..];
        let received = core.receive(&mut input, now);
        let mut events = Default::default();
        core.take_events(&mut events);
        came.extend(
            events
                .into_iter()
                .filter_map(|event| in_words(event, &mut frames)),
        );
        drop(core.take_garbage());
        let counts = core.counts();
        assert!(counts.imports <= 8 && counts.served <= 16 && counts.admitted <= 16);
        if let Err(fault) = received {
            came.push(format!("{:?}: {}", fault.kind, fault.message));
            core.abort(&fault);
            core.end(fault.into_error());
            break;
        }
    }
    let mut output = Output::default();
    core.take_output(&mut output, || now);
    let mut bytes = BytesMut::new();
    output.append_to(&mut bytes);
    came.push(format!("{:02x?}", &bytes[..]));
    came
}

/// `frames` is that in which calls lie. In which pieces they come is not to be seen.
fn in_words(event: Event<Tester>, frames: &mut Bytes) -> Option<String> {
    let table = |references: Vec<Received<Tester>>| -> Vec<String> {
        let word = |received| match received {
            Received::Theirs(id) => format!("theirs {id}"),
            Received::Ours(_) => "ours".to_owned(),
            Received::Unknown(id) => format!("unknown {id}"),
        };
        references.into_iter().map(word).collect()
    };
    Some(match event {
        Event::Frames(all) => {
            *frames = all;
            return None;
        }
        Event::Released => return None,
        Event::Opened => "opened".to_owned(),
        Event::Resume(resume) => format!("{resume:?}"),
        Event::Call(call) => {
            let params = frames.slice(call.params);
            let target = match &call.target {
                IncomingTarget::Service(name) => format!("{:?}", frames.slice(name.clone())),
                IncomingTarget::Object(id, None | Some(Object::Own(_) | Object::Peers(_))) => {
                    format!("{id}")
                }
                IncomingTarget::Unknown(id) => format!("unknown {id}"),
            };
            let extras = call
                .extras
                .map(|it| (it.left, it.metadata, table(it.references)));
            format!(
                "call {:?} of {target}, {} {extras:?} {params:?}",
                call.id, call.method,
            )
        }
        Event::Cancelled(id) => format!("cancelled {id}"),
        Event::Reply {
            status,
            value,
            references,
            ..
        } => format!("reply {status:?} {value:?} {:?}", table(references)),
        Event::Entered(_) => "entered".to_owned(),
        Event::Failed(..) => "failed".to_owned(),
        Event::ObjectClosed(_) => "closed".to_owned(),
    })
}
