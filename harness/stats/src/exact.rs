//! The rule for numbers that identical programs repeat: instructions, allocations, bytes, rows.
//!
//! The gate calls it instead of [`crate::sequential`]. It must not be used for times.

use crate::median;
use crate::sequential::Decision;

/// Both sides of a number that should repeat, and the change that counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Exact {
    /// Median of the baseline's runs.
    pub baseline: f64,
    /// Median of the candidate's runs.
    pub candidate: f64,
    /// A change up to this is none, in the number's own unit.
    pub margin: f64,
    /// The largest difference between two runs of one side. 0 where no side ran twice: then it is
    /// not known whether the number repeats, and only the relative margin protects.
    pub range: f64,
}

/// How many ranges of identical runs a change must exceed.
const RANGES: f64 = 5.0;

impl Exact {
    /// The relative margin where nobody asked for another: 0.1 %.
    pub const RELATIVE_MARGIN: f64 = 0.001;

    /// Compares the runs of both sides. There is no statistics in it: what repeats needs none, and
    /// what does not shows its range. `relative_margin` is a share of the baseline. Two runs a
    /// side are enough to see the range.
    ///
    /// `None` if a side has no run, or if a number is not finite.
    pub fn new(baseline: &[f64], candidate: &[f64], relative_margin: f64) -> Option<Self> {
        let range = range(baseline)?.max(range(candidate)?);
        let (baseline, candidate) = (median(baseline)?, median(candidate)?);
        let margin = (relative_margin * baseline.abs()).max(RANGES * range);
        margin.is_finite().then_some(Self { baseline, candidate, margin, range })
    }

    /// The same, where a change of no more than `floor` is none either, in the number's own unit.
    pub fn ignoring_below(self, floor: f64) -> Self {
        Self { margin: self.margin.max(floor), ..self }
    }

    /// Whether a change would have to be larger because identical runs differ.
    pub fn varies(&self) -> bool {
        self.range > 0.0 && RANGES * self.range >= self.margin
    }

    /// What the runs say, where less is better; never [`Decision::Open`].
    pub fn decision(&self) -> Decision {
        match self.candidate - self.baseline {
            more if more > self.margin => Decision::Regressed,
            less if less < -self.margin => Decision::Improved,
            _ => Decision::Equivalent,
        }
    }
}

/// Largest less smallest.
fn range(values: &[f64]) -> Option<f64> {
    let sorted = crate::summary::sorted(values)?;
    Some(sorted[sorted.len() - 1] - sorted[0])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decision(baseline: &[f64], candidate: &[f64]) -> Decision {
        Exact::new(baseline, candidate, Exact::RELATIVE_MARGIN).unwrap().decision()
    }

    #[test]
    fn one_more_allocation_per_row_is_red_and_a_thousandth_is_not() {
        assert_eq!(decision(&[5000.0, 5000.0], &[6000.0, 6000.0]), Decision::Regressed);
        assert_eq!(decision(&[6000.0, 6000.0], &[5000.0, 5000.0]), Decision::Improved);
        assert_eq!(decision(&[5000.0, 5000.0], &[5005.0, 5005.0]), Decision::Equivalent);
        assert_eq!(decision(&[5000.0, 5000.0], &[5006.0, 5006.0]), Decision::Regressed);
    }

    #[test]
    fn a_number_that_does_not_repeat_needs_five_times_its_range() {
        assert_eq!(decision(&[1000.0, 1010.0], &[1040.0, 1050.0]), Decision::Equivalent);
        assert_eq!(decision(&[1000.0, 1010.0], &[1056.0, 1056.0]), Decision::Regressed);
        // The range of either side counts.
        assert_eq!(decision(&[1005.0, 1005.0], &[1051.0, 1061.0]), Decision::Regressed);
        assert_eq!(decision(&[1005.0, 1005.0], &[1040.0, 1060.0]), Decision::Equivalent);
    }

    #[test]
    fn something_where_nothing_was_is_red() {
        assert_eq!(decision(&[0.0, 0.0], &[1.0, 1.0]), Decision::Regressed);
        assert_eq!(decision(&[0.0, 0.0], &[0.0, 0.0]), Decision::Equivalent);
    }

    #[test]
    fn sides_without_runs_and_numbers_that_are_none_are_refused() {
        assert_eq!(Exact::new(&[], &[1.0], 0.001), None);
        assert_eq!(Exact::new(&[1.0], &[], 0.001), None);
        assert_eq!(Exact::new(&[1.0], &[f64::NAN], 0.001), None);
        assert_eq!(Exact::new(&[1.0], &[1.0], f64::NAN).map(|exact| exact.margin), Some(0.0));
    }

    #[test]
    fn a_floor_hides_what_is_below_it_and_no_more() {
        let exact = Exact::new(&[10.0, 10.0], &[30.0, 30.0], 0.001).unwrap();
        assert_eq!(exact.ignoring_below(20.0).decision(), Decision::Equivalent);
        assert_eq!(exact.ignoring_below(19.0).decision(), Decision::Regressed);
        assert!(!exact.varies());
        let loose = Exact::new(&[10.0, 11.0], &[30.0, 30.0], 0.001).unwrap();
        assert!(loose.varies() && !loose.ignoring_below(20.0).varies());
    }

    proptest! {
        #[test]
        fn exchanging_equal_sides_mirrors_and_a_unit_changes_nothing(
            baseline in prop::collection::vec(1.0..1e9f64, 1..6),
            candidate in prop::collection::vec(1.0..1e9f64, 1..6),
            power in -10i32..10,
        ) {
            let scaled = |values: &[f64]| values.iter().map(|v| v * 2f64.powi(power)).collect::<Vec<_>>();
            let plain = decision(&baseline, &candidate);
            prop_assert_eq!(decision(&scaled(&baseline), &scaled(&candidate)), plain);
            // Without a relative margin the rule is symmetric.
            let turned = Exact::new(&candidate, &baseline, 0.0).unwrap().decision();
            let mirrored = match Exact::new(&baseline, &candidate, 0.0).unwrap().decision() {
                Decision::Regressed => Decision::Improved,
                Decision::Improved => Decision::Regressed,
                same => same,
            };
            prop_assert_eq!(turned, mirrored);
        }
    }
}
