//! One line of the measurements file: what it may look like, and the words for one that does not.
//!
//! The variants share these rules, so that they accept and refuse the same files.

use workload_api::WorkloadError;

/// Longest name of a station in bytes; the shortest has one.
pub(super) const NAME_BYTES_MAX: usize = 100;

/// Longest line in bytes, without its newline.
pub(super) const LINE_BYTES_MAX: usize = NAME_BYTES_MAX + ";-99.9".len();

/// Whether a line without its newline keeps all the rules.
pub(super) fn is_measurement(line: &[u8]) -> bool {
    split(line)
        .is_some_and(|(name, value)| std::str::from_utf8(name).is_ok() && tenths(value).is_some())
}

/// Whether text is a name that a line could have.
pub(super) fn is_name(text: &[u8]) -> bool {
    (1..=NAME_BYTES_MAX).contains(&text.len()) && !text.iter().any(|byte| b";\n".contains(byte))
}

/// Splits a line without its newline into name and value. The name is not yet known to be text.
/// The value is whatever follows the first `;`.
pub(super) fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let semicolon = line.iter().position(|&byte| byte == b';')?;
    let (name, value) = (&line[..semicolon], &line[semicolon + 1..]);
    (1..=NAME_BYTES_MAX).contains(&name.len()).then_some((name, value))
}

/// The value in tenths, when it has an optional minus sign, one or two digits, a point and one
/// digit. Nothing else is a value: no plus sign, no exponent, no carriage return.
pub(super) fn tenths(value: &[u8]) -> Option<i16> {
    let (negative, digits) = match value {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let tenths = match *digits {
        [ones, b'.', tenth] => 10 * digit(ones)? + digit(tenth)?,
        [tens, ones, b'.', tenth] => 100 * digit(tens)? + 10 * digit(ones)? + digit(tenth)?,
        _ => return None,
    };
    Some(if negative { -tenths } else { tenths })
}

fn digit(byte: u8) -> Option<i16> {
    byte.is_ascii_digit().then(|| i16::from(byte - b'0'))
}

/// The error for a line that is not a measurement; `offset` is where in the file it begins.
pub(super) fn malformed(line: &[u8], offset: u64) -> WorkloadError {
    // A line of a file that is no measurements file at all may be as long as that file.
    let shown = String::from_utf8_lossy(&line[..line.len().min(120)]);
    WorkloadError::new(format!(
        "malformed line at byte {offset}: expected a name of 1 to {NAME_BYTES_MAX} bytes of UTF-8, \
         `;`, a number from -99.9 to 99.9 with one decimal and a newline, found {shown:?}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_one_decimal_and_nothing_else() {
        let check = |value: &str, expect| assert_eq!(tenths(value.as_bytes()), expect, "{value:?}");
        check("0.0", Some(0));
        check("-0.0", Some(0));
        check("-0.5", Some(-5));
        check("7.3", Some(73));
        check("99.9", Some(999));
        check("-99.9", Some(-999));
        for wrong in [
            "", "-", "1", "1.", ".1", "+1.0", "1.00", "100.0", "--1.0", "1,0", "1.0\r", " 1.0",
            "1e1",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn names_have_1_to_100_bytes() {
        assert_eq!(split(b"a;1.0"), Some((&b"a"[..], &b"1.0"[..])));
        assert_eq!(split(b"a;1;0"), Some((&b"a"[..], &b"1;0"[..])));
        assert_eq!(split(b";1.0"), None);
        assert_eq!(split(b"a1.0"), None);
        let longest = "ü".repeat(50) + ";1.0";
        assert!(split(longest.as_bytes()).is_some());
        assert_eq!(split(format!("x{longest}").as_bytes()), None);
    }
}
