//! What tells whether a value is a `u8`.

use std::fmt;

use serde::ser::{Error, Impossible, Serialize, Serializer};

/// Takes a `u8`, and nothing else.
pub(super) struct OnlyByte;

/// A value that is no `u8`.
#[derive(Debug)]
pub(super) struct NoByte;

impl fmt::Display for NoByte {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a `u8`")
    }
}

impl std::error::Error for NoByte {}

impl Error for NoByte {
    fn custom<T: fmt::Display>(_why: T) -> Self {
        Self
    }
}

macro_rules! refuse {
    ($($method:ident $(<$generic:ident>)? ($($type:ty),*) -> $ok:ty;)*) => {$(
        fn $method $(<$generic: Serialize + ?Sized>)? (self, $(_: $type),*) -> Result<$ok, NoByte> {
            Err(NoByte)
        }
    )*};
}

type No = Impossible<u8, NoByte>;

impl Serializer for OnlyByte {
    type Ok = u8;
    type Error = NoByte;
    type SerializeSeq = No;
    type SerializeTuple = No;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    #[inline]
    fn serialize_u8(self, value: u8) -> Result<u8, NoByte> {
        Ok(value)
    }

    fn is_human_readable(&self) -> bool {
        false
    }

    refuse! {
        serialize_bool(bool) -> u8;
        serialize_i8(i8) -> u8;
        serialize_i16(i16) -> u8;
        serialize_i32(i32) -> u8;
        serialize_i64(i64) -> u8;
        serialize_i128(i128) -> u8;
        serialize_u16(u16) -> u8;
        serialize_u32(u32) -> u8;
        serialize_u64(u64) -> u8;
        serialize_u128(u128) -> u8;
        serialize_f32(f32) -> u8;
        serialize_f64(f64) -> u8;
        serialize_char(char) -> u8;
        serialize_str(&str) -> u8;
        serialize_bytes(&[u8]) -> u8;
        serialize_none() -> u8;
        serialize_some<T>(&T) -> u8;
        serialize_unit() -> u8;
        serialize_unit_struct(&'static str) -> u8;
        serialize_unit_variant(&'static str, u32, &'static str) -> u8;
        serialize_newtype_struct<T>(&'static str, &T) -> u8;
        serialize_newtype_variant<T>(&'static str, u32, &'static str, &T) -> u8;
        serialize_seq(Option<usize>) -> No;
        serialize_tuple(usize) -> No;
        serialize_tuple_struct(&'static str, usize) -> No;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No;
        serialize_map(Option<usize>) -> No;
        serialize_struct(&'static str, usize) -> No;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No;
    }

    fn collect_seq<I>(self, _values: I) -> Result<u8, NoByte>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        Err(NoByte)
    }

    fn collect_map<K, V, I>(self, _entries: I) -> Result<u8, NoByte>
    where
        K: Serialize,
        V: Serialize,
        I: IntoIterator<Item = (K, V)>,
    {
        Err(NoByte)
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _value: &T) -> Result<u8, NoByte> {
        Err(NoByte)
    }
}
