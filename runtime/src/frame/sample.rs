//! Frames for tests: any frame at all, and the writer for each.

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;

/// Writes any frame that has a writer of its own.
pub(crate) fn write_frame(out: &mut BytesMut, frame: &Frame<'_>) -> usize {
    match frame {
        Frame::Request(call) | Frame::Notification(call) => write::request(out, call, 0),
        Frame::Response(answer) => write::response(out, answer, 0),
        Frame::Cancel { id } => write::cancel(out, *id),
        Frame::Release { object, count } => write::release(out, *object, *count),
        Frame::Revoke { object, reason } => write::revoke(out, *object, reason),
        Frame::Credit(credit) => write::credit(out, credit),
        Frame::Ping(token) => write::ping(out, *token),
        Frame::Pong(token) => write::pong(out, *token),
        Frame::Hello(greeting) => write::hello(out, greeting),
        Frame::Welcome(greeting) => write::welcome(out, greeting),
        Frame::Ack(ack) => ack.write(out),
        Frame::Resume(resume) => resume.write(out),
        Frame::Goaway { reason } => write::goaway(out, reason),
        Frame::Abort { kind, message } => write::abort(out, kind, message),
        Frame::Optional(kind) => unreachable!("this version writes no frame of kind {kind}"),
    }
}

/// The frame with its length, as it stands in the stream.
pub(crate) fn written(frame: &Frame<'_>) -> BytesMut {
    let mut out = BytesMut::new();
    let length = write_frame(&mut out, frame);
    assert_eq!(length + length::PREFIX, out.len());
    out
}

/// Numbers of every width, the narrow ones as often as the wide ones.
pub(crate) fn number() -> impl Strategy<Value = u64> {
    (any::<u64>(), 0..64u32).prop_map(|(number, shift)| number >> shift)
}

fn small() -> impl Strategy<Value = u32> {
    (any::<u32>(), 0..32u32).prop_map(|(number, shift)| number >> shift)
}

fn object() -> impl Strategy<Value = ObjectId> {
    number().prop_map(|number| ObjectId::of(number.clamp(1, ObjectId::MAX)))
}

/// Frames borrow; the few texts of a test may as well stay for good.
fn text() -> impl Strategy<Value = &'static str> {
    prop_oneof![9 => ".{0,12}", 1 => ".{20,300}"].prop_map(|text: String| &*text.leak())
}

fn references() -> impl Strategy<Value = Vec<Reference>> {
    let reference = prop_oneof![
        object().prop_map(Reference::Introduced),
        object().prop_map(Reference::Returned),
    ];
    vec(reference, 0..20)
}

fn metadata() -> impl Strategy<Value = Metadata<'static>> {
    vec((text(), text()), 0..20).prop_map(|pairs| {
        let encoded = metadata::encode(pairs).to_vec().leak();
        Metadata::new(encoded).expect("what was encoded is well-formed")
    })
}

/// One MessagePack value of any shape.
pub(crate) fn value() -> impl Strategy<Value = Vec<u8>> {
    let flat = prop_oneof![
        (0..=0x7fu8).prop_map(|small| vec![small]),
        Just(vec![0xc0]),
        any::<f64>().prop_map(|float| [&[0xcb][..], &float.to_be_bytes()].concat()),
        vec(any::<u8>(), 0..32).prop_map(|text| [&[0xa0 | text.len() as u8][..], &text].concat()),
        vec(any::<u8>(), 0..300).prop_map(|bin| [
            &[0xc5],
            &(bin.len() as u16).to_be_bytes()[..],
            &bin
        ]
        .concat()),
        any::<u8>().prop_map(|index| vec![0xd4, 0x01, index]),
    ];
    flat.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..8).prop_map(|items| [
                &[0x90 | items.len() as u8][..],
                &items.concat()
            ]
            .concat()),
            vec((inner.clone(), inner), 0..8).prop_map(|pairs| {
                let mut map = vec![0x80 | pairs.len() as u8];
                for (key, value) in pairs {
                    map.extend(key);
                    map.extend(value);
                }
                map
            }),
        ]
    })
}

fn params() -> impl Strategy<Value = &'static [u8]> {
    vec(value(), 0..5).prop_map(|arguments| {
        let mut params = vec![0x90 | arguments.len() as u8];
        params.extend(arguments.concat());
        &*params.leak()
    })
}

fn call() -> impl Strategy<Value = Request<'static>> {
    let target = prop_oneof![
        text().prop_map(Target::Service),
        object().prop_map(Target::Object)
    ];
    let head = (
        target,
        any::<u32>(),
        option::of(number().prop_map(RequestId)),
    );
    let rest = (
        option::of(number()),
        option::of(metadata()),
        references(),
        params(),
    );
    (head, rest).prop_map(
        |((target, method, parent), (left, metadata, references, params))| Request {
            id: None,
            target,
            method,
            parent,
            left,
            metadata,
            references,
            params,
        },
    )
}

fn response() -> impl Strategy<Value = Response<'static>> {
    let outcome = prop_oneof![
        value().prop_map(|value| (Status::Ok, value)),
        value().prop_map(|value| (Status::Application, value)),
        (text(), text()).prop_map(|(kind, message)| {
            (Status::Failed, Failure { kind, message }.encode().to_vec())
        }),
    ];
    (number(), references(), outcome).prop_map(|(id, references, (status, value))| Response {
        id: RequestId(id),
        status,
        references,
        value: value.leak(),
    })
}

/// A frame in the form that most calls and answers have.
pub(crate) fn plain() -> impl Strategy<Value = Frame<'static>> {
    let name = "[ -~]{0,20}.?".prop_map(|name: String| Target::Service(&*name.leak()));
    let target = prop_oneof![name, object().prop_map(Target::Object)];
    let hash = u32::from(u16::MAX) + 1..=u32::MAX;
    let call = (
        option::of(number().prop_map(RequestId)),
        target,
        hash,
        params(),
    );
    let call = call.prop_map(|(id, target, method, params)| Request {
        id,
        ..Request::new(target, method, None, params)
    });
    let status = prop_oneof![Just(Status::Ok), Just(Status::Application)];
    prop_oneof![
        call.prop_map(|call| match call.id {
            Some(_) => Frame::Request(call),
            None => Frame::Notification(call),
        }),
        (number(), status, value()).prop_map(|(id, status, value)| {
            Frame::Response(Response {
                id: RequestId(id),
                status,
                references: Vec::new(),
                value: value.leak(),
            })
        }),
    ]
}

fn greeting() -> impl Strategy<Value = Greeting> {
    let counts = (small(), small(), small(), small(), small(), small());
    let resume = (number(), number(), option::of(ticket()));
    (counts, number(), 1024..=u32::MAX, any::<bool>(), resume).prop_map(
        |(counts, heartbeat, max_frame, compact, (resume, replay, ticket))| Greeting {
            version: counts.0,
            max_frame: max_frame.into(),
            max_calls: counts.1,
            max_object_calls: counts.2,
            max_callbacks: counts.3,
            max_call_depth: counts.4,
            max_nesting: counts.5.max(1),
            heartbeat,
            compact,
            resume,
            // Nobody reads it where there is no resume.
            replay: if resume == 0 {
                Greeting::REPLAY
            } else {
                replay
            },
            ticket,
        },
    )
}

fn ticket() -> impl Strategy<Value = Ticket> {
    (number(), any::<[u8; 32]>()).prop_map(|(session, token)| Ticket {
        session,
        token: Token(token),
    })
}

/// Any frame that this version writes.
pub(crate) fn frame() -> impl Strategy<Value = Frame<'static>> {
    prop_oneof![
        (number(), call()).prop_map(|(id, call)| {
            Frame::Request(Request {
                id: Some(RequestId(id)),
                ..call
            })
        }),
        response().prop_map(Frame::Response),
        call().prop_map(Frame::Notification),
        number().prop_map(|id| Frame::Cancel { id: RequestId(id) }),
        (object(), number()).prop_map(|(object, count)| Frame::Release {
            object,
            count: count.max(1)
        }),
        (object(), text()).prop_map(|(object, reason)| Frame::Revoke { object, reason }),
        (number(), vec((object(), number()), 0..20))
            .prop_map(|(finished, objects)| Frame::Credit(Credit { finished, objects })),
        number().prop_map(Frame::Ping),
        number().prop_map(Frame::Pong),
        greeting().prop_map(Frame::Hello),
        greeting().prop_map(Frame::Welcome),
        (number(), number()).prop_map(|(received, next)| Frame::Ack(Ack { received, next })),
        (ticket(), number())
            .prop_map(|(ticket, received)| Frame::Resume(Resume { ticket, received })),
        text().prop_map(|reason| Frame::Goaway { reason }),
        (text(), text()).prop_map(|(kind, message)| Frame::Abort { kind, message }),
    ]
}
