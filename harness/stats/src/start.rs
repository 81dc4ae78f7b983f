//! Whether the first sample is slower than those after it, as it is when nothing is warm yet.
//!
//! Reports call it to warn. Which samples are first depends on how was sampled: in each process, or
//! in the run as a whole where every process gave one sample.

use std::collections::BTreeMap;

use crate::{Observation, median, modified_z_scores};

/// A slow beginning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SlowStart {
    /// The first value; the median of those where several processes have one.
    pub first: f64,
    /// Median of the values after it.
    pub rest: f64,
    /// Whether each process begins so; otherwise the run as a whole does.
    pub each_process: bool,
}

/// A beginning that costs less is not worth a warm-up.
const FACTOR_MIN: f64 = 1.1;

/// Judges samples in the order in which they were taken.
///
/// Where several processes gave several samples each: the first of a process is its slowest one by
/// chance with probability 1/k, so the number of processes for which that holds is binomial. It
/// must be so many that chance explains it with less than 0.5 %. Where there is one sequence only,
/// its first value must be the largest and stand 10 robust standard deviations above the median of
/// the others (30 with fewer than 12 values); see [`modified_z_scores`]. Either way it must be 10 %
/// slower.
///
/// `None` below 6 values, if one is not finite, and where the beginning is as fast as the rest.
pub fn slow_start(observations: &[Observation]) -> Option<SlowStart> {
    const VALUES_MIN: usize = 6;
    if observations.len() < VALUES_MIN || !observations.iter().all(|one| one.value.is_finite()) {
        return None;
    }
    let mut processes = BTreeMap::<u32, Vec<f64>>::new();
    for one in observations {
        processes.entry(one.process).or_default().push(one.value);
    }
    let several: Vec<Vec<f64>> = processes.values().filter(|own| own.len() > 1).cloned().collect();
    let found = match several.as_slice() {
        [_, _, ..] => of_processes(&several)?,
        _ => of_sequence(&observations.iter().map(|one| one.value).collect::<Vec<_>>())?,
    };
    (found.first > FACTOR_MIN * found.rest).then_some(found)
}

fn of_processes(processes: &[Vec<f64>]) -> Option<SlowStart> {
    const CHANCE: f64 = 0.005;
    let slowest_first = |own: &&Vec<f64>| own[1..].iter().all(|value| *value < own[0]);
    let slow = processes.iter().filter(slowest_first).count();
    let least = processes.iter().map(Vec::len).min()?;
    let firsts: Vec<f64> = processes.iter().map(|own| own[0]).collect();
    let rest: Vec<f64> = processes.iter().filter_map(|own| median(&own[1..])).collect();
    let chance = binomial_tail(processes.len(), 1.0 / least as f64, slow);
    let (first, rest) = (median(&firsts)?, median(&rest)?);
    (chance < CHANCE).then_some(SlowStart { first, rest, each_process: true })
}

fn of_sequence(values: &[f64]) -> Option<SlowStart> {
    const MANY: usize = 12;
    let (&first, others) = values.split_first()?;
    let far = if values.len() < MANY { 30.0 } else { 10.0 };
    let score = *modified_z_scores(&[first], others).first()?;
    let slowest = others.iter().all(|value| *value < first);
    let rest = median(others)?;
    (slowest && score > far).then_some(SlowStart { first, rest, each_process: false })
}

/// The probability of at least `hits` in `n` trials, each with the probability `p` (below 1).
fn binomial_tail(n: usize, p: f64, hits: usize) -> f64 {
    let mut term = (1.0 - p).powi(i32::try_from(n).unwrap_or(i32::MAX));
    let mut below = 0.0;
    for k in 0..hits {
        below += term;
        term *= (n - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
    }
    (1.0 - below).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeded::{Seeded, UNIMODAL};

    /// `values` in processes of `size` samples each.
    fn observations(values: &[f64], size: u32) -> Vec<Observation> {
        let numbered = values.iter().zip(0..);
        numbered.map(|(&value, i)| Observation { process: i / size, value }).collect()
    }

    #[test]
    fn a_slow_first_sample_of_the_run_is_found() {
        let values = [250.0, 100.0, 101.0, 99.0, 100.0, 102.0, 98.0];
        let found = slow_start(&observations(&values, 1)).unwrap();
        assert_eq!(found, SlowStart { first: 250.0, rest: 100.0, each_process: false });
        // One process that gave all samples is one sequence too.
        assert_eq!(slow_start(&observations(&values, 100)), Some(found));
    }

    #[test]
    fn a_slow_sample_elsewhere_is_no_slow_start() {
        let values = [100.0, 250.0, 101.0, 99.0, 100.0, 102.0, 98.0];
        assert_eq!(slow_start(&observations(&values, 1)), None);
        assert_eq!(slow_start(&observations(&[250.0, 100.0, 100.0], 1)), None);
        assert_eq!(slow_start(&observations(&[f64::NAN; 9], 1)), None);
    }

    #[test]
    fn processes_that_begin_slowly_are_found_together() {
        let own = [130.0, 100.0, 101.0, 99.0];
        let values: Vec<f64> = (0..6).flat_map(|i| own.map(|value| value + f64::from(i))).collect();
        let found = slow_start(&observations(&values, 4)).unwrap();
        assert!(found.each_process);
        assert_eq!((found.first, found.rest), (132.5, 102.5));
        // Two processes of four samples begin slowly by chance in one of sixteen runs.
        assert_eq!(slow_start(&observations(&values[..8], 4)), None);
    }

    #[test]
    fn the_binomial_tail_is_the_known_one() {
        assert_eq!(binomial_tail(3, 0.5, 0), 1.0);
        assert!((binomial_tail(3, 0.5, 3) - 0.125).abs() < 1e-12);
        assert!((binomial_tail(10, 0.1, 4) - 0.012_795).abs() < 1e-6);
    }

    #[test]
    fn samples_without_a_slow_start_are_called_so_in_one_of_a_hundred_at_most() {
        for seed in [17, 18] {
            let mut seeded = Seeded::new(seed);
            for (name, draw) in UNIMODAL {
                for (n, size) in [(6, 1), (10, 1), (12, 1), (30, 1), (12, 2), (30, 5), (60, 3)] {
                    let found = |values: &[f64]| slow_start(&observations(values, size)).is_some();
                    let rate = seeded.rate(3000, n, draw, found);
                    println!("slow start: {name}, {n} by {size}: {:.2} %", rate * 100.0);
                    assert!(rate <= 0.01, "{name}, {n} by {size}: {rate}");
                }
            }
        }
    }
}
