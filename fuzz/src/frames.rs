//! One frame of any bytes.

use std::collections::BTreeMap;

use bytes::BytesMut;
use serde::{Deserialize, Serialize};

use crate::codec::{ValueWriter, Values, read_reference_index, write_reference_index};
use crate::frame::length::PREFIX;
use crate::frame::{Frame, PlainAnswer, PlainCall, read, split};
use crate::written::write_frame;

/// Longer than anything that a fuzzer gives.
const MAX_FRAME: usize = 1 << 30;

/// Whatever can be read can be written, and is the same when it is read again; and what it carries can be decoded, or
/// not, as any type. The first byte says how deep it may be.
pub fn any_frame(data: &[u8]) {
    let Some((&max_nesting, bytes)) = data.split_first() else {
        return;
    };
    let max_nesting = u32::from(max_nesting);
    let frame = read(bytes, max_nesting);
    let call = PlainCall::read(bytes, max_nesting);
    let answer = PlainAnswer::read(bytes, max_nesting);
    let Ok(frame) = frame else {
        assert!(call.is_none() && answer.is_none(), "{call:?} {answer:?}");
        return;
    };
    match &frame {
        Frame::Request(whole) | Frame::Notification(whole) => {
            assert!(call.is_none_or(|call| call == whole.plain()) && answer.is_none());
        }
        Frame::Response(whole) => {
            assert!(answer.is_none_or(|answer| answer == whole.plain()) && call.is_none());
        }
        _ => assert!(call.is_none() && answer.is_none()),
    }
    let mut out = BytesMut::new();
    let Some(length) = write_frame(&mut out, &frame) else {
        return;
    };
    assert_eq!(out.len(), PREFIX + length);
    let again = split(&mut out, MAX_FRAME).expect("it is not too long");
    let again = again.expect("it is whole");
    assert!(out.is_empty());
    assert_eq!(read(&again, max_nesting), Ok(frame.clone()));
    let mut twice = BytesMut::new();
    write_frame(&mut twice, &frame);
    assert_eq!(twice[PREFIX..], again, "there is one way to write it");
    match &frame {
        Frame::Request(call) | Frame::Notification(call) => decode(call.params, max_nesting),
        Frame::Response(answer) => decode(answer.value, max_nesting),
        _ => {}
    }
}

/// A value of every type, one after the other, of the same bytes.
fn decode(payload: &[u8], max_nesting: u32) {
    decode_as::<Everything<'_>>(payload, max_nesting);
    decode_as::<Vec<Any>>(payload, max_nesting);
    decode_as::<(u8, i64, f64, bool, char)>(payload, max_nesting);
    decode_as::<Vec<Option<String>>>(payload, max_nesting);
    decode_as::<Vec<(&[u8], &str)>>(payload, max_nesting);
    decode_as::<BTreeMap<String, Vec<u8>>>(payload, max_nesting);
    decode_as::<Vec<Reference>>(payload, max_nesting);
    decode_as::<()>(payload, max_nesting);
}

/// What can be decoded can be encoded, and decodes to the same encoding.
fn decode_as<'a, T: Deserialize<'a> + Serialize>(payload: &'a [u8], max_nesting: u32) {
    let Ok(value) = Values::new(payload).next::<T>() else {
        return;
    };
    for compact in [false, true] {
        // It may be deeper now: a struct that was an array can hold what is optional.
        let mut writer = ValueWriter::new(Vec::new(), compact, max_nesting + 1);
        if writer.write(&value).is_err() {
            continue;
        }
        assert!(
            Values::new(&writer.into_bytes())
                .next::<serde::de::IgnoredAny>()
                .is_ok()
        );
    }
}

#[derive(Deserialize, Serialize)]
struct Everything<'a> {
    #[serde(default)]
    number: u32,
    #[serde(borrow, default)]
    text: Option<&'a str>,
    #[serde(borrow, default)]
    bytes: Option<&'a [u8]>,
    #[serde(default)]
    inner: Option<Box<Tree>>,
    #[serde(default)]
    choice: Option<Choice>,
    #[serde(default)]
    references: Vec<Reference>,
}

#[derive(Deserialize, Serialize)]
struct Tree {
    left: Option<Box<Tree>>,
    right: Option<Box<Tree>>,
}

#[derive(Deserialize, Serialize)]
enum Choice {
    Unit,
    One(i16),
    Pair(u8, String),
    Named { a: Option<f32>, b: Vec<Choice> },
}

/// Whatever can stand in MessagePack, by what is there.
#[derive(Deserialize, Serialize)]
#[serde(untagged)]
enum Any {
    Nothing(()),
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(String),
    List(Vec<Any>),
    Map(BTreeMap<String, Any>),
}

/// A reference, as a proxy is one.
struct Reference(crate::codec::ReferenceIndex);

impl<'de> Deserialize<'de> for Reference {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_reference_index(deserializer).map(Self)
    }
}

impl Serialize for Reference {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        write_reference_index(self.0, serializer)
    }
}
