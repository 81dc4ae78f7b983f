//! What a set of samples says: median, quartiles, spread, and an interval of the median.
//!
//! Reports and the progress line call it. It must not assume a distribution, and it must not call
//! an interval a 95 % interval when there are too few samples for one.

use crate::CONFIDENCE;

/// One counted sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Observation {
    /// The process replicate that it comes from.
    pub process: u32,
    /// The value, in the metric's base unit.
    pub value: f64,
}

/// The samples of one metric of one case, in few numbers. All of them are in the samples' unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Summary {
    /// Samples.
    pub samples: usize,
    /// Independent replicates that the median and its interval rest on: the processes.
    pub replicates: usize,
    /// Median of the replicates (of the per-process medians, where a process gave several).
    pub median: f64,
    /// Interval of the median.
    pub interval: Interval,
    /// Smallest sample.
    pub min: f64,
    /// First quartile of the samples.
    pub q1: f64,
    /// Third quartile of the samples.
    pub q3: f64,
    /// Largest sample.
    pub max: f64,
    /// Median absolute deviation of the replicates from their median, not scaled.
    pub mad: f64,
}

/// A range and the probability with which such a range covers the true value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Probability that an interval made this way covers the truth; 0 for a single sample.
    pub coverage: f64,
}

impl Interval {
    /// Whether the coverage is at least [`CONFIDENCE`].
    pub fn is_confident(&self) -> bool {
        self.coverage >= CONFIDENCE
    }

    /// The interval of the median of `values`, from two order statistics.
    ///
    /// The k-th smallest and the k-th largest value enclose the median of any continuous
    /// distribution with probability 1 - 2 P(B < k), B binomial(n, 1/2); with ties it is more.
    /// The largest k that still reaches 95 % is taken. Below 6 values there is none: the result is
    /// smallest to largest, and its coverage 1 - 2^(1-n) says what that is worth. Source: David
    /// and Nagaraja, Order Statistics, 3rd ed., section 7.1.
    ///
    /// `None` if there is no value or one is not finite.
    pub fn of_median(values: &[f64]) -> Option<Self> {
        let sorted = sorted(values)?;
        let n = sorted.len();
        let (rank, coverage) = median_rank(n);
        Some(Self { low: sorted[rank - 1], high: sorted[n - rank], coverage })
    }
}

impl Summary {
    /// Summarises samples. Iterations inside one process are not independent (caches, heap layout
    /// and scheduling are shared), so each process counts once, by its median. Source: Kalibera
    /// and Jones, Rigorous Benchmarking in Reasonable Time, ISMM 2013.
    ///
    /// `None` if there is no sample or one is not finite.
    pub fn new(observations: &[Observation]) -> Option<Self> {
        let values: Vec<f64> = observations.iter().map(|one| one.value).collect();
        let sorted = sorted(&values)?;
        let replicates = per_process(observations);
        Some(Self {
            samples: sorted.len(),
            replicates: replicates.len(),
            median: median(&replicates)?,
            interval: Interval::of_median(&replicates)?,
            min: sorted[0],
            q1: sorted_quantile(&sorted, 0.25),
            q3: sorted_quantile(&sorted, 0.75),
            max: sorted[sorted.len() - 1],
            mad: mad(&replicates)?,
        })
    }
}

/// The median of each process, in the order of the process numbers. Values that are not finite
/// are the caller's to refuse; a process that has one gives nothing.
pub fn per_process(observations: &[Observation]) -> Vec<f64> {
    let mut groups = std::collections::BTreeMap::<u32, Vec<f64>>::new();
    for one in observations {
        groups.entry(one.process).or_default().push(one.value);
    }
    groups.values().filter_map(|values| median(values)).collect()
}

/// The median; of an even number of values, the mean of the middle two. `None` if there is no
/// value or one is not finite.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The quantile at `share` (0 to 1) by linear interpolation, type 7 of Hyndman and Fan, Sample
/// Quantiles in Statistical Packages, 1996: what NumPy and R do unless told otherwise. `None` if
/// there is no value, one is not finite, or the share is out of range.
pub fn quantile(values: &[f64], share: f64) -> Option<f64> {
    if !(0.0..=1.0).contains(&share) {
        return None;
    }
    Some(sorted_quantile(&sorted(values)?, share))
}

/// The median absolute deviation from the median, not scaled. `None` as for [`median`].
pub fn mad(values: &[f64]) -> Option<f64> {
    let centre = median(values)?;
    let deviations: Vec<f64> = values.iter().map(|value| (value - centre).abs()).collect();
    median(&deviations)
}

/// The values in ascending order, or `None` if there is none or one is not finite.
pub(crate) fn sorted(values: &[f64]) -> Option<Vec<f64>> {
    if values.is_empty() || !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    Some(sorted)
}

/// The quantile of values that are sorted and at least one.
fn sorted_quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = position.ceil() as usize;
    let weight = position - below as f64;
    // Equal neighbours are returned as they are: interpolation could be off by a rounding error.
    if sorted[below] == sorted[above] {
        return sorted[below];
    }
    sorted[below] * (1.0 - weight) + sorted[above] * weight
}

/// The rank k (from 1) whose order statistics enclose the median of `n` values with at least
/// [`CONFIDENCE`], and the coverage that they have.
fn median_rank(n: usize) -> (usize, f64) {
    // P(B = 0), as a logarithm because 2^-n vanishes beyond 1074.
    let mut log_term = -(n as f64) * std::f64::consts::LN_2;
    let mut below = log_term.exp();
    let mut best = (1, 1.0 - 2.0 * below);
    for rank in 2..=n.div_ceil(2) {
        let successes = rank - 1;
        log_term += ((n - successes + 1) as f64 / successes as f64).ln();
        below += log_term.exp();
        let coverage = 1.0 - 2.0 * below;
        if coverage < CONFIDENCE {
            break;
        }
        best = (rank, coverage);
    }
    best
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn observations(values: &[f64]) -> Vec<Observation> {
        let numbered = values.iter().zip(0..);
        numbered.map(|(&value, process)| Observation { process, value }).collect()
    }

    fn summary(values: &[f64]) -> Summary {
        Summary::new(&observations(values)).unwrap()
    }

    #[test]
    fn nothing_and_numbers_that_are_none_give_no_summary() {
        assert_eq!(Summary::new(&[]), None);
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[1.0, f64::NAN]), None);
        assert_eq!(Interval::of_median(&[f64::INFINITY]), None);
        assert_eq!(quantile(&[1.0], 1.5), None);
    }

    #[test]
    fn known_values_are_summarised_as_numpy_does() {
        let summary = summary(&[4.0, 1.0, 3.0, 2.0]);
        assert_eq!((summary.min, summary.max), (1.0, 4.0));
        assert_eq!((summary.q1, summary.median, summary.q3), (1.75, 2.5, 3.25));
        assert_eq!(summary.mad, 1.0);
    }

    #[test]
    fn fewer_than_six_samples_give_the_range_and_what_it_is_worth() {
        for (n, coverage) in [(1, 0.0), (2, 0.5), (3, 0.75), (4, 0.875), (5, 0.9375)] {
            let values: Vec<f64> = (0..n).map(f64::from).collect();
            let interval = Interval::of_median(&values).unwrap();
            assert_eq!((interval.low, interval.high), (0.0, f64::from(n - 1)));
            assert!((interval.coverage - coverage).abs() < 1e-12);
            assert!(!interval.is_confident());
        }
    }

    #[test]
    fn ranks_agree_with_the_published_table() {
        // Conover, Practical Nonparametric Statistics, and Le Boudec, Performance Evaluation, A.2.
        for (n, rank, coverage) in
            [(6, 1, 0.96875), (9, 2, 0.9609), (10, 2, 0.9785), (20, 6, 0.9586), (70, 27, 0.959)]
        {
            let (found, covered) = median_rank(n);
            assert_eq!(found, rank, "n = {n}");
            assert!((covered - coverage).abs() < 6e-4, "n = {n}: {covered}");
        }
        let (rank, coverage) = median_rank(100_000);
        assert!((49_600..49_700).contains(&rank) && (0.95..0.951).contains(&coverage));
    }

    #[test]
    fn iterations_of_one_process_count_once() {
        let observations: Vec<Observation> = (0..30)
            .map(|i| Observation { process: i / 10, value: f64::from(i / 10 * 100 + i % 10) })
            .collect();
        let summary = Summary::new(&observations).unwrap();
        assert_eq!((summary.samples, summary.replicates), (30, 3));
        assert_eq!(summary.median, 104.5);
        assert_eq!((summary.interval.low, summary.interval.high), (4.5, 204.5));
        assert_eq!(summary.interval.coverage, 0.75);
    }

    /// A small generator (SplitMix64, Steele et al. 2014), so that the test needs no crate.
    fn uniform(state: &mut u64) -> f64 {
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = *state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    #[test]
    fn the_stated_coverage_is_the_real_one_on_skewed_data() {
        let mut state = 7;
        let rounds = 4000;
        for n in [3, 6, 10, 25] {
            let mut covered = 0;
            let mut stated = 0.0;
            for _ in 0..rounds {
                // Exponential: its true median is ln 2.
                let values: Vec<f64> = (0..n).map(|_| -(1.0 - uniform(&mut state)).ln()).collect();
                let interval = Interval::of_median(&values).unwrap();
                stated = interval.coverage;
                let truth = std::f64::consts::LN_2;
                covered += u32::from(interval.low <= truth && truth <= interval.high);
            }
            let real = f64::from(covered) / f64::from(rounds);
            assert!((real - stated).abs() < 0.025, "n = {n}: stated {stated}, real {real}");
        }
    }

    proptest! {
        #[test]
        fn order_does_not_matter(values in prop::collection::vec(-1e9..1e9f64, 1..60)) {
            let mut reversed = values.clone();
            reversed.reverse();
            prop_assert_eq!(summary(&values), summary(&reversed));
        }

        #[test]
        fn a_change_of_unit_scales_everything(
            values in prop::collection::vec(0.0..1e9f64, 1..60), power in -20i32..20,
        ) {
            // A power of two scales without rounding, so that equality can be exact.
            let factor = 2f64.powi(power);
            let scaled: Vec<f64> = values.iter().map(|value| value * factor).collect();
            let (plain, scaled) = (summary(&values), summary(&scaled));
            prop_assert_eq!(scaled.median, plain.median * factor);
            prop_assert_eq!(scaled.interval.low, plain.interval.low * factor);
            prop_assert_eq!(scaled.interval.high, plain.interval.high * factor);
            prop_assert_eq!(scaled.interval.coverage, plain.interval.coverage);
            prop_assert_eq!(scaled.mad, plain.mad * factor);
        }

        #[test]
        fn the_numbers_stand_in_their_order(
            values in prop::collection::vec(-1e9..1e9f64, 1..60),
        ) {
            let s = summary(&values);
            prop_assert!(s.min <= s.q1 && s.q1 <= s.median && s.median <= s.q3 && s.q3 <= s.max);
            prop_assert!(s.min <= s.interval.low && s.interval.high <= s.max);
            prop_assert!(s.interval.low <= s.median && s.median <= s.interval.high);
            prop_assert!(s.mad >= 0.0);
        }
    }
}
