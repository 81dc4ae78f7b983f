//! Samples that stand far away from the others.
//!
//! Reports call it to warn. It must not be used to take samples out: what is far away was measured
//! too.

use crate::{mad, median};

/// How far away, in robust standard deviations, an outlier is. Iglewicz and Hoaglin take 3.5, which
/// one in five sets of skewed times exceeds; 10 is left to what does not belong to the set.
const FAR: f64 = 10.0;

/// Fewer values say too little about what is usual.
const VALUES_MIN: usize = 8;

/// The least standard deviation that is believed, as a share of the median: where almost all
/// values are equal, a difference of a few per mille is no outlier.
const SPREAD_MIN: f64 = 0.005;

/// The distance of each value from the median of `usual`, in robust standard deviations (1.4826
/// times the median absolute deviation, at least 0.5 % of the median). Source: Iglewicz and
/// Hoaglin, How to Detect and Handle Outliers, 1993, section 3.3.
///
/// Empty if `usual` is, if a number is not finite, or if all of `usual` are 0.
pub fn modified_z_scores(values: &[f64], usual: &[f64]) -> Vec<f64> {
    /// Makes the median absolute deviation of normal values their standard deviation.
    const NORMAL: f64 = 1.4826;
    let (Some(centre), Some(mad)) = (median(usual), mad(usual)) else { return Vec::new() };
    let spread = (NORMAL * mad).max(SPREAD_MIN * centre.abs());
    if spread == 0.0 || !values.iter().all(|value| value.is_finite()) {
        return Vec::new();
    }
    values.iter().map(|value| (value - centre) / spread).collect()
}

/// The indices of values that stand more than 10 robust standard deviations away from the median
/// of all; none where there are fewer than 8 values. Log ratios are turned into ratios first: the
/// least spread that is believed is a share of the median, and theirs is near 0.
pub fn outliers(values: &[f64]) -> Vec<usize> {
    if values.len() < VALUES_MIN {
        return Vec::new();
    }
    let scores = modified_z_scores(values, values).into_iter().enumerate();
    scores.filter(|(_, score)| score.abs() > FAR).map(|(index, _)| index).collect()
}

/// The share of values that are [`outliers`]: 0 where there are none or too few values to tell.
pub fn outlier_share(values: &[f64]) -> f64 {
    outliers(values).len() as f64 / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seeded::{Seeded, UNIMODAL};

    #[test]
    fn a_value_far_from_the_others_is_found_on_either_side() {
        let mut values = vec![100.0, 101.0, 99.0, 100.5, 99.5, 100.2, 99.8, 100.1, 180.0];
        assert_eq!(outliers(&values), [8]);
        assert_eq!(outlier_share(&values), 1.0 / 9.0);
        values[8] = 20.0;
        assert_eq!(outliers(&values), [8]);
        values[8] = 103.0;
        assert!(outliers(&values).is_empty());
    }

    #[test]
    fn few_values_and_tiny_differences_have_no_outlier() {
        assert!(outliers(&[1.0, 1.0, 1.0, 1.0, 9.0]).is_empty());
        assert!(outliers(&[100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 104.0]).is_empty());
        assert_eq!(outliers(&[100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 100.0, 106.0]), [7]);
        assert!(outliers(&[0.0; 20]).is_empty());
        assert_eq!((outlier_share(&[]), outlier_share(&[1.0; 9])), (0.0, 0.0));
        assert!(outliers(&[f64::NAN; 20]).is_empty());
        assert!(modified_z_scores(&[1.0], &[]).is_empty());
    }

    #[test]
    fn sets_with_one_mode_seldom_have_outliers() {
        let mut seeded = Seeded::new(11);
        for (name, draw) in UNIMODAL {
            // An exponential tail has values that anybody would call outliers.
            let allowed = match name {
                "exponential" => 0.08,
                "log-normal" => 0.04,
                _ => 0.01,
            };
            for n in [10, 12, 20, 30, 60] {
                let rate = seeded.rate(4000, n, draw, |values| !outliers(values).is_empty());
                println!("outliers: {name}, n = {n}: {:.2} %", rate * 100.0);
                assert!(rate < allowed, "{name}, n = {n}: {rate}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_change_of_unit_changes_nothing(
            values in prop::collection::vec(0.1..1e6f64, 1..40), power in -20i32..20,
        ) {
            let scaled: Vec<f64> = values.iter().map(|value| value * 2f64.powi(power)).collect();
            prop_assert_eq!(outliers(&values), outliers(&scaled));
        }

        #[test]
        fn fewer_than_half_are_outliers(values in prop::collection::vec(0.0..1e6f64, 8..60)) {
            prop_assert!(outliers(&values).len() * 2 <= values.len());
        }
    }
}
