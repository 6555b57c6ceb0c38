//! Makes sure that a value is all there and not too deep, before anything decodes it: what the library does first with
//! values of few arrays and maps.

/// The bytes of a value whose marker tells them, or 0.
const PLAIN: [u8; 256] = {
    let mut lengths = [0; 256];
    let mut marker = 0;
    while marker < 256 {
        lengths[marker] = match marker {
            0x00..=0x7f | 0xc0 | 0xc2 | 0xc3 | 0xe0..=0xff => 1,
            0xa0..=0xbf => 1 + (marker as u8 & 0x1f),
            0xcc | 0xd0 => 2,
            0xcd | 0xd1 => 3,
            0xca | 0xce | 0xd2 => 5,
            0xcb | 0xcf | 0xd3 => 9,
            _ => 0,
        };
        marker += 1;
    }
    lengths
};

/// The length of the value at the front. `None` of what is wrong, and of what no event has: long texts, arrays and maps.
pub(super) fn scan(bytes: &[u8], mut levels: u32) -> Option<usize> {
    let (mut at, mut awaited) = (0, 1);
    while awaited > 0 {
        let marker = *bytes.get(at)?;
        let plain = usize::from(PLAIN[usize::from(marker)]);
        match marker {
            _ if plain > 0 => at += plain,
            0x80..=0x9f => {
                at += 1;
                levels = levels.checked_sub(1)?;
                awaited += usize::from(marker & 0x0f) << u32::from(marker < 0x90);
            }
            0xc4 | 0xd9 => at += 2 + usize::from(*bytes.get(at + 1)?),
            _ => return None,
        }
        awaited -= 1;
    }
    (at <= bytes.len()).then_some(at)
}
