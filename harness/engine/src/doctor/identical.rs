//! A program held against itself: what is left between two equal sides is the machine's noise, and
//! says how long a real change takes to be told from it.

use std::time::Instant;

use anyhow::{Context, bail};
use rand::rngs::StdRng;
use record::{Sample, metrics};
use stats::sequential::{Levels, PairGate, Thresholds};

use crate::case::Case;
use crate::measure::Bench;
use crate::measure::paired::{COUPLES, Couple, Turns, WARMUP};

/// The change that is to be decided: 0.03 is 3 % more.
pub const CHANGE: f64 = 0.03;

/// What a gate tolerates, unless a suite says otherwise.
const TOLERATED: f64 = 0.01;

/// The chance of a false alarm that a gate accepts, unless a suite says otherwise.
const ALPHA: f64 = 0.01;

/// More pairs than these are not worth waiting for.
const PAIRS_MAX: usize = 5_000;

/// The pairs of one case.
#[derive(Clone, Debug, PartialEq)]
pub struct Identical {
    /// Log ratio of each pair by wall time: the median over its couples.
    pub wall: Vec<f64>,
    /// The same by CPU time.
    pub cpu: Vec<f64>,
    /// What one pair takes, processes and all, in s.
    pub pair_seconds: f64,
}

/// What log ratios say of the machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noisiness {
    /// Spread of the pairs: 1.4826 times the median of their distances from their median, as a
    /// part of the time. Estimates a standard deviation and bears outliers.
    pub spread: f64,
    /// Time after which a change of [`CHANGE`] is called with 90 % probability, in s; `None` where
    /// no reasonable time is enough.
    pub seconds: Option<f64>,
    /// The smallest change that a minute can decide, 0.03 for 3 %.
    pub in_a_minute: Option<f64>,
}

/// Measures `pairs` process pairs of a case with itself, as a gate measures two builds.
///
/// # Errors
/// When a worker fails, or a directory cannot be made.
pub fn identical(
    bench: &mut Bench<'_>,
    case: &Case,
    pairs: u32,
    rng: &mut StdRng,
) -> anyhow::Result<Identical> {
    in_turns(bench, [case, case], pairs, rng)
}

/// The same of two cases that differ in their programs: log ratios of the second to the first.
///
/// # Errors
/// As [`identical`].
pub fn in_turns(
    bench: &mut Bench<'_>,
    cases: [&Case; 2],
    pairs: u32,
    rng: &mut StdRng,
) -> anyhow::Result<Identical> {
    let mut found = Identical { wall: Vec::new(), cpu: Vec::new(), pair_seconds: 0.0 };
    let began = Instant::now();
    for pair in 0..pairs {
        let turns = Turns {
            pair,
            warmup: WARMUP,
            couples: COUPLES,
            executions: 1,
            time: bench.sampling.timeout,
        };
        let pair = bench.pair(cases, &turns, rng)?;
        if let Some(failure) = pair.failure {
            bail!("{}: {}", cases[0].id, failure.failure.message);
        }
        let wall = |sample: &Sample| sample.value(metrics::WALL_TIME.name);
        let cpu = |sample: &Sample| {
            let names = [metrics::CPU_TIME.name, metrics::WORKER_CPU_TIME.name];
            names.into_iter().find_map(|name| sample.value(name))
        };
        found.wall.push(log_ratio(&pair.couples, wall).context("no wall time")?);
        found.cpu.extend(log_ratio(&pair.couples, cpu));
    }
    found.pair_seconds = began.elapsed().as_secs_f64() / f64::from(pairs.max(1));
    Ok(found)
}

/// The median over the couples of a pair.
fn log_ratio(couples: &[Couple], value: impl Fn(&Sample) -> Option<f64>) -> Option<f64> {
    let of = |couple: &Couple| Some((value(&couple.candidate)? / value(&couple.baseline)?).ln());
    let ratios: Option<Vec<f64>> = couples.iter().map(of).collect();
    stats::median(&ratios?).filter(|ratio| ratio.is_finite())
}

impl Noisiness {
    /// What pairs of log ratios say, each pair taking so long. `None` for too few pairs.
    pub fn of(log_ratios: &[f64], pair_seconds: f64) -> Option<Self> {
        /// Turns a median of distances into a standard deviation, for normal noise.
        const NORMAL: f64 = 1.4826;
        let thresholds = Thresholds::of_changes(TOLERATED, CHANGE)?;
        let mut gate = PairGate::new(thresholds, Levels::of_family(1, ALPHA)?);
        for ratio in log_ratios {
            gate.observe(*ratio);
        }
        let spread = NORMAL * stats::mad(log_ratios)?;
        let decides = |pairs: usize| {
            gate.detectable(pairs).is_some_and(|change| change <= thresholds.must_catch())
        };
        let seconds = decides(PAIRS_MAX).then(|| {
            let (mut low, mut high) = (0, PAIRS_MAX);
            while low + 1 < high {
                let middle = low + (high - low) / 2;
                if decides(middle) { high = middle } else { low = middle }
            }
            high as f64 * pair_seconds
        });
        let minute = (60.0 / pair_seconds) as usize;
        let in_a_minute = gate.detectable(minute.min(PAIRS_MAX)).map(f64::exp_m1);
        Some(Self { spread, seconds, in_a_minute })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quiet or loud noise that is the same every time.
    fn noise(scale: f64) -> Vec<f64> {
        let turns = [0.3, -1.1, 0.7, -0.2, 1.6, -0.6, 0.1, -1.5, 0.9, -0.4, 0.5, -0.3];
        turns.iter().map(|turn| turn * scale).collect()
    }

    #[test]
    fn noise_that_is_louder_takes_longer_and_lets_larger_changes_through() {
        let quiet = Noisiness::of(&noise(0.001), 0.1).unwrap();
        let loud = Noisiness::of(&noise(0.02), 0.1).unwrap();
        assert!(quiet.spread < 0.002 && loud.spread > 0.01, "{quiet:?} {loud:?}");
        assert!(quiet.seconds.unwrap() < loud.seconds.unwrap(), "{quiet:?} {loud:?}");
        assert!(quiet.in_a_minute.unwrap() < loud.in_a_minute.unwrap(), "{quiet:?} {loud:?}");
        let slow = Noisiness::of(&noise(0.001), 1.0).unwrap();
        assert!((slow.seconds.unwrap() / quiet.seconds.unwrap() - 10.0).abs() < 1e-9);
    }

    #[test]
    fn noise_that_drowns_the_change_has_no_time_in_which_it_is_decided() {
        let deaf = Noisiness::of(&noise(2.0), 0.1).unwrap();
        assert_eq!(deaf.seconds, None, "{deaf:?}");
        assert_eq!(Noisiness::of(&[], 0.1), None);
    }
}
