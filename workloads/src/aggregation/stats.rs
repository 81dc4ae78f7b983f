//! What is known of one station, and the text of the whole result.
//!
//! Every variant fills [`Stats`] and ends with [`text`]. All arithmetic is on whole tenths of a
//! degree, so the result is exact and does not depend on the order of lines.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// The result by station; names sort as bytes.
pub(super) type Summary = BTreeMap<String, Stats>;

/// Smallest, largest, sum and number of the values of one station, in tenths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stats {
    min: i16,
    max: i16,
    sum: i64,
    count: u64,
}

impl Stats {
    /// Of no value at all.
    pub(super) const EMPTY: Self = Self { min: i16::MAX, max: i16::MIN, sum: 0, count: 0 };

    /// Of `count` values, at least one, that were added up elsewhere.
    pub(super) fn of(min: i16, max: i16, sum: i64, count: u64) -> Self {
        Self { min, max, sum, count }
    }

    /// Adds one value.
    pub(super) fn add(&mut self, tenths: i16) {
        self.min = self.min.min(tenths);
        self.max = self.max.max(tenths);
        self.sum += i64::from(tenths);
        self.count += 1;
    }

    /// Adds the values of another part of the file.
    pub(super) fn merge(&mut self, other: &Self) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum += other.sum;
        self.count += other.count;
    }

    /// How many values were added.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The mean rounded to a tenth, halves towards positive infinity: floor(sum / count + 1/2).
    fn mean(&self) -> i64 {
        // OK because nobody asks for the mean of nothing, and counts stay far below 2^62.
        let count = self.count as i64;
        (2 * self.sum + count).div_euclid(2 * count)
    }
}

/// Tenths as a number with one decimal. There is no minus zero.
struct Tenths(i64);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let size = self.0.unsigned_abs();
        write!(f, "{sign}{}.{}", size / 10, size % 10)
    }
}

/// The result as the challenge prints it: `{Abha=-23.0/18.0/59.2, ...}`.
pub(super) fn text(summary: &Summary) -> String {
    let mut text = String::with_capacity(2 + 40 * summary.len());
    text.push('{');
    for (index, (name, stats)) in summary.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        let (min, mean, max) =
            (Tenths(stats.min.into()), Tenths(stats.mean()), Tenths(stats.max.into()));
        // OK because writing into a String cannot fail.
        write!(text, "{separator}{name}={min}/{mean}/{max}").expect("a String takes any text");
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[i16]) -> Stats {
        let mut stats = Stats::EMPTY;
        values.iter().for_each(|&value| stats.add(value));
        stats
    }

    #[test]
    fn halves_of_a_tenth_round_towards_positive_infinity() {
        let check = |values: &[i16], mean| assert_eq!(of(values).mean(), mean, "{values:?}");
        check(&[0, 1], 1); // 0.05 is 0.1
        check(&[0, -1], 0); // -0.05 is 0.0
        check(&[-1, -2], -1); // -0.15 is -0.1
        check(&[1, 2], 2); // 0.15 is 0.2
        check(&[1, 1, 2], 1); // 0.133 is 0.1
        check(&[-1, -1, -2], -1); // -0.133 is -0.1
        check(&[-1, -2, -2], -2); // -0.167 is -0.2
        check(&[999], 999);
        check(&[-999, -999], -999);
    }

    #[test]
    fn the_text_is_that_of_the_challenge() {
        assert_eq!(text(&Summary::new()), "{}");
        let summary = Summary::from([
            ("b".to_owned(), of(&[-5, 4])),
            ("Zürich".to_owned(), of(&[-999, 999])),
            ("a".to_owned(), of(&[0])),
        ]);
        assert_eq!(text(&summary), "{Zürich=-99.9/0.0/99.9, a=0.0/0.0/0.0, b=-0.5/0.0/0.4}");
    }

    #[test]
    fn parts_merge_to_the_whole() {
        let mut merged = of(&[3, -7]);
        merged.merge(&of(&[12]));
        merged.merge(&Stats::EMPTY);
        assert_eq!(merged, of(&[12, -7, 3]));
    }
}
