//! Appends MessagePack values in their shortest form.

use bytes::{BufMut, BytesMut};

pub(super) fn put_nil(out: &mut BytesMut) {
    out.put_u8(0xc0);
}

pub(super) fn put_bool(out: &mut BytesMut, value: bool) {
    out.put_u8(0xc2 + u8::from(value));
}

#[inline]
pub(super) fn put_unsigned(out: &mut BytesMut, value: u64) {
    if value < 0x80 {
        out.put_u8(value as u8);
    } else if let Ok(value) = u8::try_from(value) {
        out.put_slice(&[0xcc, value]);
    } else if let Ok(value) = u16::try_from(value) {
        out.put_u8(0xcd);
        out.put_u16(value);
    } else if let Ok(value) = u32::try_from(value) {
        out.put_u8(0xce);
        out.put_u32(value);
    } else {
        out.put_u8(0xcf);
        out.put_u64(value);
    }
}

#[inline]
pub(super) fn put_unsigned_or_nil(out: &mut BytesMut, value: Option<u64>) {
    match value {
        Some(value) => put_unsigned(out, value),
        None => put_nil(out),
    }
}

pub(super) fn put_signed(out: &mut BytesMut, value: i64) {
    if let Ok(value) = u64::try_from(value) {
        put_unsigned(out, value);
    } else if value >= -32 {
        out.put_i8(value as i8);
    } else if let Ok(value) = i8::try_from(value) {
        out.put_u8(0xd0);
        out.put_i8(value);
    } else if let Ok(value) = i16::try_from(value) {
        out.put_u8(0xd1);
        out.put_i16(value);
    } else if let Ok(value) = i32::try_from(value) {
        out.put_u8(0xd2);
        out.put_i32(value);
    } else {
        out.put_u8(0xd3);
        out.put_i64(value);
    }
}

#[inline]
pub(super) fn put_array(out: &mut BytesMut, len: usize) {
    put_count(out, len, (0x90, 15), (0xdc, 0xdd));
}

#[inline]
pub(super) fn put_map(out: &mut BytesMut, len: usize) {
    put_count(out, len, (0x80, 15), (0xde, 0xdf));
}

#[inline]
pub(super) fn put_string(out: &mut BytesMut, text: &str) {
    match text.len() {
        len @ 32..=255 => out.put_slice(&[0xd9, len as u8]),
        len => put_count(out, len, (0xa0, 31), (0xda, 0xdb)),
    }
    out.put_slice(text.as_bytes());
}

/// A count in the marker itself, in two bytes or in four. No count here comes near 2^32: what is counted
/// lies in memory, and a frame that long is refused by its length.
#[inline]
fn put_count(out: &mut BytesMut, len: usize, (fixed, most): (u8, usize), (two, four): (u8, u8)) {
    if len <= most {
        out.put_u8(fixed | len as u8);
    } else if let Ok(len) = u16::try_from(len) {
        out.put_u8(two);
        out.put_u16(len);
    } else {
        out.put_u8(four);
        out.put_u32(u32::try_from(len).unwrap_or(u32::MAX));
    }
}
