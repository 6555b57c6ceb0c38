//! `5s`, `250ms`: how a timeout is written.

use std::fmt;

/// Why a text is no duration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BadDuration {
    Number,
    Unit,
    Zero,
    TooLong,
}

impl fmt::Display for BadDuration {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Number => "a duration begins with a whole number",
            Self::Unit => "a duration ends with its unit",
            Self::Zero => "a timeout of nothing would fail every call",
            Self::TooLong => "this is longer than can be counted",
        })
    }
}

/// The milliseconds of a whole number and a unit of `ms`, `s`, `m` or `h`.
pub(crate) fn millis(text: &str) -> Result<u64, BadDuration> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let scale = match unit.trim_start() {
        _ if number.is_empty() => return Err(BadDuration::Number),
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(BadDuration::Unit),
    };
    let number: u64 = number.parse().map_err(|_| BadDuration::TooLong)?;
    match number.checked_mul(scale) {
        None => Err(BadDuration::TooLong),
        Some(0) => Err(BadDuration::Zero),
        Some(millis) => Ok(millis),
    }
}

#[cfg(test)]
mod tests {
    use super::{BadDuration, millis};

    #[test]
    fn takes_a_whole_number_and_a_unit() {
        assert_eq!(millis("250ms"), Ok(250));
        assert_eq!(millis("5s"), Ok(5_000));
        assert_eq!(millis("5 s"), Ok(5_000));
        assert_eq!(millis("2m"), Ok(120_000));
        assert_eq!(millis("1h"), Ok(3_600_000));
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(millis(""), Err(BadDuration::Number));
        assert_eq!(millis("s"), Err(BadDuration::Number));
        assert_eq!(millis("-5s"), Err(BadDuration::Number));
        assert_eq!(millis("5"), Err(BadDuration::Unit));
        assert_eq!(millis("1.5s"), Err(BadDuration::Unit));
        assert_eq!(millis("5 seconds"), Err(BadDuration::Unit));
        assert_eq!(millis("0ms"), Err(BadDuration::Zero));
        assert_eq!(millis("18446744073709551615h"), Err(BadDuration::TooLong));
        assert_eq!(millis("99999999999999999999ms"), Err(BadDuration::TooLong));
    }
}
