//! Numbers that can be read.

/// Three digits that count, and thousands in groups.
pub(crate) fn short(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude >= 1e7 {
        return format!("{:.1}M", value / 1e6);
    }
    if magnitude >= 1e6 {
        return format!("{:.2}M", value / 1e6);
    }
    if magnitude >= 100.0 {
        return grouped(value.round() as i64);
    }
    if magnitude >= 10.0 {
        return format!("{value:.1}");
    }
    format!("{value:.2}")
}

fn grouped(value: i64) -> String {
    let digits = value.abs().to_string();
    let mut grouped = String::from(if value < 0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::short;

    #[test]
    fn numbers_are_short() {
        let shown = [0.204, 3.0, 19.64, 123.4, 1234.5, 846_123.0, 3.7e6, 12.34e6].map(short);
        let wanted = [
            "0.20", "3.00", "19.6", "123", "1,235", "846,123", "3.70M", "12.3M",
        ];
        assert_eq!(shown, wanted);
    }
}
