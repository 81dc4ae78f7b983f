//! Couples of samples -> values by metric, per execution of the work. Only the loop of a gate
//! calls it.

use record::gate::Paired;
use record::{Sample, Unit, Value, metrics};

use crate::measure::paired::Couple;

/// The metrics that every couple has on both sides, from the same source.
pub(super) fn metrics(couples: &[Couple]) -> Vec<Paired> {
    let Some(first) = couples.first() else { return Vec::new() };
    first.baseline.values.iter().filter_map(|value| paired(value, couples)).collect()
}

fn paired(like: &Value, couples: &[Couple]) -> Option<Paired> {
    let of = |sample: &Sample| {
        let found = sample
            .values
            .iter()
            .find(|value| value.metric == like.metric && value.source == like.source)?;
        Some(found.value / divisor(found, sample))
    };
    let side = |pick: fn(&Couple) -> &Sample| {
        couples.iter().map(|couple| of(pick(couple))).collect::<Option<Vec<f64>>>()
    };
    Some(Paired {
        metric: like.metric.clone(),
        unit: like.unit,
        better: like.better,
        source: like.source,
        baseline: side(|couple| &couple.baseline)?,
        candidate: side(|couple| &couple.candidate)?,
    })
}

/// Sums are told per execution; peaks, ratios and rates are none.
fn divisor(value: &Value, sample: &Sample) -> f64 {
    let peaks = [metrics::PEAK_RSS.name, metrics::PEAK_RSS_SUM.name, metrics::EXIT_CODE.name];
    let is_sum = !peaks.contains(&value.metric.as_str())
        && !matches!(value.unit, Unit::Ratio | Unit::PerSecond);
    if is_sum { f64::from(sample.executions.max(1)) } else { 1.0 }
}
