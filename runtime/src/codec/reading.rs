//! What is read of what others may write, and what is said of what is refused.

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, SeqAccess, Visitor};

use super::Values;

#[derive(serde::Deserialize, PartialEq, Debug)]
struct Order {
    id: u8,
    text: String,
}

#[derive(serde::Deserialize, Debug)]
enum State {
    Idle,
    At(#[allow(dead_code, reason = "it is only read")] u32),
}

#[derive(serde::Deserialize, Debug)]
struct Nest(#[allow(dead_code, reason = "it is only read")] Vec<Nest>);

fn refused<T: DeserializeOwned + fmt::Debug>(bytes: &[u8]) -> String {
    Values::new(bytes).next::<T>().unwrap_err().to_string()
}

#[test]
fn what_does_not_fit_is_said() {
    for (text, why) in [
        (
            refused::<u32>(b"\xa1x"),
            "invalid type: string \"x\", expected u32",
        ),
        (
            refused::<u8>(b"\xcd\x01\x00"),
            "invalid value: integer `256`, expected u8",
        ),
        (
            refused::<u8>(b"\xff"),
            "invalid value: integer `-1`, expected u8",
        ),
        (
            refused::<bool>(b"\x90"),
            "invalid type: sequence, expected a boolean",
        ),
        (
            refused::<String>(b"\x07"),
            "invalid type: integer `7`, expected a string",
        ),
        (
            refused::<String>(b"\xa2x\xff"),
            "a string that is not UTF-8: invalid utf-8 sequence of 1 bytes from index 1",
        ),
        (
            refused::<Vec<u8>>(b"\xc0"),
            "invalid type: unit value, expected a sequence",
        ),
        (
            refused::<u128>(b"\xc4\x01\x00"),
            "invalid length 1, expected the 16 bytes of an integer of 128 bits",
        ),
        (refused::<Order>(b"\x81\xa2id\x07"), "missing field `text`"),
        (
            refused::<Order>(b"\x93\x07\xa1x\x07"),
            "3 elements, of which only 2 are expected",
        ),
        (
            refused::<State>(b"\xa5Other"),
            "unknown variant `Other`, expected `Idle` or `At`",
        ),
        (
            refused::<State>(b"\xa2At"),
            "invalid type: unit variant, expected a variant with a field",
        ),
        (
            refused::<State>(b"\x81\xa4Idle\x07"),
            "invalid type: integer `7`, expected nil, since the variant has no fields",
        ),
        (
            refused::<State>(b"\x80"),
            "a map of 0 entries, where an enum's variant is a map of one",
        ),
        (refused::<u32>(b""), "the value ends too early"),
        (refused::<u32>(b"\xce\0\0"), "the value ends too early"),
        (
            refused::<u32>(b"\xc1"),
            "the byte c1, which means nothing in MessagePack",
        ),
        (
            refused::<u32>(b"\xd4\x01\x00"),
            "invalid type: extension value, expected u32",
        ),
    ] {
        assert_eq!(text, why);
    }
}

#[test]
fn what_is_said_does_not_repeat_all_that_came() {
    let mut bytes = vec![0xdb, 0, 1, 0, 0];
    bytes.resize(bytes.len() + 0x1_0000, 1); // each of them is four characters when it is shown
    let said = refused::<u32>(&bytes);
    assert!(said.starts_with("invalid type: string") && said.ends_with('…'));
    assert!(said.len() < 2000, "{} bytes", said.len());
}

#[test]
fn fields_come_in_any_order_among_others() {
    let order = Order {
        id: 7,
        text: "hi".to_owned(),
    };
    for bytes in [
        &b"\x82\xa2id\x07\xa4text\xa2hi"[..],
        b"\x82\xa4text\xa2hi\xa2id\x07",
        b"\x84\xa1x\x92\x01\xc0\xa2id\x07\xa1y\xc1\xa4text\xa2hi",
        b"\x82\xd9\x02id\x07\xda\x00\x04text\xa2hi",
        b"\x82\x00\x07\xa4text\xa2hi",
    ] {
        let read = Values::new(bytes).next::<Order>();
        match bytes.contains(&0xc1) {
            true => assert!(read.is_err()),
            false => assert_eq!(read.unwrap(), order, "{bytes:02x?}"),
        }
    }
}

#[test]
fn names_of_the_same_length_are_told_apart() {
    #[derive(serde::Deserialize, PartialEq, Debug)]
    struct Point {
        x: u8,
        y: u8,
    }
    for bytes in [b"\x82\xa1x\x01\xa1y\x02", b"\x82\xa1y\x02\xa1x\x01"] {
        let point = Values::new(bytes).next::<Point>().unwrap();
        assert_eq!(point, Point { x: 1, y: 2 });
    }
}

/// The scan bounds the depth before; without it the reader does.
#[test]
fn what_is_too_deep_does_not_overflow_the_stack() {
    let work = || {
        assert_eq!(
            refused::<Nest>(&[0x91; 100_000]),
            "nested too deep to be read"
        );
        let mut bytes = vec![0x91; 1000];
        bytes.push(0x90);
        Values::new(&bytes).next::<Nest>().unwrap();
    };
    let thread = std::thread::Builder::new().stack_size(64 << 20);
    thread.spawn(work).unwrap().join().unwrap();
}

/// Who makes room by the number of elements makes it for as many as there can be.
#[test]
fn no_more_is_announced_than_there_are_bytes() {
    #[derive(Debug)]
    struct Announced;

    impl<'de> Deserialize<'de> for Announced {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_seq(Self)
        }
    }

    impl<'de> Visitor<'de> for Announced {
        type Value = Self;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a sequence")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self, A::Error> {
            Err(A::Error::custom(format_args!("{:?}", seq.size_hint())))
        }
    }

    assert_eq!(
        refused::<Announced>(b"\xdd\xff\xff\xff\xff\x01\x02"),
        "Some(2)"
    );
    assert_eq!(refused::<Announced>(b"\x91\x01\x02"), "Some(1)");
    assert_eq!(refused::<Announced>(b"\xc4\x02\x01\x02\x03"), "Some(2)");
}
