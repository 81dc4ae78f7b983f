//! Intervals of quartiles and of the median absolute deviation, for any continuous distribution.
//!
//! Whoever shows a spread calls it. As with the interval of the median, it must not call an
//! interval a 95 % interval when there are too few values for one.

use crate::summary::sorted;
use crate::{CONFIDENCE, Interval};

impl Interval {
    /// The interval of the quantile at `share` (0.25: first quartile), from two order statistics.
    ///
    /// The number of values below the quantile is binomial(n, share), so the r-th and the s-th
    /// smallest value enclose it with the probability that this number is at least r and less than
    /// s; with ties it is more. Each end misses it with (1 - [`CONFIDENCE`]) / 2 at most, where
    /// there are enough values; where there are not, the end is the outermost value and the
    /// coverage says what that is worth. Source: David and Nagaraja, Order Statistics, 3rd ed.,
    /// section 7.1; Conover, Practical Nonparametric Statistics, 3rd ed., section 3.2.
    ///
    /// `None` if there is no value, one is not finite, or the share does not lie between 0 and 1.
    pub fn of_quantile(values: &[f64], share: f64) -> Option<Self> {
        if !(0.0 < share && share < 1.0) {
            return None;
        }
        let sorted = sorted(values)?;
        let Ranks { low, high, coverage } = Ranks::new(sorted.len(), share, CONFIDENCE);
        Some(Self { low: sorted[low - 1], high: sorted[high - 1], coverage })
    }

    /// The interval of the median absolute deviation from the median, not scaled.
    ///
    /// Were the true median m known, the deviations |x - m| would be independent values, and the
    /// interval of their median would be that of any median. It is known to lie in an interval, so
    /// the result is everything that a median in there allows. Each of the two intervals takes
    /// half of the error (union bound), so the coverage is at least what is stated, and more where
    /// the two depend on each other. In the values' unit.
    ///
    /// `None` if there is no value or one is not finite.
    pub fn of_mad(values: &[f64]) -> Option<Self> {
        let sorted = sorted(values)?;
        let ranks = Ranks::new(sorted.len(), 0.5, 1.0 - (1.0 - CONFIDENCE) / 2.0);
        let (first, last) = (sorted[ranks.low - 1], sorted[ranks.high - 1]);
        // The r nearest values to any centre stand side by side, so their farthest one is nearest
        // where the centre is the middle between the outer two of r neighbours.
        let low = sorted
            .windows(ranks.low)
            .map(|near| {
                let (one, other) = (near[0], near[near.len() - 1]);
                let centre = (one / 2.0 + other / 2.0).clamp(first, last);
                (centre - one).max(other - centre)
            })
            .fold(f64::INFINITY, f64::min);
        // The s-th distance grows with the centre until a value on the right gets nearer than the
        // one on the left that it has: there, or at an end, it is largest.
        let turns =
            sorted.windows(ranks.high + 1).map(|ends| ends[0] / 2.0 + ends[ranks.high] / 2.0);
        let centres = turns.filter(|centre| (first..=last).contains(centre)).chain([first, last]);
        let high = centres.map(|centre| nearest(&sorted, centre, ranks.high)).fold(0.0, f64::max);
        let coverage = (2.0 * ranks.coverage - 1.0).max(0.0);
        Some(Self { low, high, coverage })
    }
}

/// The distance of the `rank`-th nearest value (from 1) from a centre.
fn nearest(sorted: &[f64], centre: f64, rank: usize) -> f64 {
    let mut distances: Vec<f64> = sorted.iter().map(|value| (value - centre).abs()).collect();
    *distances.select_nth_unstable_by(rank - 1, f64::total_cmp).1
}

/// Two ranks (from 1) whose order statistics enclose a quantile, and how surely.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Ranks {
    low: usize,
    high: usize,
    coverage: f64,
}

impl Ranks {
    /// The narrowest ranks of `n` values of which each end misses the quantile at `share` with
    /// (1 - `level`) / 2 at most, or the outermost.
    fn new(n: usize, share: f64, level: f64) -> Self {
        // As in 0.95: what lies within a rounding error of the limit is not beyond it.
        let tail = (1.0 - level) / 2.0 + 1e-12;
        let below = cumulated(n, share);
        // P(fewer than r values below the quantile).
        let missed_low = |rank: usize| below[rank - 1];
        let missed_high = |rank: usize| 1.0 - below[rank - 1];
        let low = (1..=n).take_while(|rank| missed_low(*rank) <= tail).last().unwrap_or(1);
        let high = (low..=n).find(|rank| missed_high(*rank) <= tail).unwrap_or(n);
        Self { low, high, coverage: (below[high - 1] - below[low - 1]).max(0.0) }
    }
}

/// P(B <= 0), P(B <= 1), ... of B binomial(n, share); each term by its logarithm, because powers
/// vanish for large n.
fn cumulated(n: usize, share: f64) -> Vec<f64> {
    let odds = (share / (1.0 - share)).ln();
    let mut log_term = n as f64 * (-share).ln_1p();
    let mut sum = 0.0;
    (0..=n)
        .map(|successes| {
            if successes > 0 {
                log_term += ((n - successes + 1) as f64 / successes as f64).ln() + odds;
            }
            sum += log_term.exp();
            sum
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seeded::Seeded;
    use crate::{mad, quantile};

    #[test]
    fn the_published_interval_of_a_quartile_is_found() {
        // Conover, 3rd ed., section 3.2, example 4: the 9th and the 15th of 16 values enclose the
        // upper quartile with 0.9094, where either end may miss it with 0.065.
        let ranks = Ranks::new(16, 0.75, 1.0 - 2.0 * 0.065);
        assert_eq!((ranks.low, ranks.high), (9, 15));
        assert!((ranks.coverage - 0.9094).abs() < 1e-4, "{ranks:?}");
    }

    #[test]
    fn the_median_is_the_quantile_in_the_middle() {
        for n in 6..60 {
            let values: Vec<f64> = (0..n).map(f64::from).collect();
            let (one, other) = (
                Interval::of_quantile(&values, 0.5).unwrap(),
                Interval::of_median(&values).unwrap(),
            );
            assert_eq!((one.low, one.high), (other.low, other.high), "{n} values");
            assert!((one.coverage - other.coverage).abs() < 1e-12);
        }
    }

    #[test]
    fn few_values_say_what_they_are_worth() {
        let interval = Interval::of_quantile(&[3.0, 1.0, 2.0], 0.25).unwrap();
        // All but that all three lie above the quartile, or all below it.
        assert_eq!((interval.low, interval.high), (1.0, 3.0));
        assert!((interval.coverage - (1.0 - 0.75f64.powi(3) - 0.25f64.powi(3))).abs() < 1e-12);
        assert!(!Interval::of_mad(&[1.0, 2.0, 4.0]).unwrap().is_confident());
        assert_eq!(
            Interval::of_mad(&[5.0]).unwrap(),
            Interval { low: 0.0, high: 0.0, coverage: 0.0 }
        );
        assert_eq!(Interval::of_quantile(&[1.0], 1.0), None);
        assert_eq!(Interval::of_mad(&[f64::NAN]), None);
        assert_eq!(Interval::of_quantile(&[], 0.5), None);
    }

    #[test]
    fn the_intervals_cover_the_truth_of_skewed_data() {
        // Exponential: quartiles ln(4 / 3) and ln 4; the deviation solves sinh(x) = 1 / 2.
        let truths = [(4.0f64 / 3.0).ln(), 4.0f64.ln(), 0.5f64.asinh()];
        let mut seeded = Seeded::new(3);
        let rounds = 2000;
        for n in [12, 40] {
            let (mut covered, mut stated) = ([0; 3], [0.0; 3]);
            for _ in 0..rounds {
                let values: Vec<f64> = (0..n).map(|_| -(1.0 - seeded.uniform()).ln()).collect();
                let found = [
                    Interval::of_quantile(&values, 0.25).unwrap(),
                    Interval::of_quantile(&values, 0.75).unwrap(),
                    Interval::of_mad(&values).unwrap(),
                ];
                for (at, Interval { low, high, coverage }) in found.into_iter().enumerate() {
                    covered[at] += u32::from((low..=high).contains(&truths[at]));
                    stated[at] = coverage;
                }
            }
            for at in 0..3 {
                let real = f64::from(covered[at]) / f64::from(rounds);
                let is_mad = at == 2;
                assert!(real > stated[at] - 0.02, "{n} values, {at}: {real} of {}", stated[at]);
                assert!(is_mad || real < stated[at] + 0.02, "{n} values, {at}: {real}");
            }
        }
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_estimate(
            values in prop::collection::vec(-1e3..1e3f64, 1..50),
        ) {
            let interval = Interval::of_mad(&values).unwrap();
            let deviation = mad(&values).unwrap();
            prop_assert!(interval.low <= deviation + 1e-9 && deviation <= interval.high + 1e-9);
            for share in [0.25, 0.5, 0.75] {
                let interval = Interval::of_quantile(&values, share).unwrap();
                let found = quantile(&values, share).unwrap();
                // Few values leave the quantile anywhere between the outermost.
                prop_assert!(values.len() < 20 || (interval.low..=interval.high).contains(&found));
            }
        }

        #[test]
        fn a_shift_moves_quantiles_and_leaves_the_deviation(
            values in prop::collection::vec(-1e3..1e3f64, 1..50), shift in -1e3..1e3f64,
        ) {
            let moved: Vec<f64> = values.iter().map(|value| value + shift).collect();
            let (one, other) = (Interval::of_mad(&values).unwrap(), Interval::of_mad(&moved).unwrap());
            prop_assert!((one.low - other.low).abs() < 1e-9 && (one.high - other.high).abs() < 1e-9);
            let (one, other) = (
                Interval::of_quantile(&values, 0.25).unwrap(),
                Interval::of_quantile(&moved, 0.25).unwrap(),
            );
            prop_assert_eq!(one.low + shift, other.low);
        }
    }
}
