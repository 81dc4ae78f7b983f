//! What a worker, a process or its output says, as values of a sample.

use record::{Better, Failure, FailureKind, Source, Unit, Value, metrics};
use workload_api::protocol::Done;

use crate::case::OutputMetric;
use crate::counters::from_usage;
use crate::worker::{Exit, Output, extract};

/// `/proc` tells the user and system time of a worker in ticks of 10 ms. Below this much CPU time
/// the split says nothing, and a zero in it would be a lie.
const SPLIT_NS_MIN: f64 = 100e6;

/// What a worker says of the work, and what was counted around it.
pub(super) fn reported(done: &Done, counted: Vec<Value>) -> Vec<Value> {
    let mut values = vec![from_work(&metrics::WALL_TIME, done.wall_ns)];
    values.extend(done.cpu_ns.map(|cpu_ns| from_work(&metrics::WORKER_CPU_TIME, cpu_ns)));
    values.extend(worked(done));
    values.extend(done.work.metrics.iter().map(|metric| Value {
        metric: metric.name.clone(),
        value: metric.value,
        unit: unit(metric.unit),
        better: better(metric.better),
        source: Source::Workload,
        counting: None,
    }));
    values.extend(counted);
    without_idle_split(values)
}

/// What was done, without any time.
pub(super) fn worked(done: &Done) -> Vec<Value> {
    let mut values = vec![from_work(&metrics::ROWS, done.work.rows)];
    for (metric, bytes) in
        [(&metrics::BYTES_IN, done.work.bytes_in), (&metrics::BYTES_OUT, done.work.bytes_out)]
    {
        // Zero means that the workload does not count these bytes.
        values.extend((bytes > 0).then(|| from_work(metric, bytes)));
    }
    values
}

fn from_work(metric: &metrics::Metric, value: u64) -> Value {
    metric.value(value as f64, Source::Workload)
}

fn unit(unit: workload_api::Unit) -> Unit {
    match unit {
        workload_api::Unit::Nanoseconds => Unit::Nanoseconds,
        workload_api::Unit::Bytes => Unit::Bytes,
        workload_api::Unit::Count => Unit::Count,
        workload_api::Unit::Rows => Unit::Rows,
        workload_api::Unit::Ratio => Unit::Ratio,
    }
}

fn better(better: workload_api::Better) -> Better {
    match better {
        workload_api::Better::Lower => Better::Lower,
        workload_api::Better::Higher => Better::Higher,
        workload_api::Better::Neither => Better::Neither,
    }
}

/// The values of a whole process: the harness's clock, the counters, and its accounting.
pub(super) fn process_values(exit: &Exit, counted: Vec<Value>) -> Vec<Value> {
    let usage = &exit.usage;
    let mut values = vec![metrics::WALL_TIME.value(exit.wall_ns() as f64, Source::Harness)];
    values.extend(counted);
    if !values.iter().any(|value| value.metric == metrics::CPU_TIME.name) {
        // The sum of both tick-sampled parts is exact; only their split is not.
        let cpu_ns = usage.user_ns + usage.system_ns;
        values.push(metrics::CPU_TIME.value(cpu_ns as f64, Source::Process));
    }
    values.extend(from_usage(usage));
    values
}

/// Leaves user and system time out where there was too little CPU time to split.
fn without_idle_split(mut values: Vec<Value>) -> Vec<Value> {
    let split = [metrics::USER_TIME.name, metrics::SYSTEM_TIME.name];
    let is_split = |value: &Value| split.contains(&value.metric.as_str());
    let total: f64 = values.iter().filter(|value| is_split(value)).map(|value| value.value).sum();
    if total < SPLIT_NS_MIN {
        values.retain(|value| !is_split(value));
    }
    values
}

/// The numbers that stand in a command's output.
///
/// # Errors
/// When one does not stand there, or is too large in its base unit.
pub(super) fn picked(wanted: &[OutputMetric], output: &Output) -> Result<Vec<Value>, Failure> {
    wanted.iter().map(|wanted| one(wanted, output)).collect()
}

fn one(wanted: &OutputMetric, output: &Output) -> Result<Value, Failure> {
    let value = extract::number(&wanted.pattern, output)? * wanted.scale as f64;
    if !value.is_finite() {
        let message = format!("metric `{}` is too large for a number", wanted.name);
        let output = output.both.text();
        return Err(Failure { kind: FailureKind::Run, message, output });
    }
    Ok(Value {
        metric: wanted.name.clone(),
        value,
        unit: wanted.unit,
        better: wanted.better,
        source: Source::Workload,
        counting: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(user_ns: f64, system_ns: f64) -> Vec<Value> {
        let value = |metric: metrics::Metric, value| metric.value(value, Source::Process);
        without_idle_split(vec![
            value(metrics::WALL_TIME, 1.0),
            value(metrics::USER_TIME, user_ns),
            value(metrics::SYSTEM_TIME, system_ns),
        ])
    }

    #[test]
    fn too_little_cpu_time_is_not_split_into_user_and_system() {
        assert_eq!(split(0.0, 0.0).len(), 1);
        assert_eq!(split(90e6, 0.0).len(), 1);
        assert_eq!(split(90e6, 20e6).len(), 3);
    }
}
