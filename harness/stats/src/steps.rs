//! Where a series of values in their order jumps to another level and stays there.
//!
//! Histories call it to propose where something changed; a paired measurement of the two commits
//! decides. It must not fail a build: what drifts slowly looks like a step too.

mod table;

use crate::median;

/// A place where the level changes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// Index of the first value on the new level.
    pub at: usize,
    /// Median from the step before, or from the beginning, to this one.
    pub before: f64,
    /// Median from this step to the next, or to the end.
    pub after: f64,
    /// How far the ranks of both sides lie apart, in standard deviations of their chance order.
    pub score: f64,
}

/// The split of a series that separates low from high ranks best.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// Index of the first value after it.
    pub at: usize,
    /// The Mann-Whitney statistic of the two sides, standardised, without its sign.
    pub score: f64,
}

/// More values than this are not looked at; the last ones are.
pub const STEPS_VALUES_MAX: usize = 2000;

/// All steps, in their order.
///
/// The best split of the whole is a step if its score exceeds what one in a hundred series without
/// any step reaches, by a table of permutations; then both parts are asked the same. At the end
/// each step is placed anew between its neighbours, because the first ones were found while the
/// later ones were still in the way. Only ranks count: no distribution is assumed, and a wild
/// value counts as one value. Sources: Pettitt, A Non-parametric Approach to the Change-point
/// Problem, Applied Statistics 28, 1979; for the standardised form Ross, Tasoulis and Adams,
/// Nonparametric Monitoring of Data Streams for Changes in Location and Scale, Technometrics 53,
/// 2011; for the use on benchmark histories Daly et al., The Use of Change Point Detection to
/// Identify Software Performance Regressions, ICPE 2020 (there with E-divisive, which takes
/// distances of all pairs and permutes at every question).
///
/// Only the last [`STEPS_VALUES_MAX`] values are looked at. A value that is not finite makes the
/// result empty.
pub fn steps(values: &[f64]) -> Vec<Step> {
    steps_where(values, &|_| true)
}

/// As [`steps`] for values that come in groups, such as the processes of one revision after those of
/// another: a step lies between two groups and never inside one, and [`Step::at`] is the index of
/// the first group on the new level.
///
/// All values must be exchangeable where there is no step, which processes of one revision are with
/// those of another if they were measured in turn, and not if one revision was measured after the
/// other. With fewer places for a step the largest score can only be smaller, so the error rate is
/// at most that of [`steps`]. A place among values that [`STEPS_VALUES_MAX`] leaves out has no step.
pub fn steps_of_groups(groups: &[Vec<f64>]) -> Vec<Step> {
    let values: Vec<f64> = groups.concat();
    let starts: Vec<usize> = groups
        .iter()
        .scan(0, |start, group| {
            let here = *start;
            *start += group.len();
            Some(here)
        })
        .collect();
    let group_at = |at: usize| starts.binary_search(&at).ok();
    let found = steps_where(&values, &|at| group_at(at).is_some());
    // Of empty groups that begin at one place, the last one has the values.
    let full = |at: usize| starts.partition_point(|start| *start <= at) - 1;
    found.into_iter().map(|step| Step { at: full(step.at), ..step }).collect()
}

/// [`steps`] at the places that are `allowed`.
fn steps_where(values: &[f64], allowed: &dyn Fn(usize) -> bool) -> Vec<Step> {
    if !values.iter().all(|value| value.is_finite()) {
        return Vec::new();
    }
    let skipped = values.len().saturating_sub(STEPS_VALUES_MAX);
    let values = &values[skipped..];
    let best = |start: usize, end: usize| {
        best_where(&values[start..end], &|at| allowed(skipped + start + at))
    };
    let ends = placed(split_all(values.len(), &best), &best);
    let inner = 1..ends.len().saturating_sub(1);
    let steps = inner.filter_map(|i| {
        let (start, at, end) = (ends[i - 1], ends[i], ends[i + 1]);
        Some(Step {
            at: at + skipped,
            before: median(&values[start..at])?,
            after: median(&values[at..end])?,
            score: best(start, end)?.score,
        })
    });
    steps.collect()
}

/// Where parts begin, and the end of the last one, sorted; `best` splits the part between two ends.
fn split_all(length: usize, best: &dyn Fn(usize, usize) -> Option<Split>) -> Vec<usize> {
    let mut ends = vec![0, length];
    let mut parts = vec![(0, length)];
    while let Some((start, end)) = parts.pop() {
        let Some(split) = best(start, end) else { continue };
        if split.score > table::threshold(end - start) {
            let at = start + split.at;
            ends.push(at);
            parts.extend([(start, at), (at, end)]);
        }
    }
    ends.sort_unstable();
    ends
}

/// Each end between its neighbours, from the left to the right.
fn placed(mut ends: Vec<usize>, best: &dyn Fn(usize, usize) -> Option<Split>) -> Vec<usize> {
    for i in 1..ends.len().saturating_sub(1) {
        let (start, end) = (ends[i - 1], ends[i + 1]);
        if let Some(split) = best(start, end) {
            ends[i] = start + split.at;
        }
    }
    ends
}

/// The best split of a series, whether or not it means anything. `None` where all values are equal,
/// where there are fewer than 2, or if one is not finite.
pub fn best_split(values: &[f64]) -> Option<Split> {
    best_where(values, &|_| true)
}

/// [`best_split`] among the places that are `allowed`.
fn best_where(values: &[f64], allowed: &dyn Fn(usize) -> bool) -> Option<Split> {
    let n = values.len() as f64;
    let (ranks, tied) = ranks(values)?;
    // The variance of ranks, smaller where values are equal.
    let variance = ((n + 1.0) - tied / (n * (n - 1.0))) / 12.0;
    if variance.is_nan() || variance <= 0.0 {
        return None;
    }
    let mut sum = 0.0;
    let scores = ranks.iter().zip(1u32..).map(|(rank, k)| {
        sum += rank;
        let k = f64::from(k);
        (sum - k * (n + 1.0) / 2.0).abs() / (k * (n - k) * variance).sqrt()
    });
    let splits = scores.take(values.len() - 1).zip(1..).map(|(score, at)| Split { at, score });
    let splits = splits.filter(|split| allowed(split.at));
    // Of equal scores the first.
    splits.reduce(|best, next| if next.score > best.score { next } else { best })
}

/// The rank of each value from 1, equal ones sharing their mean, and the sum of t³ - t over all
/// groups of t equal values.
fn ranks(values: &[f64]) -> Option<(Vec<f64>, f64)> {
    if !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let (mut ranks, mut tied, mut below) = (vec![0.0; values.len()], 0.0, 0);
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let t = group.len() as f64;
        for &index in group {
            ranks[index] = below as f64 + (t + 1.0) / 2.0;
        }
        tied += t * t * t - t;
        below += group.len();
    }
    Some((ranks, tied))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seeded::{Seeded, UNIMODAL};

    #[test]
    fn one_step_is_found_where_it_is() {
        let values: Vec<f64> =
            (0..40).map(|i| if i < 25 { 100.0 } else { 103.0 } + f64::from(i % 4) / 4.0).collect();
        let found = steps(&values);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].at, found[0].before, found[0].after), (25, 100.25, 103.5));
    }

    #[test]
    fn several_steps_are_found_in_their_order() {
        let mut seeded = Seeded::new(21);
        let level = |i: usize| [100.0, 105.0, 102.0, 110.0][i / 30];
        let values: Vec<f64> = (0..120).map(|i| level(i) + 0.5 * seeded.normal()).collect();
        let found: Vec<usize> = steps(&values).iter().map(|step| step.at).collect();
        assert_eq!(found, [30, 60, 90]);
    }

    #[test]
    fn a_wild_value_is_no_step() {
        let mut seeded = Seeded::new(22);
        let mut values: Vec<f64> = (0..60).map(|_| 100.0 + seeded.normal()).collect();
        values[30] = 1e9;
        assert!(steps(&values).is_empty());
    }

    #[test]
    fn constant_short_and_broken_series_have_no_step() {
        assert!(steps(&[]).is_empty());
        assert!(steps(&[1.0; 50]).is_empty());
        assert!(steps(&[1.0, 2.0, 3.0, 4.0]).is_empty());
        assert!(steps(&[1.0, f64::NAN, 9.0, 9.0, 9.0, 9.0]).is_empty());
        assert_eq!(best_split(&[1.0]), None);
        assert_eq!(best_split(&[]), None);
    }

    #[test]
    fn the_score_is_the_published_statistic() {
        // Ranks 1 2 3 | 4 5 6: W = 6, mean 10.5, variance 3 * 3 * 7 / 12.
        let split = best_split(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        assert_eq!(split.at, 3);
        assert!((split.score - 4.5 / 5.25f64.sqrt()).abs() < 1e-12);
        // With ties: 1.5 1.5 | 3.5 3.5, variance 2 * 2 / 12 * (5 - 12 / 12).
        let tied = best_split(&[7.0, 7.0, 9.0, 9.0]).unwrap();
        assert!((tied.score - 2.0 / (4.0f64 / 12.0 * 4.0).sqrt()).abs() < 1e-12);
    }

    #[test]
    fn the_level_of_the_nile_fell_in_1899() {
        // Annual flow at Aswan 1871 to 1970 (Cobb, Biometrika 65, 1978): the dam of 1899.
        let nile = [
            1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020,
            960, 1180, 799, 958, 1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840,
            874, 694, 940, 833, 701, 916, 692, 1020, 1050, 969, 831, 726, 456, 824, 702, 1120,
            1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040, 759, 781, 865, 845,
            944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
            744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919,
            718, 714, 740,
        ];
        let found = steps(&nile.map(f64::from));
        assert_eq!(found.iter().map(|step| 1871 + step.at).collect::<Vec<_>>(), [1899]);
    }

    #[test]
    fn series_without_a_step_have_one_in_at_most_one_and_a_half_of_a_hundred() {
        let mut seeded = Seeded::new(23);
        for (name, draw) in UNIMODAL {
            for n in [12, 30, 100, 350] {
                let rounds = if n > 100 { 1500 } else { 4000 };
                let rate = seeded.rate(rounds, n, draw, |values| !steps(values).is_empty());
                println!("steps: {name}, n = {n}: {:.2} %", rate * 100.0);
                assert!(rate < 0.016, "{name}, n = {n}: {rate}");
            }
        }
    }

    #[test]
    fn a_step_of_groups_lies_between_two_of_them() {
        let group = |level: f64| (0..6).map(|i| level + f64::from(i) / 10.0).collect::<Vec<_>>();
        let levels = [10.0, 10.0, 12.0, 12.0, 12.0];
        let mut groups: Vec<Vec<f64>> = levels.map(group).to_vec();
        let at = |groups: &[Vec<f64>]| {
            steps_of_groups(groups).iter().map(|step| step.at).collect::<Vec<_>>()
        };
        assert_eq!(at(&groups), [2]);
        // A revision without values has no step, and the one after it has its own number.
        groups.insert(2, Vec::new());
        assert_eq!(at(&groups), [3]);
        // Half of a group that is slow is no step inside it.
        groups[1][3..].fill(12.0);
        assert_eq!(at(&groups), [3]);
        assert!(at(&[Vec::new(), Vec::new()]).is_empty());
    }

    #[test]
    fn groups_without_a_step_have_one_in_at_most_one_and_a_half_of_a_hundred() {
        let mut seeded = Seeded::new(24);
        for (name, draw) in UNIMODAL {
            let rate = seeded.rate(3000, 60, draw, |values| {
                let groups: Vec<Vec<f64>> = values.chunks(10).map(<[f64]>::to_vec).collect();
                !steps_of_groups(&groups).is_empty()
            });
            println!("steps of groups: {name}: {:.2} %", rate * 100.0);
            assert!(rate < 0.016, "{name}: {rate}");
        }
    }

    #[test]
    fn only_the_last_values_of_an_endless_history_are_looked_at() {
        let values: Vec<f64> = (0..2500).map(|i| if i < 1000 { 1.0 } else { 2.0 }).collect();
        assert_eq!(steps(&values).iter().map(|step| step.at).collect::<Vec<_>>(), [1000]);
        let values: Vec<f64> = (0..2500).map(|i| if i < 400 { 1.0 } else { 2.0 }).collect();
        assert!(steps(&values).is_empty());
    }

    proptest! {
        #[test]
        fn units_and_signs_move_no_step_and_turning_the_order_keeps_the_score(
            values in prop::collection::vec(-1e3..1e3f64, 2..80),
        ) {
            let at = |values: &[f64]| steps(values).iter().map(|step| step.at).collect::<Vec<_>>();
            let plain = at(&values);
            let scaled: Vec<f64> = values.iter().map(|value| 8.0 * value).collect();
            prop_assert_eq!(at(&scaled), plain.clone());
            let negative: Vec<f64> = values.iter().map(|value| -value).collect();
            prop_assert_eq!(at(&negative), plain);
            let turned: Vec<f64> = values.iter().rev().copied().collect();
            let (there, back) = (best_split(&values).unwrap(), best_split(&turned).unwrap());
            prop_assert!((there.score - back.score).abs() < 1e-9);
        }
    }
}
