//! How far the gate is from one that knows the noise beforehand.

use std::f64::consts::LN_2;

use crate::gate::{Design, tallies};
use crate::goals::{Effort, FAMILY};
use crate::noise::Group;

/// Seconds a case at +3 %, mean over the recordings of a regime.
pub(crate) struct Row {
    pub(crate) regime: &'static str,
    /// By replay.
    pub(crate) found: f64,
    /// With the one bet that wins most on this noise, from the first pair on.
    pub(crate) hindsight: f64,
    /// With every pair won and the wealth doubled: no bet at fair odds on the side of a pair can
    /// do more, whatever the noise.
    pub(crate) least: f64,
}

/// CPU time of the C programs, both regimes.
pub(crate) fn rows(groups: &[&Group], effort: Effort) -> Vec<Row> {
    let design = Design::of_family(FAMILY);
    let needed = design.levels.red().ln();
    let of_regime = |regime| {
        let own: Vec<&Group> = groups.iter().copied().filter(|one| one.regime == regime).collect();
        let mean = |of: &dyn Fn(&Group) -> f64| {
            own.iter().map(|group| of(group)).sum::<f64>() / own.len() as f64
        };
        let replayed = tallies(&own, 0.03, design, effort.replays);
        let gap = design.thresholds.must_catch() - design.thresholds.tolerated();
        Row {
            regime,
            found: replayed.iter().map(|one| one.seconds_a_case()).sum::<f64>() / own.len() as f64,
            hindsight: mean(&|group| seconds(group) * needed / growth(group, gap)),
            least: mean(&|group| seconds(group) * (needed / LN_2).ceil()),
        }
    };
    ["contended", "quieter"].map(of_regime).into()
}

/// What a pair costs.
fn seconds(group: &Group) -> f64 {
    group.units.iter().map(|unit| unit.seconds).sum::<f64>() / group.units.len() as f64
}

/// The most that the logarithm of the wealth grows by in a pair on average, of all stakes and
/// scales, where the truth lies `gap` beyond the claim and each pair has either sign.
fn growth(group: &Group, gap: f64) -> f64 {
    /// Scales in each direction from the gap, and stakes.
    const STEPS: i32 = 40;
    let noise: Vec<f64> = group.units.iter().map(|unit| unit.log_ratio).collect();
    let distances: Vec<f64> = noise.iter().flat_map(|x| [gap + x, gap - x]).collect();
    let mut most = 0.0_f64;
    // Scales from a hundredth of the gap to a hundred times the gap.
    for scale in
        (-STEPS..=STEPS).map(|step| gap * 10f64.powf(2.0 * f64::from(step) / f64::from(STEPS)))
    {
        for stake in (1..STEPS).map(|step| f64::from(step) / f64::from(STEPS)) {
            let logs = distances.iter().map(|at| (stake * (at / scale).clamp(-1.0, 1.0)).ln_1p());
            most = most.max(logs.sum::<f64>() / distances.len() as f64);
        }
    }
    most
}
