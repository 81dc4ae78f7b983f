//! How throughput grows with the number of workers: Amdahl's law and the Universal Scalability
//! Law, fitted to measurements.
//!
//! Reports call it for sweeps over threads. It must not extrapolate by itself: where the curve
//! leaves the measured range is for the caller to say.

mod least_squares;

use crate::seeded::Seeded;
use crate::{Interval, median, quantile};

/// The throughputs measured with a number of workers.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Workers, threads, cores: at least 1.
    pub workers: f64,
    /// Throughput of each replicate, above 0.
    pub throughputs: Vec<f64>,
}

/// Which law is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// Contention only: a serial part that all wait for. Source: Amdahl, Validity of the Single
    /// Processor Approach to Achieving Large Scale Computing Capabilities, AFIPS 1967.
    Amdahl,
    /// Contention, and coherence: each exchanges with each other, so that throughput has a peak.
    /// Source: Gunther, Guerrilla Capacity Planning, 2007, chapters 4 to 6.
    Universal,
}

/// A number of the law with its interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted {
    /// Best estimate.
    pub value: f64,
    /// Percentile interval of the bootstrap over replicates; `None` where some number of workers
    /// was measured only once.
    pub interval: Option<Interval>,
}

/// Throughput X(n) = l n / (1 + a (n - 1) + b n (n - 1)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scaling {
    /// l: throughput of one worker.
    pub single: Fitted,
    /// a: share of the work that is serial, 0 to 1. 1 also where throughput falls, which Amdahl's
    /// law cannot say.
    pub contention: Fitted,
    /// b: share of the work that each pair of workers costs; 0 under Amdahl's law.
    pub coherence: Fitted,
    /// The number of workers with the highest throughput, sqrt((1 - a) / b). `None` where b is 0:
    /// then throughput grows towards l / a and never falls.
    pub peak: Option<Fitted>,
    /// Share of the variance of the median throughputs that the law explains.
    pub explained: f64,
}

/// Numbers of workers that the fit needs at least.
const NUMBERS_MIN: usize = 3;

impl Scaling {
    /// Fits a law to at least 3 different numbers of workers.
    ///
    /// With y = n / X(n) the law is linear, y = (1 + a (n - 1) + b n (n - 1)) / l, so the least
    /// squares need no iteration and no starting point. Squares are weighted by 1 / y², because
    /// measurements scatter by a share of their value; a and b are kept at 0 or above. Intervals:
    /// 1000 draws of replicates with replacement, each number of workers by itself, from a fixed
    /// seed. Source of the linear form: Gunther, 2007, section 5.5.
    ///
    /// `None` with fewer numbers of workers, or if a number is not as described.
    pub fn fit(measured: &[Measured], law: Law) -> Option<Self> {
        let usable = |one: &Measured| {
            let good = |x: &f64| x.is_finite() && *x > 0.0;
            one.workers.is_finite()
                && one.workers >= 1.0
                && !one.throughputs.is_empty()
                && one.throughputs.iter().all(good)
        };
        let mut numbers: Vec<f64> = measured.iter().map(|one| one.workers).collect();
        numbers.sort_by(f64::total_cmp);
        numbers.dedup();
        if numbers.len() < NUMBERS_MIN || !measured.iter().all(usable) {
            return None;
        }
        let medians: Vec<(f64, f64)> = measured
            .iter()
            .filter_map(|one| Some((one.workers, median(&one.throughputs)?)))
            .collect();
        let best = Curve::fit(&medians, law)?;
        let drawn = bootstrap(measured, law);
        let fitted =
            |of: fn(&Curve) -> f64| Fitted { value: of(&best), interval: range(&drawn, of) };
        let peak = (best.coherence > 0.0).then(|| fitted(Curve::peak));
        Some(Self {
            single: fitted(|curve| curve.single),
            contention: fitted(|curve| curve.contention),
            coherence: fitted(|curve| curve.coherence),
            peak,
            explained: best.explained(&medians),
        })
    }

    /// Throughput with so many workers, by the law.
    pub fn throughput(&self, workers: f64) -> f64 {
        let [single, contention, coherence] =
            [self.single, self.contention, self.coherence].map(|fitted| fitted.value);
        Curve { single, contention, coherence }.throughput(workers)
    }

    /// Throughput of one worker times the number of workers from which contention alone leaves
    /// nothing to win, 1 / a: no number of workers gives more. `None` where a is 0.
    pub fn ceiling(&self) -> Option<f64> {
        (self.contention.value > 0.0).then(|| self.single.value / self.contention.value)
    }
}

/// The three numbers of a law.
#[derive(Clone, Copy, Debug)]
struct Curve {
    single: f64,
    contention: f64,
    coherence: f64,
}

impl Curve {
    fn fit(points: &[(f64, f64)], law: Law) -> Option<Self> {
        let rows: Vec<[f64; 4]> = points
            .iter()
            .map(|&(n, throughput)| {
                // Divided by y: the weight 1 / y² of its square.
                let y = n / throughput;
                let coherence = if law == Law::Amdahl { 0.0 } else { n * (n - 1.0) };
                [1.0 / y, (n - 1.0) / y, coherence / y, 1.0]
            })
            .collect();
        let [mut one, mut contention, mut coherence] = least_squares::not_negative(&rows)?;
        if contention > one {
            // More than all of the work cannot be serial: with a share of 1, 1 + a (n - 1) is n.
            let all_serial: Vec<[f64; 4]> =
                rows.iter().map(|[a, b, c, y]| [a + b, 0.0, *c, *y]).collect();
            [one, _, coherence] = least_squares::not_negative(&all_serial)?;
            contention = one;
        }
        (one > 0.0).then(|| Self {
            single: 1.0 / one,
            contention: contention / one,
            coherence: coherence / one,
        })
    }

    fn throughput(&self, n: f64) -> f64 {
        let slowed = 1.0 + self.contention * (n - 1.0) + self.coherence * n * (n - 1.0);
        self.single * n / slowed
    }

    /// Infinite where throughput never falls; 1 at least.
    fn peak(&self) -> f64 {
        ((1.0 - self.contention).max(0.0) / self.coherence).sqrt().max(1.0)
    }

    fn explained(&self, points: &[(f64, f64)]) -> f64 {
        let mean = points.iter().map(|(_, x)| x).sum::<f64>() / points.len() as f64;
        let all: f64 = points.iter().map(|(_, x)| (x - mean).powi(2)).sum();
        let left: f64 = points.iter().map(|(n, x)| (x - self.throughput(*n)).powi(2)).sum();
        if all > 0.0 { 1.0 - left / all } else { 0.0 }
    }
}

/// Curves of drawn replicates; none where a number of workers has one replicate only.
fn bootstrap(measured: &[Measured], law: Law) -> Vec<Curve> {
    const DRAWS: usize = 1000;
    const SEED: u64 = 1967;
    if measured.iter().any(|one| one.throughputs.len() < 2) {
        return Vec::new();
    }
    let mut seeded = Seeded::new(SEED);
    let mut draw = |one: &Measured| {
        let values: Vec<f64> = one
            .throughputs
            .iter()
            .map(|_| one.throughputs[seeded.below(one.throughputs.len())])
            .collect();
        Some((one.workers, median(&values)?))
    };
    (0..DRAWS)
        .filter_map(|_| {
            let points: Vec<(f64, f64)> = measured.iter().filter_map(&mut draw).collect();
            Curve::fit(&points, law)
        })
        .collect()
}

fn range(drawn: &[Curve], of: fn(&Curve) -> f64) -> Option<Interval> {
    let tail = (1.0 - crate::CONFIDENCE) / 2.0;
    // An infinite peak is a large one.
    let values: Vec<f64> = drawn.iter().map(|curve| of(curve).min(f64::MAX)).collect();
    Some(Interval {
        low: quantile(&values, tail)?,
        high: quantile(&values, 1.0 - tail)?,
        coverage: crate::CONFIDENCE,
    })
}

#[cfg(test)]
mod tests;
