//! The numbers of a pair that rules look at: log ratio, medians, which clock.

use record::gate::{Margins, Paired, TIME, Unit};
use record::{Better, metrics};
use stats::sequential::Noise;

/// Cores busy above which wall time tells more: parallelism trades CPU time for it.
const CORES_BUSY_MAX: f64 = 1.2;

/// Cores busy below which a case may be waiting for something.
const CORES_BUSY_MIN: f64 = 0.8;

/// A worker that never waits still goes to sleep between two requests, and one that hands work to a
/// thread of its own once more.
const WAITS_MIN: f64 = 3.0;

/// A case that is taken off its core by others is idle too, but not of its own will: what waits
/// gives its core up so many times as often as it loses it.
const WAITS_PER_LOSS: f64 = 2.0;

/// The median over the couples of ln(candidate / baseline); `None` where a value is not positive.
/// Both medians within `ignore_below` of each other count as equal.
pub(super) fn log_ratio(paired: &Paired, ignore_below: f64) -> Option<f64> {
    let (old, new) = medians(paired)?;
    if (new - old).abs() <= ignore_below {
        return Some(0.0);
    }
    let ratios: Vec<f64> =
        paired.baseline.iter().zip(&paired.candidate).map(|(old, new)| (new / old).ln()).collect();
    stats::median(&ratios).filter(|ratio| ratio.is_finite())
}

/// The medians of both sides.
pub(super) fn medians(paired: &Paired) -> Option<(f64, f64)> {
    Some((stats::median(&paired.baseline)?, stats::median(&paired.candidate)?))
}

/// The metric that a rule means in this case. CPU time is the more sensitive clock; wall time is
/// the right one where the case keeps more than 1.2 cores busy, or waits.
pub(super) fn resolve(metric: &str, unit: &Unit) -> String {
    if metric != TIME {
        return metric.to_owned();
    }
    let wall = metrics::WALL_TIME.name;
    let Some(cpu) = [metrics::CPU_TIME.name, metrics::WORKER_CPU_TIME.name]
        .into_iter()
        .find(|name| unit.metric(name).is_some())
    else {
        return wall.to_owned();
    };
    let of = |name| stats::median(&unit.metric(name)?.baseline);
    let busy = of(cpu).zip(of(wall)).map(|(cpu, wall)| cpu / wall);
    let losses = of(metrics::INVOLUNTARY_SWITCHES.name).unwrap_or(0.0);
    let waits = of(metrics::VOLUNTARY_SWITCHES.name)
        .is_some_and(|waits| waits >= WAITS_MIN && waits > WAITS_PER_LOSS * losses);
    let chosen = match busy {
        Some(busy) if busy > CORES_BUSY_MAX => wall,
        Some(busy) if busy < CORES_BUSY_MIN && waits => wall,
        _ => cpu,
    };
    chosen.to_owned()
}

/// The margins of a metric where a suite states none.
pub(super) fn usual_margins(metric: &str, is_command: bool) -> Margins {
    let noise = match (metric, is_command) {
        ("cpu_time" | "worker_cpu_time" | TIME, false) => Noise::CpuTime,
        ("cpu_time" | "worker_cpu_time" | TIME, true) => Noise::ProcessCpuTime,
        ("wall_time", false) => Noise::WallTime,
        ("wall_time", true) => Noise::ProcessWallTime,
        _ => Noise::Other,
    };
    let [tolerated, must_catch] = noise.usual_margins();
    Margins { tolerated, must_catch }
}

/// 1 where less is better, -1 where more is. A metric without a direction is held to cost.
pub(super) fn sign(better: Better) -> f64 {
    match better {
        Better::Lower | Better::Neither => 1.0,
        Better::Higher => -1.0,
    }
}
