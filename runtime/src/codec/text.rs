//! Bytes that should be text.

use ascii::AsciiStr;

/// The standard library is fast with what is longer.
const SHORT: usize = 128;

/// The text that the bytes are, if they are UTF-8.
///
/// Most texts are short and ASCII. To see that takes half of the time in which the standard library checks one.
#[inline]
pub(crate) fn utf8(bytes: &[u8]) -> Option<&str> {
    if bytes.len() <= SHORT
        && let Ok(text) = AsciiStr::from_ascii(bytes)
    {
        return Some(text.as_str());
    }
    std::str::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::utf8;

    proptest! {
        #[test]
        fn text_is_what_the_standard_library_takes_for_it(
            text in "[ -~]{0,140}.{0,10}",
            bytes in prop::collection::vec(any::<u8>(), 0..40),
            cut in 0..160_usize,
        ) {
            let whole = text.as_bytes();
            let cut = &whole[..cut.min(whole.len())];
            for bytes in [whole, cut, &bytes[..]] {
                prop_assert_eq!(utf8(bytes), std::str::from_utf8(bytes).ok());
            }
        }
    }
}
