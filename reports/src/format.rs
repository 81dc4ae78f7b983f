//! Numbers as people read them: one unit per column, few digits, a real minus sign.
//!
//! Tables, charts and the page call it. Nothing is computed from its texts: full precision in base
//! units stays in the values.

use record::Unit;

/// What a number counts, which decides how it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Nanoseconds.
    Time,
    /// Bytes.
    Bytes,
    /// A count of things.
    Count,
    /// Rows.
    Rows,
    /// A pure number.
    Ratio,
    /// Something per second.
    PerSecond,
    /// Rows per second.
    RowsPerSecond,
    /// Bytes per second.
    BytesPerSecond,
    /// Nanoseconds per row.
    TimePerRow,
    /// A count of things per row.
    CountPerRow,
    /// Bytes per row.
    BytesPerRow,
    /// Nanoseconds per byte.
    TimePerByte,
    /// A count of things per byte.
    CountPerByte,
}

impl Kind {
    /// The base unit in which values of this kind are kept and exported.
    pub fn base_unit(self) -> &'static str {
        match self {
            Self::Time => "ns",
            Self::Bytes => "bytes",
            Self::Count => "count",
            Self::Rows => "rows",
            Self::Ratio => "ratio",
            Self::PerSecond => "per_second",
            Self::RowsPerSecond => "rows/s",
            Self::BytesPerSecond => "bytes/s",
            Self::TimePerRow => "ns/row",
            Self::CountPerRow => "per_row",
            Self::BytesPerRow => "bytes/row",
            Self::TimePerByte => "ns/byte",
            Self::CountPerByte => "per_byte",
        }
    }

    /// The scale that suits `reference`; a column or an axis takes one scale for all its numbers.
    pub fn scale(self, reference: f64) -> Scale {
        const TIME: &[(f64, &str)] = &[(1.0, "ns"), (1e3, "µs"), (1e6, "ms"), (1e9, "s")];
        const PER_ROW: &[(f64, &str)] = &[(1.0, "ns/row"), (1e3, "µs/row"), (1e6, "ms/row")];
        const SI: &[(f64, &str)] = &[(1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G")];
        const ROWS: &[(f64, &str)] =
            &[(1.0, "rows"), (1e3, "k rows"), (1e6, "M rows"), (1e9, "G rows")];
        const ROW_RATE: &[(f64, &str)] =
            &[(1.0, "rows/s"), (1e3, "k rows/s"), (1e6, "M rows/s"), (1e9, "G rows/s")];
        const RATE: &[(f64, &str)] = &[(1.0, "/s"), (1e3, "k/s"), (1e6, "M/s"), (1e9, "G/s")];
        const KIB: f64 = 1024.0;
        const BYTES: &[(f64, &str)] = &[
            (1.0, "B"),
            (KIB, "KiB"),
            (KIB * KIB, "MiB"),
            (KIB * KIB * KIB, "GiB"),
            (KIB * KIB * KIB * KIB, "TiB"),
        ];
        const BYTE_RATE: &[(f64, &str)] = &[
            (1.0, "B/s"),
            (KIB, "KiB/s"),
            (KIB * KIB, "MiB/s"),
            (KIB * KIB * KIB, "GiB/s"),
            (KIB * KIB * KIB * KIB, "TiB/s"),
        ];
        let steps = match self {
            Self::Time => TIME,
            Self::Bytes => BYTES,
            Self::Count => SI,
            Self::Rows => ROWS,
            Self::Ratio => &[(1.0, "")],
            Self::PerSecond => RATE,
            Self::RowsPerSecond => ROW_RATE,
            Self::BytesPerSecond => BYTE_RATE,
            Self::TimePerRow => PER_ROW,
            // A person compares 17 with 17,000 per row more easily than 17 with 17 k.
            Self::CountPerRow | Self::CountPerByte => &[(1.0, "")],
            Self::BytesPerRow => &[(1.0, "B/row")],
            Self::TimePerByte => &[(1.0, "ns/B")],
        };
        let fits = |step: &&(f64, &'static str)| reference.abs() >= step.0;
        let &(factor, unit) = steps.iter().rev().find(fits).unwrap_or(&steps[0]);
        Scale { factor, unit }
    }
}

impl From<Unit> for Kind {
    fn from(unit: Unit) -> Self {
        match unit {
            Unit::Nanoseconds => Self::Time,
            Unit::Bytes => Self::Bytes,
            Unit::Count => Self::Count,
            Unit::Rows => Self::Rows,
            Unit::Ratio => Self::Ratio,
            Unit::PerSecond => Self::PerSecond,
        }
    }
}

/// A unit to print in, and how much larger it is than the base unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// Base units in one of this unit.
    pub factor: f64,
    /// The unit's sign; empty for a pure number.
    pub unit: &'static str,
}

impl Scale {
    /// The number alone, with that many significant digits.
    pub fn number(self, value: f64, digits: usize) -> String {
        significant(value / self.factor, digits)
    }

    /// The number with its unit, for sentences.
    pub fn with_unit(self, value: f64, digits: usize) -> String {
        let number = self.number(value, digits);
        if self.unit.is_empty() { number } else { format!("{number} {}", self.unit) }
    }
}

/// JSON for a script element of a page.
pub(crate) fn json_in_html(value: &serde_json::Value) -> String {
    // Nothing but this sign can end the element.
    value.to_string().replace('<', "\\u003c")
}

/// Significant digits in tables.
pub const TABLE_DIGITS: usize = 4;
/// Significant digits in sentences and beside marks of a chart.
pub const PROSE_DIGITS: usize = 3;

/// `value` with that many significant digits, at most six decimals, never an exponent. Digits
/// before the point are never dropped.
pub fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let size = value.abs();
    if size == 0.0 {
        return "0".to_owned();
    }
    let places = digits as i32 - 1 - size.log10().floor() as i32;
    let mut decimals = places.clamp(0, 6);
    // 9.9996 becomes 10.00, not 10.000.
    if decimals > 0 && (size * 10f64.powi(places)).round() >= 10f64.powi(digits as i32) {
        decimals -= 1;
    }
    let text = format!("{size:.*}", decimals as usize);
    let zero = text.chars().all(|c| c == '0' || c == '.');
    if value < 0.0 && !zero { format!("−{text}") } else { text }
}

/// A ratio as a factor: two decimals, or three significant digits from 10 on.
pub fn factor(value: f64) -> String {
    if value < 9.995 { format!("{value:.2}×") } else { format!("{}×", significant(value, 3)) }
}

/// How a time compares with a reference, in words; `ratio` is time over reference time.
///
/// Says "faster" and "slower" without reserve only where a 95 % interval leaves out 1.
pub fn ratio_words(ratio: &stats::Ratio) -> String {
    let RatioText { number, word, aside } = ratio_text(ratio);
    [number, word, aside].concat()
}

/// [`ratio_words`] in its pieces.
pub(crate) struct RatioText {
    /// The factor.
    pub(crate) number: String,
    /// What it means.
    pub(crate) word: String,
    /// The interval, or why there is none.
    pub(crate) aside: String,
}

pub(crate) fn ratio_text(ratio: &stats::Ratio) -> RatioText {
    let stats::Interval { low, high, .. } = ratio.interval;
    let faster = ratio.ratio < 1.0;
    let (number, from, to) =
        if faster { (1.0 / ratio.ratio, 1.0 / high, 1.0 / low) } else { (ratio.ratio, low, high) };
    let word = if faster { "faster" } else { "slower" };
    let range = format!(" ({} to {})", factor(from), factor(to));
    if ratio.excludes_one() {
        return RatioText { number: factor(number), word: format!(" {word}"), aside: range };
    }
    if ratio.interval.is_confident() {
        let word = "no difference shown".to_owned();
        return RatioText { number: String::new(), word, aside: range };
    }
    let n = ratio.replicates.0.min(ratio.replicates.1);
    let aside = format!(" (n={n}: too few)");
    let word = if factor(number) == factor(1.0) { " or so" } else { &format!(" {word}?") };
    RatioText { number: factor(number), word: word.to_owned(), aside }
}

/// `text` without characters that a terminal or a browser would obey: controls become U+FFFD, and
/// so do the marks that turn the direction of everything after them.
pub fn printable(text: &str) -> String {
    let obeyed =
        |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.chars().map(|c| if obeyed(c) { '\u{fffd}' } else { c }).collect()
}

/// `text`, printable and cut to `most` characters with an ellipsis.
pub fn shorten(text: &str, most: usize) -> String {
    let text = printable(text);
    if text.chars().count() <= most {
        return text;
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// A moment as `2026-11-22 09:30 UTC`.
pub fn moment(ns: i64) -> String {
    match jiff::Timestamp::from_nanosecond(i128::from(ns)) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
        Err(_) => format!("{ns} ns"),
    }
}

/// A count with its noun: `1 sample`, `2 samples`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_asked_for_and_no_exponent() {
        for (value, digits, expect) in [
            (0.0, 4, "0"),
            (260.1449, 4, "260.1"),
            (260.1449, 3, "260"),
            (8.41249, 4, "8.412"),
            (9.9996, 4, "10.00"),
            (99.96, 3, "100"),
            (0.012_345, 3, "0.0123"),
            (123_456.7, 4, "123457"),
            (-24.31, 3, "−24.3"),
            (-0.000_000_04, 3, "0.000000"),
            (f64::NAN, 3, "–"),
        ] {
            assert_eq!(significant(value, digits), expect, "{value} to {digits}");
        }
    }

    #[test]
    fn one_scale_is_kept_for_a_column() {
        let scale = Kind::Time.scale(260e6);
        assert_eq!(scale.unit, "ms");
        assert_eq!(scale.number(8.4e6, 4), "8.400");
        assert_eq!(scale.with_unit(260.14e6, 3), "260 ms");
        assert_eq!(Kind::Time.scale(0.0).unit, "ns");
        assert_eq!(Kind::Time.scale(2500.0).with_unit(2500.0, 3), "2.50 µs");
    }

    #[test]
    fn bytes_have_binary_prefixes_and_all_else_decimal_ones() {
        assert_eq!(Kind::Bytes.scale(1024.0 * 1024.0).with_unit(3.0 * 1_048_576.0, 3), "3.00 MiB");
        assert_eq!(Kind::BytesPerSecond.scale(1e6).unit, "KiB/s");
        assert_eq!(Kind::RowsPerSecond.scale(5.6e6).with_unit(5.6e6, 3), "5.60 M rows/s");
        assert_eq!(Kind::Count.scale(1000.0).unit, "k");
        assert_eq!(Kind::Ratio.scale(1e9).with_unit(1.5, 3), "1.50");
    }

    fn ratio(ratio: f64, low: f64, high: f64, coverage: f64) -> stats::Ratio {
        let interval = stats::Interval { low, high, coverage };
        stats::Ratio { ratio, interval, replicates: (3, 5) }
    }

    #[test]
    fn ratios_are_words_and_few_samples_are_told() {
        assert_eq!(ratio_words(&ratio(0.5, 0.4, 0.8, 0.95)), "2.00× faster (1.25× to 2.50×)");
        assert_eq!(ratio_words(&ratio(12.345, 10.0, 15.0, 0.95)), "12.3× slower (10.0× to 15.0×)");
        assert_eq!(
            ratio_words(&ratio(1.01, 0.9, 1.1, 0.96)),
            "no difference shown (0.90× to 1.10×)"
        );
        assert_eq!(ratio_words(&ratio(0.5, 0.4, 0.8, 0.9)), "2.00× faster? (n=3: too few)");
        assert_eq!(ratio_words(&ratio(1.0, 1.0, 1.0, 0.0)), "1.00× or so (n=3: too few)");
    }

    #[test]
    fn what_a_terminal_would_obey_is_taken_out() {
        assert_eq!(printable("a\u{1b}[31mb\nc\u{202e}d"), "a\u{fffd}[31mb\u{fffd}c\u{fffd}d");
        assert_eq!(shorten("short", 5), "short");
        assert_eq!(shorten("much too long", 6), "much…");
    }

    #[test]
    fn moments_are_told_in_utc() {
        assert_eq!(moment(1_790_000_000_000_000_000), "2026-09-21 14:13 UTC");
    }
}
