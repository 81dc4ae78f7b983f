//! Numbers as people write them: "250ms", "64KiB", "10M", 10_000_000.
//!
//! The wire types use it for the keys of a suite, the plan for parameters, `--set` and filters.
//! Results are exact integers in the base unit; a text that is not exact is refused.

use std::time::Duration;

use jiff::SignedDuration;

/// What a duration looks like, for error messages.
pub(crate) const DURATION_EXAMPLE: &str = "a duration such as \"250ms\" or \"1m 30s\"";

/// A size in bytes: digits (`_` may group them) and `B`, `kB`, `MB`, `GB`, `TB`, or `KiB`, `MiB`,
/// `GiB`, `TiB`. `None` when the text is no size, or no whole number of bytes.
pub(crate) fn bytes(text: &str) -> Option<i64> {
    scaled(text, |unit| {
        Some(match unit {
            "" | "B" => 1,
            "kB" | "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "TB" => 1_000_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            "TiB" => 1 << 40,
            _ => return None,
        })
    })
}

/// A count: digits (`_` may group them) and nothing, `k`, `M` or `G` (thousands, millions,
/// thousands of millions).
pub(crate) fn count(text: &str) -> Option<i64> {
    scaled(text, |unit| {
        Some(match unit {
            "" => 1,
            "k" | "K" => 1_000,
            "M" => 1_000_000,
            "G" => 1_000_000_000,
            _ => return None,
        })
    })
}

/// A length of time in nanoseconds, as jiff's friendly format has it ("1m 30s", "2 hours").
/// `None` when the text is none, has no unit, or is negative.
pub(crate) fn nanoseconds(text: &str) -> Option<i64> {
    let duration: SignedDuration = text.trim().parse().ok()?;
    i64::try_from(duration.as_nanos()).ok().filter(|ns| *ns >= 0)
}

/// The same as [`nanoseconds`], for the standard library.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    nanoseconds(text).map(|ns| Duration::from_nanos(ns.unsigned_abs()))
}

/// The number that a text stands for in a filter: plain, or with a unit as above. Base units, so
/// that "64KiB" equals 65536.
pub(crate) fn number(text: &str) -> Option<f64> {
    let begins = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.');
    // OK because without it "nan" and "infinity" would be numbers.
    if !text.starts_with(begins) {
        return None;
    }
    let plain = text.replace('_', "").parse::<f64>().ok().filter(|x| x.is_finite());
    plain.or_else(|| {
        let exact = count(text).or_else(|| bytes(text)).or_else(|| nanoseconds(text));
        exact.map(|n| n as f64)
    })
}

/// A share: "1%" or "0.5 %", as a number.
pub(crate) fn share(text: &str) -> Option<f64> {
    let digits = text.trim().strip_suffix('%')?.trim_end();
    let fits = digits.starts_with(|c: char| c.is_ascii_digit());
    let percent = digits.parse::<f64>().ok().filter(|percent| fits && percent.is_finite());
    percent.map(|percent| percent / 100.0)
}

/// Digits, perhaps a fraction, perhaps a unit; exact or nothing.
fn scaled(text: &str, unit: impl Fn(&str) -> Option<i64>) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '_' || c == '.'));
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    let factor = i128::from(unit(rest.trim_start())?);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let whole_digits = grouped(whole)?;
    let fraction_digits = grouped(fraction)?;
    let decimals = u32::try_from(fraction_digits.len()).ok()?;
    let all: i128 = format!("{whole_digits}{fraction_digits}").parse().ok()?;
    let ten = 10_i128.checked_pow(decimals)?;
    let scaled = all.checked_mul(factor)?;
    let exact = (scaled % ten == 0).then_some(scaled / ten)?;
    i64::try_from(if negative { -exact } else { exact }).ok()
}

/// Digits without their `_`; `_` may stand only between digits, as in TOML.
fn grouped(text: &str) -> Option<String> {
    let fits =
        text.split('_').all(|group| !group.is_empty() && group.chars().all(|c| c.is_ascii_digit()));
    fits.then(|| text.replace('_', ""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sizes_counts_and_durations_are_read_as_people_write_them() {
        assert_eq!(bytes("64KiB"), Some(65_536));
        assert_eq!(bytes("1.5 MiB"), Some(1_572_864));
        assert_eq!(bytes("10 kB"), Some(10_000));
        assert_eq!(count("10_000_000"), Some(10_000_000));
        assert_eq!(count("1.5M"), Some(1_500_000));
        assert_eq!(count("-3"), Some(-3));
        assert_eq!(nanoseconds("250ms"), Some(250_000_000));
        assert_eq!(nanoseconds("1m 30s"), Some(90_000_000_000));
        assert_eq!(number("1e6"), Some(1_000_000.0));
        assert_eq!(number("05"), Some(5.0));
        assert_eq!(number("64KiB"), Some(65_536.0));
    }

    #[test]
    fn what_is_not_exact_or_has_no_meaning_is_refused() {
        for text in ["", "k", "1.5", "1__0", "_1", "1_", "1.", ".5", "64KB!", "1e3", "9e99", "1 0"]
        {
            assert_eq!(count(text), None, "{text}");
        }
        for text in ["0.3B", "64Ki", "64kib", "99999999999999999999TB"] {
            assert_eq!(bytes(text), None, "{text}");
        }
        for text in ["", "10", "-1s", "1 fortnight", "1mo", "s"] {
            assert_eq!(nanoseconds(text), None, "{text}");
        }
        for text in ["nan", "inf", "infinity", "dictionary", ""] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn sizes_come_back_as_they_were_written(n in 0..1_000_000i64) {
            prop_assert_eq!(bytes(&format!("{n}KiB")), Some(n * 1024));
            prop_assert_eq!(bytes(&format!("{n} MB")), Some(n * 1_000_000));
            prop_assert_eq!(count(&format!("{n}k")), Some(n * 1000));
            prop_assert_eq!(count(&n.to_string()), Some(n));
        }

        #[test]
        fn durations_come_back_as_they_were_written(ns in 0..i64::MAX) {
            let written = format!("{:#}", SignedDuration::from_nanos(ns));
            prop_assert_eq!(nanoseconds(&written), Some(ns));
        }

        #[test]
        fn any_text_is_read_or_refused_without_a_panic(text in "\\PC{0,30}|[0-9._kMGiB -]{0,40}") {
            let _ = (bytes(&text), count(&text), nanoseconds(&text), number(&text));
        }
    }
}
