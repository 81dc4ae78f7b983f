//! Decimals and timestamps as they stand in strings. Both parsers read them here, so that they agree.

use super::date::Date;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// A decimal in units of its last place: an optional minus, digits, and with a scale a point and
/// exactly so many digits; not more digits than the precision.
pub(super) fn decimal(text: &[u8], (precision, scale): (u8, u8)) -> Option<i128> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', digits)) => (true, digits),
        _ => (false, text),
    };
    let places = usize::from(scale);
    let (whole, fraction) = match places {
        0 => (digits, &digits[..0]),
        _ => {
            let point = digits.len().checked_sub(places + 1)?;
            let (whole, rest) = digits.split_at(point);
            (whole, rest.strip_prefix(b".")?)
        }
    };
    if whole.is_empty() {
        return None;
    }
    let value = match digits.len() {
        ..=SHORT => short_number(fraction, short_number(whole, 0)?)?.into(),
        _ => whole.iter().chain(fraction).try_fold(0_i128, |value, digit| {
            let digit = digit.is_ascii_digit().then(|| i128::from(digit - b'0'))?;
            value.checked_mul(10)?.checked_add(digit)
        })?,
    };
    let fits = value < POWERS[usize::from(precision)];
    fits.then_some(if negative { -value } else { value })
}

/// Powers of ten, up to the largest precision.
static POWERS: [i128; 39] = {
    let (mut powers, mut power) = ([1; 39], 1);
    while power < powers.len() {
        powers[power] = 10 * powers[power - 1];
        power += 1;
    }
    powers
};

/// Digits of which any number fits 64 bits.
const SHORT: usize = 19;

/// The number that goes on with these digits, no more than [`SHORT`] in all.
fn short_number(digits: &[u8], begun: u64) -> Option<u64> {
    digits.iter().try_fold(begun, |number, digit| {
        digit.is_ascii_digit().then(|| 10 * number + u64::from(digit - b'0'))
    })
}

/// Microseconds since 1970 of a text such as `1996-03-13 17:04:59.000001`.
pub(super) fn timestamp(text: &[u8]) -> Option<i64> {
    let text: &[u8; 26] = text.try_into().ok()?;
    let Date(days) = Date::parse(std::str::from_utf8(&text[..10]).ok()?)?;
    let &[b' ', h1, h0, b':', m1, m0, b':', s1, s0, b'.'] = text[10..20].first_chunk()? else {
        return None;
    };
    // OK because no part has more than six digits.
    let number = |digits: &[u8]| short_number(digits, 0).map(|number| number as i64);
    let (hours, minutes, seconds) = (number(&[h1, h0])?, number(&[m1, m0])?, number(&[s1, s0])?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    let seconds = (60 * hours + minutes) * 60 + seconds;
    Some(i64::from(days) * DAY + seconds * 1_000_000 + number(&text[20..])?)
}

/// A timestamp as it stands in a string.
pub(super) fn timestamp_text(micros: i64) -> String {
    let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{} {hours:02}:{minutes:02}:{seconds:02}.{fraction:06}", Date(days as i32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_units_of_the_last_place() {
        let check = |text: &str, of, expect| {
            assert_eq!(decimal(text.as_bytes(), of), expect, "{text:?} {of:?}");
        };
        check("0.00", (18, 2), Some(0));
        check("-0.05", (18, 2), Some(-5));
        check("9999999999999999.99", (18, 2), Some(10_i128.pow(18) - 1));
        check("10000000000000000.00", (18, 2), None);
        check("007.00", (18, 2), Some(700));
        check("12", (5, 0), Some(12));
        check("1.", (5, 0), None);
        check("-0.000000001", (38, 9), Some(-1));
        let most = format!("{}.{}", "9".repeat(29), "9".repeat(9));
        check(&most, (38, 9), Some(10_i128.pow(38) - 1));
        check(&format!("1{most}"), (38, 9), None);
        check(&"9".repeat(60), (38, 0), None);
        for wrong in
            ["", "-", ".10", "1.", "1.0", "1.000", "+1.00", "--1.00", "1.+1", "a.00", "1a00"]
        {
            check(wrong, (18, 2), None);
        }
    }

    #[test]
    fn timestamps_read_as_they_are_written() {
        let check = |text: &str, micros| {
            assert_eq!(timestamp(text.as_bytes()), Some(micros), "{text}");
            assert_eq!(timestamp_text(micros), text);
        };
        check("1970-01-01 00:00:00.000000", 0);
        check("1969-12-31 23:59:59.999999", -1);
        check("2024-02-29 12:34:56.000007", 1_709_210_096_000_007);
        for wrong in [
            "2024-02-29",
            "2024-02-29 12:34:56",
            "2024-02-29 12:34:56.00000",
            "2024-02-29 24:00:00.000000",
            "2024-02-29 12:60:00.000000",
            "2024-02-29 12:34:60.000000",
            "2024-02-29T12:34:56.000000",
            "2023-02-29 12:34:56.000000",
            "2024-02-29 12:34:56,000000",
            "2024-02-29 12:34:56.00000x",
            "2024-02-29 1é:34:56.00000",
        ] {
            assert_eq!(timestamp(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
