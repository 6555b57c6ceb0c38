//! What is written and read is what rmp-serde writes and reads, another implementation of serde for
//! MessagePack. Where it is not, on purpose, a test of its own says so.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::io::Cursor;
use std::time::Duration;

use proptest::prelude::*;
use rmp_serde::config::BytesMode;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::zoo::*;
use super::{Values, encode, scan};

const MAX_NESTING: u32 = 64;

fn ours<T: Serialize + ?Sized>(value: &T, compact: bool) -> Vec<u8> {
    let mut out = b"before".to_vec();
    encode(value, &mut out, compact, MAX_NESTING).unwrap();
    out.split_off(6)
}

fn theirs<T: Serialize + ?Sized>(value: &T, compact: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = rmp_serde::Serializer::new(&mut out).with_bytes(BytesMode::ForceAll);
    match compact {
        true => value.serialize(&mut writer),
        false => value.serialize(&mut writer.with_struct_map()),
    }
    .unwrap();
    out
}

/// Both write the same, and both read it back.
fn same_bytes<T: Serialize + DeserializeOwned>(value: &T) {
    for compact in [false, true] {
        let bytes = theirs(value, compact);
        assert_eq!(ours(value, compact), bytes);
        assert_eq!(scan(&bytes, MAX_NESTING), Ok(bytes.len()));
        let mut values = Values::new(&bytes);
        let back: T = match (values.next(), rmp_serde::from_slice::<T>(&bytes)) {
            (Ok(back), Ok(_)) => back,
            // Some of serde's forms need the names of fields.
            (Err(_), Err(_)) if compact => continue,
            (ours, theirs) => panic!("{bytes:02x?}: {:?}, {:?}", ours.err(), theirs.err()),
        };
        assert!(values.next::<IgnoredAny>().is_err(), "not all was read");
        assert_eq!(theirs(&back, compact), bytes);
    }
}

/// Where what is there is not what is asked for, both refuse it; else they read the same.
fn same_outcome<T: Serialize + DeserializeOwned + Debug>(bytes: &[u8]) {
    let mut values = Values::new(bytes);
    let ours = values.next::<T>();
    let mut reader = rmp_serde::Deserializer::new(Cursor::new(bytes));
    match (&ours, T::deserialize(&mut reader)) {
        (Ok(ours), Ok(other)) => {
            assert_eq!(theirs(ours, true), theirs(&other, true));
            assert_eq!(values.left() as u64, bytes.len() as u64 - reader.position());
        }
        (Err(_), Err(_)) => {}
        // More bytes than a tuple or a struct has fields, see below.
        (Err(why), Ok(_)) if why.to_string().contains("of which only") => {}
        (Ok(_), Err(why)) if is_another_width(&why.to_string()) => {}
        (_, other) => panic!("{bytes:02x?}: {ours:?}, {other:?}"),
    }
}

/// A field or a variant by its number in a signed form, or a head that is longer than it needs to be: of
/// the empty array that is a unit struct, or of the bytes of an `i128`. The protocol wants each width to be taken, rmp-serde does not.
fn is_another_width(why: &str) -> bool {
    why.starts_with("invalid type: integer") && why.ends_with("identifier")
        || why == "invalid type: sequence, expected unit struct Unit"
        || matches!(
            why,
            "wrong msgpack marker Bin16" | "wrong msgpack marker Bin32"
        )
}

fn same_outcomes(bytes: &[u8]) {
    same_outcome::<bool>(bytes);
    same_outcome::<u8>(bytes);
    same_outcome::<i32>(bytes);
    same_outcome::<u64>(bytes);
    same_outcome::<f32>(bytes);
    same_outcome::<i128>(bytes);
    same_outcome::<char>(bytes);
    same_outcome::<String>(bytes);
    same_outcome::<()>(bytes);
    same_outcome::<Unit>(bytes);
    same_outcome::<Option<Meters>>(bytes);
    same_outcome::<Pair>(bytes);
    same_outcome::<Holes>(bytes);
    same_outcome::<Strict>(bytes);
    same_outcome::<Shape>(bytes);
    same_outcome::<Internal>(bytes);
    same_outcome::<Adjacent>(bytes);
    same_outcome::<Untagged>(bytes);
    same_outcome::<Flat>(bytes);
    same_outcome::<Vec<u8>>(bytes);
    same_outcome::<(u8, String)>(bytes);
    same_outcome::<Vec<Untagged>>(bytes);
    same_outcome::<BTreeMap<String, i64>>(bytes);
    same_outcome::<Result<Duration, String>>(bytes);
}

/// Any MessagePack, in which there are names of the types above.
fn message_pack() -> impl Strategy<Value = Vec<u8>> {
    fn with(head: &[u8], data: &[u8]) -> Vec<u8> {
        [head, data].concat()
    }
    const NAMES: &[&str] = &[
        "id", "text", "kind", "t", "c", "to", "by", "x", "y", "first", "typ", "list", "Idle", "At",
        "Between", "Moving", "Nested", "Byte", "Ok", "Err", "secs", "nanos", "é",
    ];
    let plain = prop_oneof![
        4 => proptest::sample::select(NAMES).prop_map(|name| ours(name, false)),
        2 => number().prop_map(|number| ours(&number, false)),
        1 => any::<u8>().prop_map(|number| vec![0xd0, number]),
        1 => any::<[u8; 4]>().prop_map(|number| with(&[0xd2], &number)),
        1 => any::<[u8; 8]>().prop_map(|number| with(&[0xcf], &number)),
        1 => any::<[u8; 4]>().prop_map(|number| with(&[0xca], &number)),
        1 => any::<f64>().prop_map(|number| ours(&number, false)),
        2 => proptest::sample::select(&[0xc0, 0xc2, 0xc3][..]).prop_map(|byte| vec![byte]),
        1 => bytes().prop_map(|bytes| with(&[0xc5, 0, bytes.len() as u8], &bytes[..bytes.len() & 0xff])),
        1 => any::<[u8; 16]>().prop_map(|bytes| with(&[0xc4, 16], &bytes)),
        1 => any::<[u8; 3]>().prop_map(|bytes| with(&[0xa3], &bytes)),
        1 => any::<[u8; 3]>().prop_map(|bytes| with(&[0xda, 0, 3], &bytes)),
        1 => any::<[u8; 3]>().prop_map(|bytes| with(&[0xd5], &bytes)),
    ];
    plain.prop_recursive(4, 24, 5, |inner| {
        let list = proptest::collection::vec(inner.clone(), 0..5);
        let pairs = proptest::collection::vec((inner.clone(), inner), 0..4);
        prop_oneof![
            list.clone()
                .prop_map(|list| with(&[0x90 | list.len() as u8], &list.concat())),
            list.prop_map(|list| with(&[0xdc, 0, list.len() as u8], &list.concat())),
            pairs.prop_map(|pairs| {
                let flat: Vec<_> = pairs
                    .iter()
                    .flat_map(|(key, value)| [&key[..], value])
                    .collect();
                with(&[0x80 | pairs.len() as u8], &flat.concat())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn the_same_is_written(value in everything()) {
        same_bytes(&value.numbers);
        same_bytes(&value.unit);
        same_bytes(&value.holes);
        same_bytes(&value.shapes);
        same_bytes(&value.map);
        same_bytes(&value.result);
        same_bytes(&value.byteish);
        same_bytes(&value.flat);
        same_bytes(&value.tagged);
        same_bytes(&value);
    }

    #[test]
    fn the_same_is_read(bytes in message_pack()) {
        prop_assert_eq!(scan(&bytes, MAX_NESTING), Ok(bytes.len()));
        same_outcomes(&bytes);
    }

    #[test]
    fn the_same_is_read_of_anything(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
        if scan(&bytes, MAX_NESTING).is_ok() {
            same_outcomes(&bytes);
        }
    }

    /// Nobody should read what the scan has not passed; nothing bad comes of it.
    #[test]
    fn what_was_not_scanned_makes_no_panic(bytes in proptest::collection::vec(any::<u8>(), 0..24)) {
        let _ = Values::new(&bytes).next::<Everything>();
        let _ = Values::new(&bytes).next::<Untagged>();
        let _ = Values::new(&bytes).next::<Vec<Flat>>();
        let _ = Values::new(&bytes).next::<IgnoredAny>();
    }
}

#[test]
fn more_bytes_than_a_tuple_has_fields_are_refused() {
    let bytes = b"\xc4\x03\x01\x02\x03";
    assert!(rmp_serde::from_slice::<(u8, u8)>(bytes).is_ok());
    let why = Values::new(bytes).next::<(u8, u8)>().unwrap_err();
    assert_eq!(why.to_string(), "3 elements, of which only 2 are expected");
    assert_eq!(
        Values::new(bytes).next::<(u8, u8, u8)>().unwrap(),
        (1, 2, 3)
    );
}

#[test]
fn below_zero_is_no_u128() {
    assert_eq!(rmp_serde::from_slice::<u128>(b"\xff").unwrap(), u128::MAX);
    let why = Values::new(b"\xff").next::<u128>().unwrap_err();
    assert_eq!(
        why.to_string(),
        "invalid value: integer `-1`, expected u128"
    );
    assert_eq!(Values::new(b"\xff").next::<i128>().unwrap(), -1);
    assert_eq!(Values::new(b"\x07").next::<u128>().unwrap(), 7);
}

#[test]
fn each_width_is_taken() {
    assert!(rmp_serde::from_slice::<Unit>(b"\xdc\x00\x00").is_err());
    Values::new(b"\xdc\x00\x00").next::<Unit>().unwrap();
    let by_number = b"\x81\xd0\x02\x92\x07\xa1x";
    assert!(rmp_serde::from_slice::<Shape>(by_number).is_err());
    let shape = Values::new(by_number).next::<Shape>().unwrap();
    assert!(matches!(shape, Shape::Between(7, text) if text == "x"));
}

/// rmp-serde takes all for bytes when the first element is one, and then fails.
#[test]
fn a_slice_that_only_begins_like_bytes_is_an_array() {
    #[derive(Serialize)]
    #[serde(untagged)]
    enum Either {
        Byte(u8),
        Text(&'static str),
    }
    let mut list = vec![Either::Byte(200), Either::Byte(1), Either::Text("x")];
    let mut out = Vec::new();
    let mut theirs = rmp_serde::Serializer::new(&mut out).with_bytes(BytesMode::ForceAll);
    assert!(list.serialize(&mut theirs).is_err());
    assert_eq!(ours(&list, false), b"\x93\xcc\xc8\x01\xa1x");
    list.truncate(2);
    assert_eq!(ours(&list, false), b"\xc4\x02\xc8\x01");
    list.truncate(0);
    assert_eq!(ours(&list, false), b"\x90");
    list.extend((0..10_000).map(|no| Either::Byte(no as u8)));
    list.push(Either::Text("x"));
    let bytes = ours(&list, false);
    assert_eq!(scan(&bytes, 1), Ok(bytes.len()));
    assert_eq!(bytes[..4], *b"\xdc\x27\x11\x00");
}

/// A proxy notes that it is passed, so it must not be asked for what it is more often.
#[test]
fn each_element_is_written_once() {
    struct Counting<'a>(&'a Cell<u32>);
    impl Serialize for Counting<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.set(self.0.get() + 1);
            serializer.serialize_newtype_struct("Counting", "x")
        }
    }
    let times = Cell::new(0);
    ours(&[Counting(&times), Counting(&times)][..], false);
    assert_eq!(times.take(), 2);
    ours(&(Counting(&times), 1), false);
    assert_eq!(times.take(), 1);
}

/// Bytes are shorter than the array that they were at first, so what follows may begin where a byte was.
#[test]
fn where_a_byte_was_there_need_not_be_one() {
    for length in 0..64 {
        let value = ([200u8; 20], "x".repeat(length), ("text",), (7u8, "text"));
        assert_eq!(ours(&value, false), theirs(&value, false), "{length}");
    }
}

/// A `Display` is written without a `String` in between.
#[test]
fn what_is_displayed_gets_the_head_of_its_length() {
    struct Shown(usize);
    impl Serialize for Shown {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&"x".repeat(self.0))
        }
    }
    for length in [1, 31, 32, 255, 256, 65_535, 65_536] {
        assert_eq!(ours(&Shown(length), false), theirs(&Shown(length), false));
    }
}

#[test]
fn a_sequence_of_unknown_length_gets_its_head_at_the_end() {
    struct Some(usize);
    impl Serialize for Some {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq((0..self.0).filter(|_| true).map(|_| ["x"]))
        }
    }
    for length in [0, 1, 15, 16, 65_535, 65_536] {
        assert_eq!(ours(&Some(length), false), theirs(&Some(length), false));
    }
}
