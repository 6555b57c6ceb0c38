//! However the bytes are cut into pieces, the same things happen.

use bytes::BytesMut;
use proptest::collection::vec;
use proptest::prelude::*;

use super::attached::Ledger;
use super::end::End;
use super::outgoing::{Outgoing, own};
use super::pair::{Clock, quiet};
use super::stranger::{Stranger, introduces, notification, release, request_of, response, returns};
use crate::frame::preface::PREFACE;
use crate::frame::sample::{frame, write_frame};
use crate::frame::{Credit, Frame, Greeting, Target};
use crate::id::{ObjectId, RequestId};
use crate::limits::Limits;
use crate::proto::connection::Counts;
use crate::proto::{Fault, Side};

/// An end that has sent `CALLS` requests and as many one-way calls, and passed `CALLS` objects.
fn busy_end() -> Stranger {
    let mut stranger = Stranger::greets(quiet());
    for _ in 0..CALLS {
        let listener = stranger.end.listener();
        let end = &mut stranger.end;
        end.submit(Outgoing::to_service("S").passing(own(&listener)))
            .unwrap();
        end.submit(Outgoing::to_service("S").one_way()).unwrap();
    }
    stranger.reads();
    stranger
}

const CALLS: u64 = 6;

/// A frame that such an end may take, or may not: most of the numbers mean something to it.
fn plausible() -> impl Strategy<Value = Frame<'static>> {
    let number = || 1..=2 * CALLS;
    let references = || {
        let reference = prop_oneof![
            (1..100_u64).prop_map(introduces),
            number().prop_map(returns)
        ];
        vec(reference, 0..3)
    };
    let target = || {
        prop_oneof![
            Just(Target::Service("S")),
            number().prop_map(|id| Target::Object(ObjectId::of(id)))
        ]
    };
    // Its requests have the odd numbers.
    let request = || (0..CALLS).prop_map(|nth| 2 * nth + 1);
    let parent = || proptest::option::weighted(0.1, request());
    prop_oneof![
        6 => (any::<u64>(), target(), parent(), references())
            .prop_map(|(id, target, parent, references)| request_of(id, target, parent, references)),
        3 => (target(), references())
            .prop_map(|(target, references)| notification(target, references)),
        // Some of these come in a row.
        6 => (1..4_u64, proptest::option::weighted(0.3, any::<u64>())).prop_map(|(object, id)| {
            let target = Target::Object(ObjectId::of(object));
            match id {
                None => notification(target, Vec::new()),
                Some(id) => request_of(id, target, None, Vec::new()),
            }
        }),
        2 => (request(), references()).prop_map(|(id, references)| response(id, references)),
        2 => number().prop_map(|id| Frame::Cancel { id: RequestId(id) }),
        1 => (1..=CALLS, 1..3_u64).prop_map(|(id, count)| release(id, count)),
        1 => (1..100_u64).prop_map(|id| Frame::Revoke { object: ObjectId::of(id), reason: "gone" }),
        1 => (1..=CALLS).prop_map(|finished| Frame::Credit(Credit { finished, objects: Vec::new() })),
        1 => any::<u64>().prop_map(Frame::Ping),
        1 => frame(),
    ]
}

fn stream_of(frames: &[Frame<'_>]) -> BytesMut {
    let mut stream = BytesMut::new();
    for frame in frames {
        write_frame(&mut stream, frame);
    }
    stream
}

/// Lets a stream arrive in pieces of these lengths (again and again), up to its first fault.
fn arrive(end: &mut End, stream: &[u8], pieces: &[usize]) -> Result<(), Fault> {
    let (mut input, mut rest) = (BytesMut::new(), stream);
    for &length in pieces.iter().cycle() {
        let (piece, behind) = rest.split_at(length.min(rest.len()));
        input.extend_from_slice(piece);
        end.receive(&mut input)?;
        rest = behind;
        if rest.is_empty() {
            break;
        }
    }
    Ok(())
}

/// All that an end does with a stream, and what it counts.
#[derive(Debug, PartialEq)]
struct Done {
    trace: Vec<String>,
    output: Vec<u8>,
    received: String,
    counts: Counts,
    /// For each object that was called, how many calls its credit is used for.
    used: Vec<(ObjectId, u32)>,
}

fn outcome(mut end: End, stream: &[u8], pieces: &[usize]) -> Done {
    let received = arrive(&mut end, stream, pieces);
    let windows = end.core.exports.windows();
    let mut used: Vec<_> = windows
        .map(|(id, object)| (id, object.window.used()))
        .collect();
    used.sort();
    Done {
        counts: end.counts(),
        used,
        output: end.take_output().to_vec(),
        trace: std::mem::take(&mut end.trace),
        received: format!("{received:?}"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn any_chunking_of_frames_gives_the_same_events(
        frames in vec(plausible(), 1..24),
        pieces in vec(1..40_usize, 1..20),
    ) {
        let stream = stream_of(&frames);
        let whole = outcome(busy_end().end, &stream, &[stream.len()]);
        let single = outcome(busy_end().end, &stream, &[1]);
        let pieces = outcome(busy_end().end, &stream, &pieces);
        prop_assert_eq!(&whole, &single);
        prop_assert_eq!(&whole, &pieces);
    }

    #[test]
    fn any_chunking_of_a_session_from_its_first_byte_gives_the_same_events(
        frames in vec(plausible(), 0..8),
        spoilt in proptest::option::of((any::<prop::sample::Index>(), any::<u8>())),
        pieces in vec(1..40_usize, 1..20),
    ) {
        let greeting = Greeting::new(&Limits::default(), 0, false);
        let mut stream = BytesMut::from(&PREFACE[..]);
        write_frame(&mut stream, &Frame::Hello(greeting));
        stream.unsplit(stream_of(&frames));
        if let Some((at, byte)) = spoilt {
            // Not in the preface: what a stranger is taken for depends on how much of it has come.
            let at = PREFACE.len() + at.index(stream.len() - PREFACE.len());
            stream[at] = byte;
        }
        let end = || {
            let ledger = std::rc::Rc::<Ledger>::default();
            End::new(Side::Accepting, quiet(), &ledger, &Clock::new())
        };
        let whole = outcome(end(), &stream, &[stream.len()]);
        let single = outcome(end(), &stream, &[1]);
        let pieces = outcome(end(), &stream, &pieces);
        prop_assert_eq!(&whole, &single);
        prop_assert_eq!(&whole, &pieces);
    }
}

/// The stream of the property above reaches beyond its first frame often enough to mean something.
#[test]
fn plausible_frames_are_taken_for_a_while() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let mut runner = TestRunner::deterministic();
    let (mut taken, mut events) = (0, 0);
    for _ in 0..50 {
        let frames = vec(plausible(), 24)
            .new_tree(&mut runner)
            .unwrap()
            .current();
        let mut stranger = busy_end();
        taken += frames
            .iter()
            .take_while(|frame| stranger.sends(frame).is_ok())
            .count();
        events += stranger.end.trace.len() - 1;
    }
    assert!(
        taken > 300 && events > 200,
        "{taken} frames, {events} events"
    );
}

/// What was read is kept for as long as an event waits that has it. So only calls have it, and together.
#[test]
fn what_was_read_is_handed_on_for_calls_and_for_nothing_else() {
    let mut stranger = busy_end();
    let cancel = |id| Frame::Cancel { id: RequestId(id) };
    let call = |id| request_of(id, Target::Service("S"), None, Vec::new());
    let all: [(&[Frame<'_>], usize); 4] = [
        (&[cancel(1), call(1), call(2), cancel(1)], 1),
        (&[call(3)], 2),
        (&[cancel(2), response(1, Vec::new()), cancel(3)], 2),
        (
            &[notification(Target::Service("S"), Vec::new()), call(4)],
            3,
        ),
    ];
    for (frames, chunks) in all {
        let mut bytes = BytesMut::new();
        for frame in frames {
            write_frame(&mut bytes, frame);
        }
        stranger.sends_bytes(&bytes).unwrap();
        assert_eq!(stranger.end.chunks, chunks);
    }
    assert_eq!(stranger.end.cancelled.len(), 3);
    assert_eq!(stranger.end.arrived.len(), 5);
}
