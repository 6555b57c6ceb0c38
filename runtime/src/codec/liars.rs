//! Whatever a `Serialize` does, either it fails or what it wrote is one value that the peer takes.

use std::cell::Cell;

use proptest::prelude::*;
use rmp_serde::config::BytesMode;
use serde::ser::{
    Error, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::serializer::EXTENSION;
use super::{encode, scan};

/// What a `Serialize` does.
#[derive(Clone, Debug)]
enum Script {
    Nil,
    Byte(u8),
    Number(i64),
    Text(usize),
    Bytes(usize),
    Fail,
    Some(Box<Script>),
    Extension(i8, usize),
    Variant(Box<Script>),
    /// Begins the one or the other, and announces so many more than there are, or nothing.
    Many(Shape, Option<i8>, Vec<Script>, Errors),
    /// Goes by an iterator that announces so many more than it has.
    Iterator(i8, Vec<Script>),
}

#[derive(Clone, Copy, Debug)]
enum Shape {
    Seq,
    Map,
    Tuple,
    TupleStruct,
    TupleVariant,
    Struct,
    StructVariant,
}

/// What is done when an element cannot be written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Errors {
    /// The error is handed on.
    Returned,
    /// Nothing, as if it had been written.
    Ignored,
    /// Another one is written in its place.
    Replaced,
}

thread_local! {
    /// An error was not handed on, or a wrong number was announced.
    static LIED: Cell<bool> = const { Cell::new(false) };
}

impl Errors {
    fn handle<E>(
        self,
        written: Result<(), E>,
        mut again: impl FnMut() -> Result<(), E>,
    ) -> Result<(), E> {
        match (written, self) {
            (Ok(()), _) => Ok(()),
            (Err(why), Self::Returned) => Err(why),
            (Err(_), Self::Ignored) => {
                LIED.set(true);
                Ok(())
            }
            (Err(_), Self::Replaced) => {
                LIED.set(true);
                again()
            }
        }
    }
}

macro_rules! many {
    ($errors:ident, $items:ident, $made:expr, $method:ident($($name:expr)?)) => {{
        let mut made = $made?;
        for item in $items {
            let written = made.$method($($name,)? item);
            $errors.handle(written, || made.$method($($name,)? &Script::Nil))?;
        }
        made.end()
    }};
}

impl Serialize for Script {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nil => serializer.serialize_unit(),
            Self::Byte(number) => serializer.serialize_u8(*number),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Text(length) => serializer.serialize_str(&"x".repeat(*length)),
            Self::Bytes(length) => serializer.serialize_bytes(&vec![0; *length]),
            Self::Fail => Err(S::Error::custom("it was to fail")),
            Self::Some(inner) => serializer.serialize_some(inner),
            Self::Extension(tag, length) => serializer
                .serialize_newtype_struct(EXTENSION, &(*tag, super::Bytes(&vec![0; *length]))),
            Self::Variant(inner) => serializer.serialize_newtype_variant("E", 0, "V", inner),
            Self::Iterator(more, items) => serializer.collect_seq(Liar {
                items: items.iter(),
                announced: announced(*more, items.len()),
            }),
            Self::Many(shape, more, items, errors) => {
                let number = match shape {
                    Shape::Map => items.len() / 2,
                    _ => items.len(),
                };
                let known = announced(more.unwrap_or_default(), number);
                let length = more.map(|_| known);
                match shape {
                    Shape::Seq => {
                        many!(
                            errors,
                            items,
                            serializer.serialize_seq(length),
                            serialize_element()
                        )
                    }
                    Shape::Map => {
                        if items.len() % 2 == 1 {
                            LIED.set(true); // a key without a value
                        }
                        let mut map = serializer.serialize_map(length)?;
                        for (at, item) in items.iter().enumerate() {
                            let written = match at % 2 {
                                0 => map.serialize_key(item),
                                _ => map.serialize_value(item),
                            };
                            errors.handle(written, || map.serialize_value(&Self::Nil))?;
                        }
                        map.end()
                    }
                    Shape::Tuple => {
                        many!(
                            errors,
                            items,
                            serializer.serialize_tuple(known),
                            serialize_element()
                        )
                    }
                    Shape::TupleStruct => {
                        let made = serializer.serialize_tuple_struct("T", known);
                        many!(errors, items, made, serialize_field())
                    }
                    Shape::TupleVariant => {
                        let made = serializer.serialize_tuple_variant("E", 0, "V", known);
                        many!(errors, items, made, serialize_field())
                    }
                    Shape::Struct => {
                        let made = serializer.serialize_struct("S", known);
                        many!(errors, items, made, serialize_field("f"))
                    }
                    Shape::StructVariant => {
                        let made = serializer.serialize_struct_variant("E", 0, "V", known);
                        many!(errors, items, made, serialize_field("f"))
                    }
                }
            }
        }
    }
}

fn announced(more: i8, number: usize) -> usize {
    let announced = number.saturating_add_signed(more.into());
    if announced != number {
        LIED.set(true);
    }
    announced
}

/// An iterator as small as that of a slice, or larger, whatever it is told to be.
struct Liar<'a> {
    items: std::slice::Iter<'a, Script>,
    announced: usize,
}

impl<'a> Iterator for Liar<'a> {
    type Item = &'a Script;

    fn next(&mut self) -> Option<&'a Script> {
        self.items.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.announced, Some(self.announced))
    }
}

fn script() -> impl Strategy<Value = Script> {
    let plain = prop_oneof![
        2 => Just(Script::Nil),
        4 => any::<u8>().prop_map(Script::Byte),
        1 => any::<i64>().prop_map(Script::Number),
        1 => (0..300usize).prop_map(Script::Text),
        1 => (0..300usize).prop_map(Script::Bytes),
        1 => Just(Script::Fail),
        1 => (any::<i8>(), 0..20usize).prop_map(|(tag, length)| Script::Extension(tag, length)),
    ];
    let shape = prop_oneof![
        Just(Shape::Seq),
        Just(Shape::Map),
        Just(Shape::Tuple),
        Just(Shape::TupleStruct),
        Just(Shape::TupleVariant),
        Just(Shape::Struct),
        Just(Shape::StructVariant),
    ];
    let errors = prop_oneof![
        Just(Errors::Returned),
        Just(Errors::Ignored),
        Just(Errors::Replaced),
    ];
    let more = prop_oneof![8 => Just(0i8), 1 => -3..3i8];
    plain.prop_recursive(6, 40, 4, move |inner| {
        let many = prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5),
            proptest::collection::vec(any::<u8>().prop_map(Script::Byte), 0..40),
        ];
        prop_oneof![
            1 => inner.clone().prop_map(|inner| Script::Some(Box::new(inner))),
            1 => inner.prop_map(|inner| Script::Variant(Box::new(inner))),
            4 => (shape.clone(), proptest::option::of(more.clone()), many.clone(), errors.clone())
                .prop_map(|(shape, more, items, errors)| Script::Many(shape, more, items, errors)),
            1 => (more.clone(), many).prop_map(|(more, items)| Script::Iterator(more, items)),
        ]
    })
}

/// What rmp-serde writes, if a scan passes it.
fn scanned(script: &Script, compact: bool, max_nesting: u32) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut writer = rmp_serde::Serializer::new(&mut out).with_bytes(BytesMode::ForceAll);
    match compact {
        true => script.serialize(&mut writer),
        false => script.serialize(&mut writer.with_struct_map()),
    }
    .ok()?;
    (scan(&out, max_nesting) == Ok(out.len())).then_some(out)
}

proptest! {
    #[test]
    fn what_is_written_is_one_value(
        script in script(),
        compact in any::<bool>(),
        max_nesting in 0..8u32,
    ) {
        LIED.set(false);
        let mut out = vec![0xc1];
        let written = encode(&script, &mut out, compact, max_nesting);
        prop_assert_eq!(out.remove(0), 0xc1);
        match &written {
            Ok(()) => prop_assert_eq!(scan(&out, max_nesting), Ok(out.len())),
            Err(_) => prop_assert!(out.is_empty(), "what was written of it is left"),
        }
        // It fails even where a scan would not notice, since what is missing is made up by what follows.
        match LIED.get() {
            true => prop_assert!(written.is_err()),
            false => prop_assert_eq!(written.ok().map(|()| out), scanned(&script, compact, max_nesting)),
        }
    }
}
