//! Types of all sorts, and values of them, to be written and read.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) struct Numbers {
    pub(super) byte: u8,
    pub(super) short: i16,
    pub(super) signed: i64,
    pub(super) unsigned: u64,
    pub(super) wide: (i128, u128),
    pub(super) floats: (f32, f64),
    pub(super) flag: bool,
    pub(super) letter: char,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) struct Unit;

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) struct Meters(pub(super) u32);

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) struct Small(pub(super) u8);

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) struct Pair(pub(super) i32, pub(super) String);

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) struct Holes {
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(super) first: Option<u32>,
    #[serde(default, rename = "typ")]
    pub(super) last: String,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub(super) struct Strict {
    pub(super) id: u32,
    pub(super) text: Option<String>,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) enum Shape {
    Idle,
    At(i32),
    Between(u16, String),
    Moving { to: f64, by: Option<bool> },
    Nested(Box<Shape>),
    Byte(u8),
}

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(tag = "kind")]
pub(super) enum Internal {
    Idle,
    At(Strict),
    Moving { to: f64, list: Vec<i16> },
}

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(tag = "t", content = "c")]
pub(super) enum Adjacent {
    Idle,
    At(i64),
    Between(u8, u8),
    Moving { to: String },
}

#[derive(Serialize, Deserialize, Clone, Debug)]
#[serde(untagged)]
pub(super) enum Untagged {
    Number(i64),
    Text(String),
    Point { x: i32, y: i32 },
    List(Vec<u16>),
    Other(Shape),
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) struct Flat {
    pub(super) id: u32,
    #[serde(flatten)]
    pub(super) strict: Inner,
    #[serde(flatten)]
    pub(super) others: BTreeMap<String, Untagged>,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) struct Inner {
    pub(super) text: String,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) struct Byteish {
    pub(super) vector: Vec<u8>,
    pub(super) option: Option<Vec<u8>>,
    pub(super) few: [u8; 3],
    pub(super) many: [u8; 20],
    pub(super) mixed: (u8, u8, String),
    pub(super) newtypes: [Small; 2],
    pub(super) options: [Option<u8>; 17],
    pub(super) queue: VecDeque<u8>,
    pub(super) set: BTreeSet<u8>,
    pub(super) boxed: Box<[u8]>,
    pub(super) shorts: Vec<u16>,
    pub(super) flags: Vec<bool>,
    pub(super) units: Vec<()>,
    pub(super) inner: Vec<Vec<u8>>,
    pub(super) small: Vec<Small>,
}

#[derive(Serialize, Deserialize, Clone, Debug)]
pub(super) struct Everything {
    pub(super) numbers: Numbers,
    pub(super) unit: ((), Unit, Meters, Pair),
    pub(super) holes: Holes,
    pub(super) shapes: Vec<Shape>,
    pub(super) tagged: (Internal, Adjacent, Untagged),
    pub(super) flat: Flat,
    pub(super) byteish: Byteish,
    pub(super) map: BTreeMap<i16, Option<Shape>>,
    pub(super) result: Result<Duration, IpAddr>,
}

pub(super) fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zé]{0,6}", ".{28,36}", "x{250,260}"]
}

pub(super) fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(0..128u8, 0..20),
        proptest::collection::vec(any::<u8>(), 0..300),
    ]
}

/// Numbers about as often of each width.
pub(super) fn number() -> impl Strategy<Value = i64> {
    (any::<i64>(), 0..64u32).prop_map(|(number, shift)| number >> shift)
}

prop_compose! {
    pub(super) fn numbers()(
        (a, b, c, d) in (number(), number(), number(), number()),
        wide in any::<(i128, u128)>(),
        floats in any::<(f32, f64)>(),
        flag in any::<bool>(),
        letter in any::<char>(),
    ) -> Numbers {
        Numbers {
            byte: a as u8, short: b as i16, signed: c, unsigned: d as u64, wide, floats, flag, letter,
        }
    }
}

pub(super) fn shape() -> impl Strategy<Value = Shape> {
    let plain = prop_oneof![
        Just(Shape::Idle),
        any::<i32>().prop_map(Shape::At),
        any::<u8>().prop_map(Shape::Byte),
        (any::<u16>(), text()).prop_map(|(a, b)| Shape::Between(a, b)),
        any::<(f64, Option<bool>)>().prop_map(|(to, by)| Shape::Moving { to, by }),
    ];
    plain.prop_recursive(3, 4, 1, |inner| {
        inner.prop_map(|inner| Shape::Nested(Box::new(inner)))
    })
}

pub(super) fn strict() -> impl Strategy<Value = Strict> {
    (any::<u32>(), proptest::option::of(text())).prop_map(|(id, text)| Strict { id, text })
}

pub(super) fn tagged() -> impl Strategy<Value = (Internal, Adjacent)> {
    let internal = prop_oneof![
        Just(Internal::Idle),
        strict().prop_map(Internal::At),
        any::<(f64, Vec<i16>)>().prop_map(|(to, list)| Internal::Moving { to, list }),
    ];
    let adjacent = prop_oneof![
        Just(Adjacent::Idle),
        number().prop_map(Adjacent::At),
        any::<(u8, u8)>().prop_map(|(a, b)| Adjacent::Between(a, b)),
        text().prop_map(|to| Adjacent::Moving { to }),
    ];
    (internal, adjacent)
}

pub(super) fn untagged() -> impl Strategy<Value = Untagged> {
    prop_oneof![
        number().prop_map(Untagged::Number),
        text().prop_map(Untagged::Text),
        any::<(i32, i32)>().prop_map(|(x, y)| Untagged::Point { x, y }),
        any::<Vec<u16>>().prop_map(Untagged::List),
        (any::<u16>(), text()).prop_map(|(a, b)| Untagged::Other(Shape::Between(a, b))),
    ]
}

prop_compose! {
    pub(super) fn flat()(
        id in any::<u32>(),
        text in text(),
        others in proptest::collection::btree_map("[b-h]{1,3}", untagged(), 0..20),
    ) -> Flat {
        Flat { id, strict: Inner { text }, others }
    }
}

prop_compose! {
    pub(super) fn byteish()(
        vector in bytes(),
        option in proptest::option::of(bytes()),
        few in prop_oneof![any::<[u8; 3]>(), Just([0, 127, 3])],
        many in any::<[u8; 20]>(),
        (a, b, c) in (any::<u8>(), any::<u8>(), text()),
        options in any::<[Option<u8>; 17]>(),
        queue in bytes(),
        shorts in any::<Vec<u16>>(),
        flags in any::<Vec<bool>>(),
        inner in proptest::collection::vec(bytes(), 0..4),
    ) -> Byteish {
        Byteish {
            few, many, options, shorts, flags, inner, option,
            mixed: (a, b, c),
            newtypes: [Small(a), Small(b)],
            set: queue.iter().copied().collect(),
            boxed: queue.clone().into(),
            units: vec![(); usize::from(a) % 20],
            small: vector.iter().copied().map(Small).collect(),
            queue: queue.into(),
            vector,
        }
    }
}

prop_compose! {
    pub(super) fn everything()(
        numbers in numbers(),
        pair in (any::<i32>(), text()),
        first in any::<Option<u32>>(),
        shapes in proptest::collection::vec(shape(), 0..40),
        (internal, adjacent) in tagged(),
        untagged in untagged(),
        flat in flat(),
        byteish in byteish(),
        map in proptest::collection::btree_map(any::<i16>(), proptest::option::of(shape()), 0..20),
        result in prop_oneof![
            any::<u64>().prop_map(|nanos| Ok(Duration::from_nanos(nanos))),
            any::<IpAddr>().prop_map(Err),
        ],
    ) -> Everything {
        Everything {
            unit: ((), Unit, Meters(numbers.unsigned as u32), Pair(pair.0, pair.1)),
            holes: Holes { first, last: numbers.letter.to_string() },
            tagged: (internal, adjacent, untagged),
            numbers, shapes, flat, byteish, map, result,
        }
    }
}
