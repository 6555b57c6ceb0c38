//! Reads the examples of `docs/PROTOCOL.md`, so that the document cannot drift from the code.
//!
//! An example is a fenced block whose info string begins with `vector`. Bytes are in hexadecimal, `#`
//! begins a comment. The second word is the kind of a frame, or names one of the tables; a third one says
//! that the frame is not simply to be read and written again:
//!
//! * `same`: read as the first example of its kind, written in another form;
//! * `defaults`: a greeting that leaves everything out;
//! * `refused`: not to be read at all.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::sample::written;
use super::*;
use crate::codec::{ReferenceIndex, Values, encode, read_reference_index, write_reference_index};
use crate::error::{Error, ErrorKind};
use crate::id::method_id;
use crate::limits::Limits;

const DOCUMENT: &str = include_str!("../../../docs/PROTOCOL.md");
const MAX_NESTING: u32 = 64;

/// The frames of this version, and what else the document gives by example.
const EXPECTED: [&str; 20] = [
    "preface",
    "request",
    "response",
    "notification",
    "cancel",
    "release",
    "revoke",
    "credit",
    "ping",
    "pong",
    "hello",
    "welcome",
    "ack",
    "resume",
    "goaway",
    "abort",
    "optional",
    "hash",
    "value",
    "reference",
];

struct Example {
    line: usize,
    kind: &'static str,
    flag: Option<&'static str>,
    /// Bytes with their comments; a line without a comment belongs to the one before.
    rows: Vec<(Vec<u8>, &'static str)>,
}

impl Example {
    fn bytes(&self) -> Vec<u8> {
        self.rows
            .iter()
            .flat_map(|(bytes, _)| bytes)
            .copied()
            .collect()
    }

    /// The one frame that the example is, without its length.
    fn frame(&self) -> Bytes {
        let mut stream = BytesMut::from(&self.bytes()[..]);
        let frame = split(&mut stream, Limits::default().max_frame)
            .ok()
            .flatten()
            .unwrap_or_else(|| panic!("line {}: no whole frame", self.line));
        assert!(stream.is_empty(), "line {}: more than a frame", self.line);
        frame
    }

    fn read<'a>(&self, frame: &'a [u8]) -> Frame<'a> {
        let frame =
            read(frame, MAX_NESTING).unwrap_or_else(|error| panic!("line {}: {error}", self.line));
        assert_eq!(name(&frame), self.kind, "line {}", self.line);
        frame
    }
}

fn name(frame: &Frame<'_>) -> &'static str {
    match frame {
        Frame::Request(_) => "request",
        Frame::Response(_) => "response",
        Frame::Notification(_) => "notification",
        Frame::Cancel { .. } => "cancel",
        Frame::Release { .. } => "release",
        Frame::Revoke { .. } => "revoke",
        Frame::Credit(_) => "credit",
        Frame::Ping(_) => "ping",
        Frame::Pong(_) => "pong",
        Frame::Hello(_) => "hello",
        Frame::Welcome(_) => "welcome",
        Frame::Ack(_) => "ack",
        Frame::Resume(_) => "resume",
        Frame::Goaway { .. } => "goaway",
        Frame::Abort { .. } => "abort",
        Frame::Optional(_) => "optional",
    }
}

fn examples() -> Vec<Example> {
    let mut examples = Vec::new();
    let mut lines = DOCUMENT.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let Some(info) = line.strip_prefix("```vector ") else {
            continue;
        };
        let mut words = info.split(' ');
        let kind = words.next().expect("split gives a word");
        let mut rows: Vec<(Vec<u8>, &str)> = Vec::new();
        for (_, line) in lines.by_ref().take_while(|(_, line)| *line != "```") {
            let (bytes, comment) = match line.split_once('#') {
                Some((bytes, comment)) => (hex(bytes), Some(comment.trim())),
                None => (hex(line), None),
            };
            match (comment, rows.last_mut()) {
                (None, Some((row, _))) => row.extend(bytes),
                (comment, _) => rows.push((bytes, comment.unwrap_or_default())),
            }
        }
        examples.push(Example {
            line: at + 1,
            kind,
            flag: words.next(),
            rows,
        });
    }
    examples
}

fn hex(text: &str) -> Vec<u8> {
    text.split_whitespace()
        .map(|byte| u8::from_str_radix(byte, 16).unwrap_or_else(|_| panic!("{byte} is no byte")))
        .collect()
}

#[test]
fn nothing_is_without_an_example() {
    let seen: BTreeSet<_> = examples()
        .iter()
        .filter(|example| example.flag.is_none())
        .map(|example| example.kind)
        .collect();
    assert_eq!(seen, BTreeSet::from(EXPECTED));
}

#[test]
fn each_frame_is_read_and_written_again_to_the_same_bytes() {
    let mut seen = 0;
    for example in examples() {
        let table = ["preface", "hash", "value", "reference", "optional"];
        if example.flag.is_none() && !table.contains(&example.kind) {
            let bytes = example.frame();
            let frame = example.read(&bytes);
            assert_eq!(written(&frame), example.bytes(), "line {}", example.line);
            seen += 1;
        }
    }
    assert!(seen >= 20, "only {seen} frames");
}

#[test]
fn other_forms_mean_the_same() {
    let mut first = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for example in examples() {
        let Some(flag) = example.flag else {
            first.entry(example.kind).or_insert(example);
            continue;
        };
        seen.insert(flag);
        match flag {
            "same" => {
                let bytes = example.frame();
                let Frame::Request(mut other) = example.read(&bytes) else {
                    panic!("line {}: only requests are compared", example.line)
                };
                let bytes = first["request"].frame();
                let Frame::Request(plain) = first["request"].read(&bytes) else {
                    unreachable!("it was read as a request")
                };
                // Parameters are handed on as they are; what they hold is for the codec.
                assert_ne!(other.params, plain.params, "line {}", example.line);
                other.params = plain.params;
                assert_eq!(other, plain, "line {}", example.line);
            }
            "defaults" => {
                let bytes = example.frame();
                let defaults = Greeting::new(&Limits::default(), 0, false);
                assert_eq!(
                    example.read(&bytes),
                    Frame::Hello(defaults),
                    "line {}",
                    example.line
                );
            }
            "refused" => {
                let frame = read(&example.frame(), MAX_NESTING).map(|frame| name(&frame));
                assert!(frame.is_err(), "line {}: it was taken", example.line);
            }
            "compact" => assert_eq!(example.kind, "value"),
            flag => panic!("line {}: nobody knows the word {flag}", example.line),
        }
    }
    assert_eq!(
        seen,
        BTreeSet::from(["same", "defaults", "refused", "compact"])
    );
}

#[test]
fn optional_frames_are_skipped() {
    for example in examples()
        .iter()
        .filter(|example| example.kind == "optional")
    {
        let bytes = example.frame();
        assert!(
            matches!(example.read(&bytes), Frame::Optional(64..)),
            "line {}",
            example.line
        );
    }
}

#[test]
fn the_preface_is_the_preface() {
    let prefaces = examples()
        .into_iter()
        .filter(|example| example.kind == "preface");
    for example in prefaces {
        assert_eq!(example.bytes(), preface::PREFACE);
    }
}

#[test]
fn names_have_their_hashes() {
    for example in examples().iter().filter(|example| example.kind == "hash") {
        for (bytes, name) in &example.rows {
            let name = if *name == "(the empty name)" {
                ""
            } else {
                name
            };
            assert_eq!(method_id(name).to_be_bytes(), bytes[..], "{name}");
        }
    }
}

#[test]
fn references_are_extension_values() {
    #[derive(Debug, PartialEq)]
    struct Entry(u32);
    impl Serialize for Entry {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            write_reference_index(ReferenceIndex(self.0), serializer)
        }
    }
    impl<'de> Deserialize<'de> for Entry {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            read_reference_index(deserializer).map(|index| Self(index.0))
        }
    }
    let mut rows = Rows::new("reference", false);
    for index in [0, 255, 256, 65_536] {
        rows.check(&format!("entry {index}"), Entry(index));
    }
    rows.end();
}

/// The rows of a table of values that are yet to be checked.
struct Rows {
    rows: BTreeMap<&'static str, Vec<u8>>,
    compact: bool,
}

impl Rows {
    fn new(kind: &str, compact: bool) -> Self {
        let rows = examples()
            .into_iter()
            .filter(|example| example.kind == kind && example.flag.is_some() == compact)
            .flat_map(|example| example.rows)
            .map(|(bytes, name)| (name, bytes))
            .collect();
        Self { rows, compact }
    }

    fn take(&mut self, name: &str) -> Vec<u8> {
        self.rows
            .remove(name)
            .unwrap_or_else(|| panic!("the document has no row {name}"))
    }

    fn check<T>(&mut self, name: &str, value: T)
    where
        T: Serialize + DeserializeOwned + PartialEq + Debug,
    {
        let bytes = self.take(name);
        let mut out = Vec::new();
        encode(&value, &mut out, self.compact, MAX_NESTING).expect("it can be written");
        assert_eq!(out, bytes, "{name}");
        assert_eq!(Values::new(&bytes).next::<T>().expect(name), value);
    }

    fn end(self) {
        assert!(self.rows.is_empty(), "not checked: {:?}", self.rows.keys());
    }
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Order {
    id: u32,
    text: String,
}
#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Meters(u32);
#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Pair(u32, bool);
#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Unit;
#[derive(Serialize, Deserialize, PartialEq, Debug)]
enum State {
    Idle,
    At(u32),
    Between(u32, u32),
    Moving { to: u32 },
}

#[test]
fn values_are_written_as_the_document_says() {
    let mut rows = Rows::new("value", false);
    rows.check("()", ());
    rows.check("true", true);
    rows.check("7_u64", 7_u64);
    rows.check("200_i64", 200_i64);
    rows.check("-200_i64", -200_i64);
    rows.check("1.5_f64", 1.5_f64);
    rows.check("1.5_f32", 1.5_f32);
    rows.check("'x'", 'x');
    rows.check("\"hi\"", String::from("hi"));
    rows.check("vec![1_u8, 2]", vec![1_u8, 2]);
    rows.check("vec![1_u16, 2]", vec![1_u16, 2]);
    rows.check("[1_u8, 2]", [1_u8, 2]);
    rows.check("None::<u8>", None::<u8>);
    rows.check("Some(7_u8)", Some(7_u8));
    rows.check("(7, true)", (7_u32, true));
    rows.check(
        "a map of \"a\" to 1",
        BTreeMap::from([(String::from("a"), 1)]),
    );
    rows.check(
        "Order { id: 7, text: \"hi\" }",
        Order {
            id: 7,
            text: "hi".into(),
        },
    );
    rows.check("Meters(7), a newtype", Meters(7));
    rows.check("Pair(7, true), a tuple struct", Pair(7, true));
    rows.check("Unit, a unit struct", Unit);
    rows.check("State::Idle", State::Idle);
    rows.check("State::At(7)", State::At(7));
    rows.check("State::Between(7, 8)", State::Between(7, 8));
    rows.check("State::Moving { to: 7 }", State::Moving { to: 7 });
    rows.check("Ok::<u8, ()>(7), inside of a value", Ok::<u8, ()>(7));
    rows.check("7_u128", 7_u128);
    rows.check("Duration::from_millis(1500)", Duration::from_millis(1500));
    let error = rows.take("ringback::Error, inside of a value");
    let error = Values::new(&error).next::<Error>().expect("it is an error");
    assert_eq!(
        (error.kind(), error.to_string()),
        (ErrorKind::Closed, "gone".into())
    );
    rows.end();
}

#[test]
fn compact_values_are_written_as_the_document_says() {
    let mut rows = Rows::new("value", true);
    rows.check(
        "Order { id: 7, text: \"hi\" }",
        Order {
            id: 7,
            text: "hi".into(),
        },
    );
    rows.check("State::Moving { to: 7 }", State::Moving { to: 7 });
    rows.check("State::At(7)", State::At(7));
    rows.end();
}
