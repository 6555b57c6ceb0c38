//! The eight bytes with which both directions of a connection begin.

use super::error::FrameError;

/// What both ends send first. The digit changes only if all that follows would change.
pub(crate) const PREFACE: [u8; 8] = *b"RINGBK1\n";

/// What else comes to an open port, by its first bytes.
const STRANGERS: [(&[u8], &str); 13] = [
    (b"\x16\x03", "it begins like TLS"),
    (b"GET ", HTTP_REQUEST),
    (b"POST ", HTTP_REQUEST),
    (b"HEAD ", HTTP_REQUEST),
    (b"PUT ", HTTP_REQUEST),
    (b"DELETE ", HTTP_REQUEST),
    (b"OPTIONS ", HTTP_REQUEST),
    (b"CONNECT ", HTTP_REQUEST),
    (b"PATCH ", HTTP_REQUEST),
    (b"PRI * HTTP/2", HTTP_REQUEST),
    (b"HTTP/", "it begins like an HTTP response"),
    (b"SSH-", "it begins like SSH"),
    (b"RINGBK", "it is another generation of the protocol"),
];
const HTTP_REQUEST: &str = "it begins like an HTTP request";

/// Whether the preface stands complete at the front of `buffer`.
///
/// The first byte that does not belong to it is an error, so a stranger is not waited for.
pub(crate) fn check(buffer: &[u8]) -> Result<bool, FrameError> {
    let there = buffer.len().min(PREFACE.len());
    if buffer[..there] == PREFACE[..there] {
        return Ok(there == PREFACE.len());
    }
    let looks = STRANGERS
        .iter()
        .find(|(first, _)| {
            let there = first.len().min(buffer.len());
            first[..there] == buffer[..there]
        })
        .map_or("it begins with other bytes than `RINGBK1`", |(_, looks)| {
            looks
        });
    Err(FrameError::Preface(looks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preface_may_come_in_pieces() {
        for there in 0..PREFACE.len() {
            assert_eq!(check(&PREFACE[..there]), Ok(false));
        }
        assert_eq!(check(&PREFACE), Ok(true));
        assert_eq!(check(b"RINGBK1\n\0\0\0\x01"), Ok(true));
    }

    #[test]
    fn one_wrong_byte_is_enough() {
        assert!(check(b"X").is_err());
        for at in 0..PREFACE.len() {
            let mut wrong = PREFACE;
            wrong[at] ^= 1;
            assert!(check(&wrong).is_err());
            assert!(check(&wrong[..=at]).is_err());
            assert_eq!(check(&wrong[..at]), Ok(false));
        }
    }

    #[test]
    fn strangers_are_recognised() {
        for (first, looks) in [
            (&b"GET / HTTP/1.1\r\n"[..], "it begins like an HTTP request"),
            (b"G", "it begins like an HTTP request"),
            (b"PRI * HTTP/2.0\r\n", "it begins like an HTTP request"),
            (b"HTTP/1.1 400", "it begins like an HTTP response"),
            (b"\x16\x03\x01\x02\x00", "it begins like TLS"),
            (b"SSH-2.0-x", "it begins like SSH"),
            (b"RINGBK2\n", "it is another generation of the protocol"),
            (b"hello", "it begins with other bytes than `RINGBK1`"),
        ] {
            let error = check(first).unwrap_err();
            assert_eq!(error, FrameError::Preface(looks));
            assert_eq!(
                error.to_string(),
                format!("this is no Ringback session: {looks}")
            );
        }
    }
}
