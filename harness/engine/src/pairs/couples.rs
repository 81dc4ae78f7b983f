//! How many couples a pair should have, from the pairs of its case so far. Only the loop of a gate
//! asks. The number depends on the past alone, so the bets on a pair stay fair.

use std::time::Duration;

use record::gate::Unit;
use record::metrics;
use stats::{Observation, Variances};

use crate::measure::paired::COUPLES;

/// Couples at most and at least: the median of a few is still one, and a few pairs with wild
/// couples must not ask for more than ever pays (`docs/replay.md`).
const MOST: u32 = 16;
const LEAST: u32 = 5;

/// Pairs after which the number is computed.
const PILOT: u32 = 4;

/// The clocks that a gate may look at; each has a best number, and the larger one serves both.
const CLOCKS: [&str; 3] =
    [metrics::WALL_TIME.name, metrics::CPU_TIME.name, metrics::WORKER_CPU_TIME.name];

/// What the pairs of a case have told.
#[derive(Debug, Default)]
pub(super) struct Pilot {
    pairs: u32,
    couples: u32,
    /// Time of all pairs, and of that what their counted couples took.
    all: f64,
    inside: f64,
    /// ln(candidate / baseline) of every couple, clock by clock.
    ratios: [Vec<Observation>; CLOCKS.len()],
}

impl Pilot {
    /// Takes in a pair and how long its counted couples took.
    pub(super) fn take(&mut self, unit: &Unit, inside: Duration) {
        for (clock, ratios) in CLOCKS.iter().zip(&mut self.ratios) {
            let Some(paired) = unit.metric(clock) else { continue };
            let couples = paired.baseline.iter().zip(&paired.candidate);
            ratios.extend(couples.map(|(old, new)| (new / old).ln()).filter_map(|value| {
                value.is_finite().then_some(Observation { process: self.pairs, value })
            }));
        }
        self.pairs += 1;
        self.couples += u32::try_from(unit.first.len()).unwrap_or(0);
        self.all += unit.seconds;
        self.inside += inside.as_secs_f64();
    }

    /// Couples of the next pair: as many as give the most for its time (`Variances::best_iterations`).
    pub(super) fn couples(&self) -> u32 {
        if self.pairs < PILOT || self.couples == 0 || self.inside <= 0.0 {
            return COUPLES;
        }
        let couple = self.inside / f64::from(self.couples);
        let process = (self.all - self.inside).max(0.0) / f64::from(self.pairs);
        let best = self.ratios.iter().filter_map(|ratios| Variances::new(ratios));
        let best = best.map(|found| found.best_iterations(process, couple, MOST as usize)).max();
        // OK because the limit lies inside the narrower type.
        best.map_or(COUPLES, |best| u32::try_from(best).unwrap_or(MOST).clamp(LEAST, MOST))
    }
}

#[cfg(test)]
mod tests {
    use record::gate::{Paired, Role};
    use record::{Better, CaseId, Pass, Source, Unit as ValueUnit};

    use super::*;

    /// A pair of couples whose logarithms differ by `within` around `own`.
    fn unit(pair: u32, seconds: f64, own: f64, within: f64) -> Unit {
        let candidate =
            [-1.0, 1.0, -1.0, 1.0].map(|sign: f64| (own + sign * within).exp()).to_vec();
        Unit {
            case: CaseId::new("c"),
            role: Role::Case,
            pass: Pass::Timed,
            layout: None,
            pair,
            started_ns: 0,
            seconds,
            executions: 1,
            first: vec![record::gate::Side::Baseline; 4],
            metrics: vec![Paired {
                metric: CLOCKS[0].to_owned(),
                unit: ValueUnit::Nanoseconds,
                better: Better::Lower,
                source: Source::Workload,
                baseline: vec![1.0; 4],
                candidate,
            }],
            failure: None,
        }
    }

    fn couples(seconds: f64, own: f64, within: f64, pairs: u32) -> u32 {
        let mut pilot = Pilot::default();
        for pair in 0..pairs {
            let side = if pair % 2 == 0 { 1.0 } else { -1.0 };
            pilot.take(&unit(pair, seconds, side * own, within), Duration::from_millis(400));
        }
        pilot.couples()
    }

    #[test]
    fn dear_processes_that_hardly_differ_get_many_couples_and_cheap_ones_that_do_few() {
        assert_eq!(couples(10.0, 0.0, 0.05, 3), COUPLES, "three pairs are no pilot");
        assert_eq!(couples(10.0, 0.0, 0.05, 6), MOST);
        assert_eq!(couples(0.41, 0.1, 0.01, 6), LEAST);
        // sqrt(10 / 0.1 x 0.05^2 / 0.05^2) = 10, and a little for the degrees of freedom.
        let some = couples(10.4, 0.055, 0.05, 6);
        assert!((8..=14).contains(&some), "{some}");
    }

    #[test]
    fn without_a_clock_the_usual_number_stays() {
        let mut pilot = Pilot::default();
        for pair in 0..9 {
            let silent = Unit { metrics: Vec::new(), ..unit(pair, 1.0, 0.0, 0.0) };
            pilot.take(&silent, Duration::from_millis(1));
        }
        assert_eq!(pilot.couples(), COUPLES);
    }
}
