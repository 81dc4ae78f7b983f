//! What the query computes: smallest, largest, sum and number of the fares of each passenger count,
//! and how the results of parts become the result of the whole.
//!
//! Every schedule fills [`Groups`]. Fares are whole cents, so that the result is exact and does not
//! depend on the order of rows or parts.

use std::fmt::Write;

/// The place of trips without a passenger count; other places are the count itself.
pub(super) const NO_COUNT: usize = 256;

/// Fares of one passenger count, in cents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Group {
    min: i64,
    max: i64,
    sum: i64,
    count: u64,
}

impl Group {
    const EMPTY: Self = Self { min: i64::MAX, max: i64::MIN, sum: 0, count: 0 };
}

/// The result of some rows, by passenger count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Groups(Box<[Group; NO_COUNT + 1]>);

impl Groups {
    /// Of no rows.
    pub(super) fn new() -> Self {
        Self(Box::new([Group::EMPTY; NO_COUNT + 1]))
    }

    /// Adds a row.
    #[inline(always)]
    pub(super) fn add(&mut self, place: usize, cents: i64) {
        let group = &mut self.0[place];
        group.min = group.min.min(cents);
        group.max = group.max.max(cents);
        group.sum += cents;
        group.count += 1;
    }

    /// The reduce step for one more part: the least of the least, the most of the most, the sum of
    /// the sums, and the sum, not the number, of the counts.
    pub(super) fn combine(&mut self, part: &Self) {
        for (group, part) in self.0.iter_mut().zip(part.0.iter()) {
            group.min = group.min.min(part.min);
            group.max = group.max.max(part.max);
            group.sum += part.sum;
            group.count += part.count;
        }
    }

    /// Rows added.
    pub(super) fn rows(&self) -> u64 {
        self.0.iter().map(|group| group.count).sum()
    }

    /// Passenger counts that have rows; none at all is one of them.
    pub(super) fn groups(&self) -> usize {
        self.0.iter().filter(|group| group.count > 0).count()
    }

    /// `COUNT min=.. max=.. sum=.. count=.. avg=..`, a line for each passenger count and at last one
    /// for trips without. The average is in hundredths of a cent, rounded, halves upwards.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (place, group) in self.0.iter().enumerate().filter(|(_, group)| group.count > 0) {
            let key = if place == NO_COUNT { "null".to_owned() } else { place.to_string() };
            let Group { min, max, sum, count } = group;
            let (many, sum_128) = (i128::from(*count), i128::from(*sum));
            let average = (200 * sum_128 + many).div_euclid(2 * many);
            // OK because writing into a String cannot fail.
            writeln!(text, "{key} min={min} max={max} sum={sum} count={count} avg={average}")
                .expect("a String takes any text");
        }
        text
    }

    /// The largest fare of a passenger count, in cents.
    #[cfg(test)]
    pub(super) fn largest(&self, place: usize) -> i64 {
        self.0[place].max
    }
}
