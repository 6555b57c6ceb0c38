//! What events and calls carry: bytes that follow from their number, so that the receiver can tell.

/// The body of that number in that row.
pub fn body(row: u64, number: u64) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(row.rotate_left(40) ^ number);
    // Mostly short; sometimes a frame that crosses several reads; rarely one that fills buffers.
    let length = match random.u16(..2000) {
        0 => random.usize(..60_000),
        1..=10 => random.usize(..2000),
        _ => random.usize(..32),
    };
    let mut body = vec![0; length];
    random.fill(&mut body);
    body
}

/// Whether that is the body of that number in that row.
pub fn is_body(row: u64, number: u64, bytes: &[u8]) -> bool {
    body(row, number) == bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_that_of_its_number_only() {
        let longest = (0..5000).map(|number| body(1, number).len()).max();
        assert!(longest > Some(2000));
        let one = (0..).find(|number| body(3, *number).len() > 8).unwrap();
        let mut sent = body(3, one);
        assert!(is_body(3, one, &sent));
        assert!(!is_body(3, one + 1, &sent));
        assert!(!is_body(4, one, &sent));
        sent[4] ^= 1;
        assert!(!is_body(3, one, &sent));
    }
}
