//! Whether values fall into two groups with nothing between them.
//!
//! Reports call it to warn that a median may describe neither group. It is made to be silent when
//! in doubt: groups that touch are not told apart.

use crate::median;
use crate::summary::sorted;

/// Two groups of values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Modes {
    /// Median of the lower group.
    pub low: f64,
    /// Values in the lower group.
    pub low_count: usize,
    /// Median of the upper group.
    pub high: f64,
    /// Values in the upper group.
    pub high_count: usize,
}

/// Splits values at their largest gap, if that is wider than each group by itself.
///
/// Each group holds at least a quarter of the values, so that a few outliers are no group. The gap
/// must be wider than the whole range of the wider group; below 20 values, twice as wide, because
/// few values leave gaps by chance. The medians must be 5 % apart. The rule is a plain one of our
/// own: on values with one mode (normal, uniform, log-normal, exponential) fewer than 1 % of the
/// sets are split, which the tests measure. Hartigan's dip test (1985) finds groups that touch as
/// well, but calls a skewed set bimodal more easily.
///
/// Log ratios are turned into ratios first: how far apart medians are is a share of them.
///
/// `None` below 10 values, if one is not finite or not positive, and where there is one group.
pub fn two_modes(values: &[f64]) -> Option<Modes> {
    const VALUES_MIN: usize = 10;
    const MANY: usize = 20;
    const APART: f64 = 1.05;
    let sorted = sorted(values)?;
    let n = sorted.len();
    if n < VALUES_MIN || sorted[0] <= 0.0 {
        return None;
    }
    let least = n.div_ceil(4);
    let gap = |at: &usize| sorted[*at] - sorted[*at - 1];
    let at = (least..=n - least).max_by(|a, b| gap(a).total_cmp(&gap(b)))?;
    let (low, high) = sorted.split_at(at);
    let range = |group: &[f64]| group[group.len() - 1] - group[0];
    let times = if n < MANY { 2.0 } else { 1.0 };
    if gap(&at) <= times * range(low).max(range(high)) {
        return None;
    }
    let (low_count, high_count) = (low.len(), high.len());
    let (low, high) = (median(low)?, median(high)?);
    (high > APART * low).then_some(Modes { low, low_count, high, high_count })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seeded::{Draw, Seeded, UNIMODAL};

    #[test]
    fn two_groups_are_found_in_any_order() {
        let values = [100.0, 151.0, 101.0, 150.0, 102.0, 152.0, 100.5, 150.5, 101.5, 151.5];
        let expect = Modes { low: 101.0, low_count: 5, high: 151.0, high_count: 5 };
        assert_eq!(two_modes(&values), Some(expect));
    }

    #[test]
    fn few_values_outliers_and_near_groups_are_not_two_modes() {
        assert_eq!(two_modes(&[1.0, 2.0, 1.0, 2.0, 1.0, 2.0]), None);
        let mut outliers = vec![100.0; 18];
        outliers.extend([200.0, 201.0]);
        assert_eq!(two_modes(&outliers), None);
        let near = [vec![100.0; 10], vec![104.0; 10]].concat();
        assert_eq!(two_modes(&near), None);
        assert_eq!(two_modes(&[0.0; 20]), None);
        assert_eq!(two_modes(&[f64::INFINITY; 20]), None);
    }

    #[test]
    fn sets_with_one_mode_are_split_in_fewer_than_one_in_a_hundred() {
        let mut seeded = Seeded::new(3);
        for (name, draw) in UNIMODAL {
            for n in [10, 11, 12, 15, 19, 20, 24, 30, 60] {
                let rate = seeded.rate(4000, n, draw, |values| two_modes(values).is_some());
                println!("two modes: {name}, n = {n}: {:.2} %", rate * 100.0);
                assert!(rate < 0.01, "{name}, n = {n}: {rate}");
            }
        }
    }

    #[test]
    fn sets_with_two_far_modes_are_almost_always_split() {
        let mut seeded = Seeded::new(4);
        let two: Draw = |seeded| {
            let centre = if seeded.uniform() < 0.5 { 1.0 } else { 1.5 };
            centre * (1.0 + 0.02 * seeded.normal())
        };
        for n in [20, 40] {
            let rate = seeded.rate(1000, n, two, |values| two_modes(values).is_some());
            assert!(rate > 0.95, "n = {n}: {rate}");
        }
    }

    proptest! {
        #[test]
        fn the_groups_hold_all_values(
            low in prop::collection::vec(100.0..110.0f64, 10..30),
            high in prop::collection::vec(150.0..160.0f64, 10..30),
        ) {
            let count = low.len() + high.len();
            if let Some(modes) = two_modes(&[high, low].concat()) {
                prop_assert!(modes.low_count + modes.high_count == count);
                prop_assert!(modes.low < 111.0 && modes.high > 149.0);
            }
        }
    }
}
