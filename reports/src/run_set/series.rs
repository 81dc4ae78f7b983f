//! Samples of one case as series: one per metric and source, each per execution of the work.

use std::collections::BTreeMap;

use record::{Sample, Source, Unit, Value};
use stats::{Observation, Summary};

use super::{Counted, Series};
use crate::derived::DERIVED;
use crate::format::Kind;

/// Whether a sample's value is a sum over its executions: peaks, ratios and rates are not.
fn is_sum(value: &Value) -> bool {
    use record::metrics::{PEAK_HEAP, PEAK_RSS, PEAK_RSS_SUM};
    let peaks = [PEAK_RSS.name, PEAK_RSS_SUM.name, PEAK_HEAP.name];
    !peaks.contains(&value.metric.as_str()) && !matches!(value.unit, Unit::Ratio | Unit::PerSecond)
}

/// What a value of a sample is for one execution of its work.
pub(crate) fn per_execution(sample: &Sample, value: &Value) -> f64 {
    let executions = if is_sum(value) { sample.executions.max(1) } else { 1 };
    value.value / f64::from(executions)
}

/// The series of counted samples: measured ones, then derived ones.
pub(super) fn series(samples: &[&Sample]) -> Vec<Series> {
    // Keyed by metric and source: values of different sources are different series.
    let mut points = BTreeMap::<(&str, Source), Gathered<'_>>::new();
    let mut order = Vec::new();
    for sample in samples {
        for value in &sample.values {
            let amount = per_execution(sample, value);
            // A number that is none cannot be summarised; the store refuses it, an import may not.
            if !amount.is_finite() {
                continue;
            }
            let key = (value.metric.as_str(), value.source);
            let gathered = points.entry(key).or_insert_with(|| {
                order.push(key);
                Gathered { first: value, counted: None, points: Vec::new() }
            });
            let counted =
                value.counting.as_ref().map(Counted::of).or_else(|| Counted::told(sample, value));
            gathered.counted = match (gathered.counted, counted) {
                (Some(one), Some(other)) => Some(one.worse(other)),
                (one, other) => one.or(other),
            };
            gathered.points.push(Observation { process: sample.process, value: amount });
        }
    }
    order.sort_by_key(|(metric, _)| metric_rank(metric));
    let measured = order.into_iter().filter_map(|key| {
        let Gathered { first: value, counted, points } = points.remove(&key)?;
        Some(Series {
            metric: value.metric.clone(),
            kind: Kind::from(value.unit),
            better: value.better,
            source: Some(value.source),
            counted,
            summary: Summary::new(&points)?,
            points,
        })
    });
    let mut all: Vec<Series> = measured.collect();
    all.extend(DERIVED.iter().filter_map(|derived| {
        let (points, summary) = derived.over(samples)?;
        Some(Series {
            metric: derived.name.to_owned(),
            kind: derived.kind,
            better: derived.better,
            source: None,
            counted: None,
            summary,
            points,
        })
    }));
    all
}

/// What is gathered of a series.
struct Gathered<'a> {
    first: &'a Value,
    counted: Option<Counted>,
    points: Vec<Observation>,
}

/// The place of a metric in the table of metrics; a workload's own stand after them.
fn metric_rank(name: &str) -> usize {
    let all = record::metrics::ALL;
    all.iter().position(|metric| metric.name == name).unwrap_or(all.len())
}
