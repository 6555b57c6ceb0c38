//! Appends MessagePack values in their shortest form.

use bytes::BufMut;

pub(super) fn put_nil(out: &mut impl BufMut) {
    out.put_u8(0xc0);
}

pub(super) fn put_bool(out: &mut impl BufMut, value: bool) {
    out.put_u8(0xc2 + u8::from(value));
}

#[inline]
pub(super) fn put_unsigned(out: &mut impl BufMut, value: u64) {
    if value < 0x80 {
        out.put_u8(value as u8);
    } else {
        let (bytes, length) = long_unsigned(value);
        out.put_slice(&bytes[..length]);
    }
}

/// A number that is too great for its marker: the first of these bytes, so many.
#[inline]
pub(super) fn long_unsigned(value: u64) -> ([u8; 9], usize) {
    let [a, b, c, d, e, f, g, h] = value.to_be_bytes();
    match value {
        0..0x100 => ([0xcc, h, 0, 0, 0, 0, 0, 0, 0], 2),
        0x100..0x1_0000 => ([0xcd, g, h, 0, 0, 0, 0, 0, 0], 3),
        0x1_0000..0x1_0000_0000 => ([0xce, e, f, g, h, 0, 0, 0, 0], 5),
        _ => ([0xcf, a, b, c, d, e, f, g, h], 9),
    }
}

/// A number of 32 bits of which mostly all are needed.
#[inline]
pub(super) fn put_hash(out: &mut impl BufMut, hash: u32) {
    if hash > u32::from(u16::MAX) {
        let [a, b, c, d] = hash.to_be_bytes();
        out.put_slice(&[0xce, a, b, c, d]);
    } else {
        put_unsigned(out, u64::from(hash));
    }
}

#[inline]
pub(super) fn put_unsigned_or_nil(out: &mut impl BufMut, value: Option<u64>) {
    match value {
        Some(value) => put_unsigned(out, value),
        None => put_nil(out),
    }
}

pub(super) fn put_signed(out: &mut impl BufMut, value: i64) {
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
pub(super) fn put_array(out: &mut impl BufMut, len: usize) {
    put_count(out, len, (0x90, 15), (0xdc, 0xdd));
}

#[inline]
pub(super) fn put_map(out: &mut impl BufMut, len: usize) {
    put_count(out, len, (0x80, 15), (0xde, 0xdf));
}

#[inline]
pub(super) fn put_string(out: &mut impl BufMut, text: &str) {
    match text.len() {
        len @ 32..=255 => out.put_slice(&[0xd9, len as u8]),
        len => put_count(out, len, (0xa0, 31), (0xda, 0xdb)),
    }
    out.put_slice(text.as_bytes());
}

/// A count in the marker itself, in two bytes or in four. No count here comes near 2^32: what is counted
/// lies in memory, and a frame that long is refused by its length.
#[inline]
fn put_count(out: &mut impl BufMut, len: usize, (fixed, most): (u8, usize), (two, four): (u8, u8)) {
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

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::*;

    fn put(value: impl FnOnce(&mut BytesMut)) -> Vec<u8> {
        let mut out = BytesMut::new();
        value(&mut out);
        out.to_vec()
    }

    #[test]
    fn integers_take_their_shortest_form() {
        for (value, form) in [
            (0, &[0x00][..]),
            (0x7f, &[0x7f]),
            (0x80, &[0xcc, 0x80]),
            (0xff, &[0xcc, 0xff]),
            (0x100, &[0xcd, 0x01, 0x00]),
            (0xffff, &[0xcd, 0xff, 0xff]),
            (0x1_0000, &[0xce, 0, 1, 0, 0]),
            (0xffff_ffff, &[0xce, 0xff, 0xff, 0xff, 0xff]),
            (0x1_0000_0000, &[0xcf, 0, 0, 0, 1, 0, 0, 0, 0]),
            (
                i64::MAX,
                &[0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
            ),
            (-1, &[0xff]),
            (-32, &[0xe0]),
            (-33, &[0xd0, 0xdf]),
            (-128, &[0xd0, 0x80]),
            (-129, &[0xd1, 0xff, 0x7f]),
            (-32_768, &[0xd1, 0x80, 0x00]),
            (-32_769, &[0xd2, 0xff, 0xff, 0x7f, 0xff]),
            (i64::from(i32::MIN), &[0xd2, 0x80, 0, 0, 0]),
            (
                i64::from(i32::MIN) - 1,
                &[0xd3, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff],
            ),
        ] {
            assert_eq!(put(|out| put_signed(out, value)), form, "{value}");
        }
        assert_eq!(
            put(|out| put_unsigned(out, u64::MAX)),
            [[0xcf].as_slice(), &[0xff; 8]].concat()
        );
    }

    #[test]
    fn counts_take_their_shortest_form() {
        for (count, array, map) in [
            (0, &[0x90][..], &[0x80][..]),
            (15, &[0x9f], &[0x8f]),
            (16, &[0xdc, 0, 16], &[0xde, 0, 16]),
            (0xffff, &[0xdc, 0xff, 0xff], &[0xde, 0xff, 0xff]),
            (0x1_0000, &[0xdd, 0, 1, 0, 0], &[0xdf, 0, 1, 0, 0]),
        ] {
            assert_eq!(put(|out| put_array(out, count)), array);
            assert_eq!(put(|out| put_map(out, count)), map);
        }
    }

    #[test]
    fn texts_take_their_shortest_form() {
        for (length, head) in [
            (0, &[0xa0][..]),
            (31, &[0xbf]),
            (32, &[0xd9, 32]),
            (255, &[0xd9, 255]),
            (256, &[0xda, 1, 0]),
            (0xffff, &[0xda, 0xff, 0xff]),
            (0x1_0000, &[0xdb, 0, 1, 0, 0]),
        ] {
            let text = "x".repeat(length);
            assert_eq!(
                put(|out| put_string(out, &text)),
                [head, text.as_bytes()].concat()
            );
        }
    }
}
