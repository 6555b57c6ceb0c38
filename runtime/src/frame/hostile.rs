//! What frames must withstand: anything.

use bytes::{BufMut, BytesMut};
use proptest::collection::vec;
use proptest::prelude::*;

use super::error::Problem;
use super::sample::{frame, plain, written};
use super::*;

const MAX: u32 = 64;
const PARAMS_OF_DEPTH: fn(usize) -> Vec<u8> = |depth| {
    let mut params = vec![0x91; depth];
    params.push(0xc0);
    params
};

/// Writes a plain frame at one go behind those bytes, if it is of that form; it must be what its fields are one by one.
fn writes_what_its_fields_say(frame: &Frame<'_>, before: &[u8]) -> bool {
    let mut fields = BytesMut::new();
    let mut out = BytesMut::from(before);
    let length = match frame {
        Frame::Request(call) | Frame::Notification(call) => {
            request::write_head(&mut fields, call);
            fields.put_slice(call.params);
            call.plain().write(&mut out)
        }
        Frame::Response(answer) => {
            response::write_head(&mut fields, answer);
            fields.put_slice(answer.value);
            answer.plain().write(&mut out)
        }
        other => panic!("neither a call nor an answer: {other:?}"),
    };
    let Some(length) = length else {
        assert_eq!(out, before);
        return false;
    };
    assert_eq!(length, fields.len());
    let told = u32::try_from(length).expect("it is short").to_be_bytes();
    assert_eq!(out, [before, &told, &fields].concat());
    true
}

/// A request with these bytes for its table of references and its parameters.
fn request(references: &[u8], params: &[u8]) -> Vec<u8> {
    let head = [0x9a, 0x00, 0xc0, 0x01, 0xa1, b'S', 0x07, 0xc0, 0xc0, 0xc0];
    [&head, references, params].concat()
}

fn problem(bytes: &[u8]) -> (&'static str, Problem) {
    match read(bytes, MAX) {
        Err(FrameError::Field { field, problem, .. }) => (field, problem),
        other => panic!("no field is wrong: {other:?}"),
    }
}

#[test]
fn the_template_is_good() {
    assert!(read(&request(&[0x90], &[0x90]), MAX).is_ok());
}

#[test]
fn arguments_nest_as_deep_as_allowed_and_no_deeper() {
    // The array of the arguments is one more.
    let params = PARAMS_OF_DEPTH(MAX as usize + 1);
    assert!(read(&request(&[0x90], &params), MAX).is_ok());
    let params = PARAMS_OF_DEPTH(MAX as usize + 2);
    let error = read(&request(&[0x90], &params), MAX).unwrap_err();
    assert_eq!(
        error.to_string(),
        "request: `params` is nested deeper than 65 levels"
    );
}

#[test]
fn a_result_nests_as_deep_as_allowed_and_no_deeper() {
    let head = [0x96, 0x01, 0xc0, 0x01, 0x00, 0x90];
    let whole = |depth| [&head, &PARAMS_OF_DEPTH(depth)[..]].concat();
    assert!(read(&whole(MAX as usize), MAX).is_ok());
    let error = read(&whole(MAX as usize + 1), MAX).unwrap_err();
    assert_eq!(
        error.to_string(),
        "response: `value` is nested deeper than 64 levels"
    );
}

#[test]
fn a_failure_can_be_read_however_low_the_limit() {
    let failure = [
        0x96, 0x01, 0xc0, 0x01, 0x02, 0x90, 0x92, 0xa1, b'k', 0xa1, b'm',
    ];
    assert!(read(&failure, 0).is_ok());
}

#[test]
fn a_table_is_not_made_for_a_count() {
    // The most that may be announced, and nothing there.
    let (field, found) = problem(&request(&[0xdd, 0x00, 0x10, 0x00, 0x00], &[]));
    assert_eq!((field, found), ("references", Problem::Truncated));
    let (field, found) = problem(&request(&[0xdd, 0xff, 0xff, 0xff, 0xff], &[0x90]));
    assert_eq!(
        (field, found),
        ("references", Problem::Value("at most 1048576 references"))
    );
}

#[test]
fn zero_is_nobodys_object() {
    for wrong in [
        request(&[0x91, 0x00], &[0x90]),
        vec![0x94, 0x04, 0xc0, 0x00, 0x01],
        vec![0x94, 0x05, 0xc0, 0x00, 0xa0],
        vec![0x93, 0x06, 0x01, 0x92, 0x00, 0x01],
        vec![0x99, 0x02, 0xc0, 0x00, 0x07, 0xc0, 0xc0, 0xc0, 0x90, 0x90],
    ] {
        let (_, found) = problem(&wrong);
        assert_eq!(
            found,
            Problem::Value("an object's number, from 1 to 2^63 - 1"),
            "{wrong:02x?}"
        );
    }
}

#[test]
fn references_keep_their_owner() {
    let table = [0x94, 0x01, 0xff, 0xd0, 0x80, 0xcc, 0x80];
    let bytes = request(&table, &[0x90]);
    let Ok(Frame::Request(call)) = read(&bytes, MAX) else {
        panic!("the request is good")
    };
    let [introduced, returned] = [Reference::Introduced, Reference::Returned];
    assert_eq!(
        call.references,
        [
            introduced(ObjectId::of(1)),
            returned(ObjectId::of(1)),
            returned(ObjectId::of(128)),
            introduced(ObjectId::of(128)),
        ]
    );
}

#[test]
fn fields_say_what_is_wrong_with_them() {
    for (bytes, text) in [
        (&[][..], "frame: `array` ends too early"),
        (
            &[0xa1, b'x'],
            "frame: `array` must be an array, and is a string",
        ),
        (&[0x90], "frame: `kind` ends too early"),
        (
            &[0x91, 0xc0],
            "frame: `kind` must be an unsigned integer, and is nil",
        ),
        (&[0x91, 0xff], "frame: `kind` must be an unsigned integer"),
        (&[0x91, 0x0b], "ack: 1 elements, where 3 belong"),
        (
            &[0x94, 0x0c, 0x01, 0xc4, 0x01, 0x00, 0x00],
            "resume: `token` must be binary of 32 bytes",
        ),
        (&[0x91, 0x0f], "a frame of the unknown kind 15"),
        (&[0x91, 0x3f], "a frame of the unknown kind 63"),
        (&[0x91, 0x07], "ping: 1 elements, where 2 belong"),
        (&[0x91, 0x06], "credit: 1 elements, where 2 belong"),
        (
            &[0x93, 0x06, 0x01, 0x91, 0x01],
            "credit: `objects` must be pairs of object and count",
        ),
        (
            &[0x92, 0x07, 0x01, 0x01],
            "ping: 1 bytes too many after the last field",
        ),
        (
            &[0x93, 0x03, 0x01, 0x01],
            "cancel: `number` must be nil where no resume is agreed on, and is an integer",
        ),
        (
            &[0x94, 0x04, 0xc0, 0x01, 0x00],
            "release: `count` must be 1 or more",
        ),
        (
            &[0x94, 0x05, 0xc0, 0x01, 0xa1, 0xff],
            "revoke: `reason` is not UTF-8",
        ),
        (
            &[0x94, 0x05, 0xc0, 0x01, 0xa2, b'x'],
            "revoke: `reason` ends too early",
        ),
        (
            &[0x94, 0x05, 0xc0, 0x01, 0xc4, 0x00],
            "revoke: `reason` must be a string, and is binary",
        ),
        (
            &[0x96, 0x01, 0xc0, 0x01, 0x03, 0x90, 0xc0],
            "response: `status` must be 0, 1 or 2",
        ),
        (
            &[0x96, 0x01, 0xc0, 0x01, 0x02, 0x90, 0xc0],
            "failure: `value` must be an array, and is nil",
        ),
        (
            &[0x96, 0x01, 0xc0, 0x01, 0x00, 0x90, 0xc1],
            "response: `value` contains the byte c1, which means nothing in MessagePack",
        ),
        (
            &[0x96, 0x01, 0xc0, 0x01, 0x00, 0x90, 0xc0, 0xc0],
            "response: 1 bytes too many after the last field",
        ),
        (
            &[
                0x96, 0x01, 0xc0, 0x01, 0x00, 0x90, 0xdd, 0xff, 0xff, 0xff, 0xff,
            ],
            "response: `value` announces 4294967295 bytes or elements where 0 bytes follow",
        ),
        (
            &request(&[0x90], &[0x80]),
            "request: `params` must be an array, and is a map",
        ),
        (
            &request(&[0x90], &[0x90, 0x90]),
            "request: 1 bytes too many after the last field",
        ),
    ] {
        let error = read(bytes, MAX).expect_err(text);
        assert_eq!(error.to_string(), text, "{bytes:02x?}");
    }
}

#[test]
fn optional_kinds_are_not_looked_into() {
    assert_eq!(read(&[0x92, 0x40, 0xc1], MAX), Ok(Frame::Optional(64)));
    let wide = [0x91, 0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
    assert_eq!(read(&wide, MAX), Ok(Frame::Optional(u64::MAX)));
}

#[test]
fn a_call_without_references_needs_no_memory() {
    let bytes = request(&[0x90], &[0x90]);
    let Ok(Frame::Request(call)) = read(&bytes, MAX) else {
        panic!("the request is good")
    };
    assert_eq!(call.references.capacity(), 0);
    let mut out = BytesMut::with_capacity(1024);
    let start = out.as_ptr();
    write::request(&mut out, &call, 0);
    assert_eq!(out.as_ptr(), start);
}

/// Whatever comes out of the readers of one form came out of the reader of all.
fn agrees(bytes: &[u8]) {
    agree_on(bytes, MAX);
}

fn agree_on(bytes: &[u8], max_nesting: u32) {
    let read = read(bytes, max_nesting);
    if let Some(call) = PlainCall::read(bytes, max_nesting) {
        let (Ok(Frame::Request(whole)) | Ok(Frame::Notification(whole))) = &read else {
            panic!("{call:?}, {read:?}")
        };
        assert_eq!(call, whole.plain());
        let nothing_else = Request::new(whole.target, whole.method, None, whole.params);
        assert_eq!(
            Request {
                id: None,
                ..whole.clone()
            },
            nothing_else
        );
    }
    if let Some(answer) = PlainAnswer::read(bytes, max_nesting) {
        let Ok(Frame::Response(whole)) = &read else {
            panic!("{answer:?}, {read:?}")
        };
        assert_eq!(answer, whole.plain());
        assert!(whole.references.is_empty());
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(frame in frame()) {
        let out = written(&frame);
        prop_assert_eq!(read(&out[length::PREFIX..], MAX), Ok(frame));
    }

    #[test]
    fn a_frame_ends_where_it_ends(frame in frame(), extra in any::<u8>()) {
        let mut out = written(&frame);
        for cut in length::PREFIX..out.len() {
            prop_assert!(read(&out[length::PREFIX..cut], MAX).is_err(), "cut to {} bytes", cut);
        }
        out.put_u8(extra);
        prop_assert!(read(&out[length::PREFIX..], MAX).is_err());
    }

    #[test]
    fn a_stream_in_any_pieces_gives_the_same_frames(
        frames in vec(frame(), 1..6),
        pieces in vec(1..400usize, 1..40),
    ) {
        let mut stream = BytesMut::new();
        for frame in &frames {
            stream.extend_from_slice(&written(frame));
        }
        let mut pieces = pieces.iter().cycle();
        let mut buffer = BytesMut::new();
        let mut seen = Vec::new();
        while !stream.is_empty() {
            let piece = pieces.next().map_or(1, |&piece| piece.min(stream.len()));
            buffer.extend_from_slice(&stream.split_to(piece));
            while let Some(frame) = split(&mut buffer, 1 << 20).expect("no frame is that long") {
                seen.push(frame);
            }
        }
        prop_assert!(buffer.is_empty());
        let read: Result<Vec<_>, _> = seen.iter().map(|bytes| read(bytes, MAX)).collect();
        prop_assert_eq!(read, Ok(frames));
    }

    #[test]
    fn names_of_any_length_have_room_beside_the_largest_numbers(length in 0..100usize) {
        let name = "n".repeat(length);
        let frame = Frame::Request(Request {
            id: Some(RequestId(u64::MAX)),
            target: Target::Service(&name),
            method: u32::MAX,
            parent: Some(RequestId(u64::MAX)),
            left: Some(u64::MAX),
            metadata: None,
            references: Vec::new(),
            params: &[0x90],
        });
        let written = written(&frame);
        prop_assert_eq!(read(&written[4..], MAX), Ok(frame));
    }

    #[test]
    fn noise_is_refused_or_read(bytes in vec(any::<u8>(), 0..64)) {
        agrees(&bytes);
    }

    #[test]
    fn noise_behind_a_good_start_is_refused_or_read(
        kind in 0..16u8,
        fields in 0..16u8,
        bytes in vec(prop_oneof![any::<u8>(), Just(0xc0), 0..4u8, 0x90..0x94u8], 0..24),
    ) {
        agrees(&[&[0x90 | fields, kind][..], &bytes].concat());
    }

    #[test]
    fn what_is_read_at_one_go_is_what_is_read_field_by_field(
        frame in plain(),
        spoil in vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        nesting in 0..8u32,
    ) {
        let mut out = written(&frame).split_off(length::PREFIX);
        let spoilt = !spoil.is_empty();
        for (at, byte) in spoil {
            let at = at.index(out.len());
            out[at] = byte;
        }
        agrees(&out);
        agree_on(&out, nesting);
        let (call, answer) = (PlainCall::read(&out, MAX), PlainAnswer::read(&out, MAX));
        prop_assert!(spoilt || call.is_some() != answer.is_some());
    }

    #[test]
    fn what_is_written_at_one_go_is_what_is_written_field_by_field(
        frame in plain(),
        name in "[a-z]{0,40}",
        before in vec(any::<u8>(), 0..4),
    ) {
        prop_assert!(writes_what_its_fields_say(&frame, &before));
        if let Frame::Request(mut call) | Frame::Notification(mut call) = frame {
            // Neither a long name nor a short hash is of this form.
            let is_short = name.len() <= 31;
            call.target = Target::Service(&name);
            prop_assert_eq!(writes_what_its_fields_say(&Frame::Request(call.clone()), &before), is_short);
            call.method >>= 16;
            prop_assert!(!writes_what_its_fields_say(&Frame::Request(call), &before));
        }
    }

    #[test]
    fn a_spoilt_frame_is_refused_or_means_something(
        frame in frame(),
        spoil in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut out = written(&frame).split_off(length::PREFIX);
        for (at, byte) in spoil {
            let at = at.index(out.len());
            out[at] = byte;
        }
        agrees(&out);
        match read(&out, MAX) {
            Err(_) | Ok(Frame::Optional(_)) => {}
            Ok(frame) => {
                // Whatever it means now, it can be written, and means the same again.
                let again = written(&frame).split_off(length::PREFIX);
                prop_assert_eq!(read(&again, MAX), Ok(frame));
            }
        }
    }
}
