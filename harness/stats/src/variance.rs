//! How much values differ inside one process and between processes, and what follows for the
//! number of iterations in each.
//!
//! The gate calls it after its pilot. It must not be asked about samples of one process only.

use std::collections::BTreeMap;

use crate::Observation;

/// The two components of the variance of an observation, in its unit squared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variances {
    /// Of the iterations of one process around that process.
    pub within: f64,
    /// Of the processes around the mean of all. The estimate can be below 0; then it is 0:
    /// processes differ by no more than their iterations explain.
    pub between: f64,
    /// Processes.
    pub processes: usize,
    /// Observations.
    pub samples: usize,
}

impl Variances {
    /// Splits the variance by the analysis of variance of a one-way random model. Source: Kalibera
    /// and Jones, Rigorous Benchmarking in Reasonable Time, ISMM 2013, section 6 (two levels);
    /// Searle, Casella and McCulloch, Variance Components, 1992, section 3.6 (unequal numbers).
    ///
    /// `None` below 2 processes, where no process has 2 values, or if one is not finite.
    pub fn new(observations: &[Observation]) -> Option<Self> {
        if !observations.iter().all(|one| one.value.is_finite()) {
            return None;
        }
        let mut groups = BTreeMap::<u32, Vec<f64>>::new();
        for one in observations {
            groups.entry(one.process).or_default().push(one.value);
        }
        let (processes, samples) = (groups.len(), observations.len());
        if processes < 2 || samples == processes {
            return None;
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (mut inside, mut around, mut squares) = (0.0, 0.0, 0.0);
        let centre = observations.iter().map(|one| one.value).sum::<f64>() / samples as f64;
        for group in groups.values() {
            let (own, count) = (mean(group), group.len() as f64);
            inside += group.iter().map(|value| (value - own).powi(2)).sum::<f64>();
            around += count * (own - centre).powi(2);
            squares += count * count;
        }
        let within = inside / (samples - processes) as f64;
        // Iterations of a process of typical size; their number where all have as many.
        let typical = (samples as f64 - squares / samples as f64) / (processes - 1) as f64;
        let between = ((around / (processes - 1) as f64 - within) / typical).max(0.0);
        Some(Self { within, between, processes, samples })
    }

    /// The number of iterations in each process that gives the smallest variance of the mean in a
    /// given time: the square root of cost ratio times variance ratio, rounded up, at least 1 and
    /// at most `max`. `process_cost` is what a process costs before its first counted iteration,
    /// `iteration_cost` what each costs, in the same unit, both above 0. Source: Kalibera and
    /// Jones, 2013, section 7.
    pub fn best_iterations(&self, process_cost: f64, iteration_cost: f64, max: usize) -> usize {
        let best = (process_cost / iteration_cost * self.within / self.between).sqrt().ceil();
        // Processes that do not differ: as many iterations as are allowed. Nothing differs: one.
        if best.is_nan() { 1 } else { best.clamp(1.0, max.max(1) as f64) as usize }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::seeded::Seeded;

    fn observations(groups: &[&[f64]]) -> Vec<Observation> {
        let numbered = groups.iter().zip(0..);
        numbered
            .flat_map(|(group, process)| {
                group.iter().map(move |&value| Observation { process, value })
            })
            .collect()
    }

    #[test]
    fn the_published_components_of_the_dyestuff_batches_are_found() {
        // Davies and Goldsmith, Statistical Methods in Research and Production, 1972: yield of
        // dyestuff from six batches. Between 1764, within 2451 (Bates, lme4, 2010, section 1.2).
        let batches: [&[f64]; 6] = [
            &[1545.0, 1440.0, 1440.0, 1520.0, 1580.0],
            &[1540.0, 1555.0, 1490.0, 1560.0, 1495.0],
            &[1595.0, 1550.0, 1605.0, 1510.0, 1560.0],
            &[1445.0, 1440.0, 1595.0, 1465.0, 1545.0],
            &[1595.0, 1630.0, 1515.0, 1635.0, 1625.0],
            &[1520.0, 1455.0, 1450.0, 1480.0, 1445.0],
        ];
        let found = Variances::new(&observations(&batches)).unwrap();
        assert!((found.within - 2451.25).abs() < 0.01, "{found:?}");
        assert!((found.between - 1764.05).abs() < 0.01, "{found:?}");
        assert_eq!((found.processes, found.samples), (6, 30));
    }

    #[test]
    fn the_best_number_of_iterations_is_the_formulas() {
        let variances = Variances { within: 8.0, between: 2.0, processes: 9, samples: 90 };
        // sqrt(9 * 4) = 6.
        assert_eq!(variances.best_iterations(0.9, 0.1, 50), 6);
        assert_eq!(variances.best_iterations(0.9, 0.1, 4), 4);
        assert_eq!(variances.best_iterations(0.001, 0.1, 50), 1);
        let same = Variances { between: 0.0, ..variances };
        assert_eq!(same.best_iterations(0.9, 0.1, 50), 50);
        let constant = Variances { within: 0.0, between: 0.0, ..variances };
        assert_eq!(constant.best_iterations(0.9, 0.1, 50), 1);
    }

    #[test]
    fn too_little_to_split_is_not_split() {
        assert_eq!(Variances::new(&[]), None);
        assert_eq!(Variances::new(&observations(&[&[1.0, 2.0]])), None);
        assert_eq!(Variances::new(&observations(&[&[1.0], &[2.0]])), None);
        assert_eq!(Variances::new(&observations(&[&[1.0, f64::NAN], &[2.0]])), None);
    }

    #[test]
    fn known_components_are_found_where_processes_gave_unequal_numbers() {
        let mut seeded = Seeded::new(12);
        let mut all = Vec::new();
        for process in 0..400 {
            let own = 2.0 * seeded.normal();
            for _ in 0..2 + process % 9 {
                all.push(Observation { process, value: 10.0 + own + 3.0 * seeded.normal() });
            }
        }
        let found = Variances::new(&all).unwrap();
        assert!((found.within - 9.0).abs() < 0.6, "{found:?}");
        assert!((found.between - 4.0).abs() < 0.6, "{found:?}");
    }

    proptest! {
        #[test]
        fn a_shift_changes_nothing_and_a_unit_scales_by_its_square(
            values in prop::collection::vec(-100.0..100.0f64, 6..30), shift in -100.0..100.0f64,
        ) {
            let groups: Vec<&[f64]> = values.chunks(3).collect();
            let plain = Variances::new(&observations(&groups)).unwrap();
            let moved: Vec<f64> = values.iter().map(|value| 4.0 * (value + shift)).collect();
            let groups: Vec<&[f64]> = moved.chunks(3).collect();
            let found = Variances::new(&observations(&groups)).unwrap();
            prop_assert!((found.within - 16.0 * plain.within).abs() < 1e-6 * (1.0 + found.within));
            prop_assert!((found.between - 16.0 * plain.between).abs() < 1e-6 * (1.0 + found.within + found.between));
        }
    }
}
