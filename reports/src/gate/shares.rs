//! What a change is made of: the other clock, and how much of it instructions, instructions per
//! cycle, frequency and parallelism explain.
//!
//! wall = instructions / (instructions per cycle x cycles per second x cores busy), so the
//! logarithms of the four ratios add up to that of the wall time.

use record::gate::{Finding, Part, Unit, Word};
use record::metrics;

use super::pairs::log_ratio;

/// The finding with what stands beside it in the same pairs.
pub(super) fn explained(finding: Finding, units: &[Unit]) -> Finding {
    let wall = metrics::WALL_TIME.name;
    let cpu = metrics::CPU_TIME.name;
    let own = metrics::WORKER_CPU_TIME.name;
    let is_time = [wall, cpu, own].contains(&finding.metric.as_str());
    if !is_time {
        return finding;
    }
    let other = if finding.metric == wall { cpu } else { wall };
    let beside =
        ratio(units, other).map(|log| Part { name: other.to_owned(), change: log.exp_m1() });
    let is_changed = matches!(finding.word, Word::Regressed | Word::Improved);
    let shares = if is_changed { shares(units, finding.metric == wall) } else { Vec::new() };
    Finding { beside: beside.into_iter().collect(), shares, ..finding }
}

/// The parts that these pairs can tell; empty where they tell no part.
fn shares(units: &[Unit], of_wall: bool) -> Vec<Part> {
    let instructions = ratio(units, metrics::INSTRUCTIONS.name);
    let cycles = ratio(units, metrics::CYCLES.name);
    let cpu = ratio(units, metrics::CPU_TIME.name);
    let wall = ratio(units, metrics::WALL_TIME.name);
    let part = |name: &str, log: Option<f64>| {
        log.map(|log| Part { name: name.to_owned(), change: log.exp_m1() })
    };
    let both = |one: Option<f64>, other: Option<f64>| Some(one? - other?);
    let mut parts = Vec::new();
    if cycles.is_some() {
        parts.extend(part("instructions", instructions));
        parts.extend(part("cycles per instruction", both(cycles, instructions)));
        parts.extend(part("time per cycle (frequency)", both(cpu, cycles)));
    } else {
        parts.extend(part("CPU time", cpu.filter(|_| of_wall)));
    }
    if of_wall {
        parts.extend(part("cores not kept busy (parallelism, waiting)", both(wall, cpu)));
    }
    parts
}

/// The centre of a metric's log ratios.
fn ratio(units: &[Unit], metric: &str) -> Option<f64> {
    let ratios: Vec<f64> =
        units.iter().filter_map(|unit| log_ratio(unit.metric(metric)?, 0.0)).collect();
    stats::hodges_lehmann(&ratios)
}
