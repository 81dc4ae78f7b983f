//! Metrics that are computed from others: rates and ratios. `derived/table.rs` declares them all;
//! here is how one is formed.
//!
//! [`crate::RunSet`] appends them to the measured series of a case. They are never stored, so that
//! a better definition needs no new measurement.

use record::{Better, Sample, Value};
use stats::{Observation, Summary};

use crate::format::Kind;
use crate::run_set::per_execution;

mod table;

pub use table::DERIVED;

/// How a derived metric is formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// Top by bottom in every sample; summarised by the median.
    PerSample,
    /// As [`Rule::PerSample`], and none at all is a count too: 0 by rows is 0.
    PerRow,
    /// As [`Rule::PerSample`], but only where both were counted in one group, over the same
    /// instants.
    SameGroup,
    /// The top by the time for which its own counter was enabled, in every sample; the bottom is
    /// not asked. Only where the kernel was counted too, because that time includes it.
    OwnTime,
    /// Median of the tops by median of the bottoms: a throughput belongs to the median time that
    /// is shown beside it. The spread is that of the samples.
    OfMedians,
}

/// A derived metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Derived {
    /// Snake-case name.
    pub name: &'static str,
    /// What it counts.
    pub kind: Kind,
    /// Which direction is good.
    pub better: Better,
    /// One sentence: what it is.
    pub about: &'static str,
    /// The metrics that can stand above the line; the first that is present and not 0 is taken,
    /// and under [`Rule::PerRow`] the first that is present.
    pub top: &'static [&'static str],
    /// The metrics that can stand below the line; the first that is present and not 0 is taken.
    pub bottom: &'static [&'static str],
    /// What the quotient is multiplied with.
    pub factor: f64,
    /// How the quotient is formed.
    pub rule: Rule,
}

impl Derived {
    /// The points and the summary of this metric over counted samples; `None` where nothing can
    /// be formed.
    pub fn over(&self, samples: &[&Sample]) -> Option<(Vec<Observation>, Summary)> {
        let none_counts = self.rule == Rule::PerRow;
        let top = present(self.top, samples, none_counts)?;
        let bottom = match self.rule {
            Rule::OwnTime => "",
            _ => present(self.bottom, samples, false)?,
        };
        let mut tops = Vec::new();
        let mut bottoms = Vec::new();
        let mut points = Vec::new();
        for sample in samples {
            let Some((above, below)) = self.pair(sample, (top, bottom)) else { continue };
            let value = above / below * self.factor;
            if value.is_finite() {
                let observe = |value| Observation { process: sample.process, value };
                tops.push(observe(above));
                bottoms.push(observe(below));
                points.push(observe(value));
            }
        }
        let mut summary = Summary::new(&points)?;
        if self.rule == Rule::OfMedians {
            let middle = |points: &[Observation]| stats::median(&stats::per_process(points));
            let quotient = middle(&tops)? / middle(&bottoms)? * self.factor;
            if quotient.is_finite() {
                summary.median = quotient;
                // Means of two middle values and quotients do not commute to the last digit.
                summary.interval.low = summary.interval.low.min(quotient);
                summary.interval.high = summary.interval.high.max(quotient);
            }
        }
        Some((points, summary))
    }

    /// What stands above and below the line for one execution of the work.
    fn pair(&self, sample: &Sample, (top, bottom): (&str, &str)) -> Option<(f64, f64)> {
        let find = |name: &str| sample.values.iter().find(|value| value.metric == name);
        let above = find(top)?;
        if self.rule == Rule::OwnTime {
            let counting = above.counting.as_ref().filter(|counting| counting.kernel)?;
            let enabled_ns = counting.enabled_ns as f64 / f64::from(sample.executions.max(1));
            return Some((per_execution(sample, above), enabled_ns));
        }
        let below = find(bottom)?;
        if self.rule == Rule::SameGroup && !same_group(above, below) {
            return None;
        }
        Some((per_execution(sample, above), per_execution(sample, below)))
    }
}

/// The first metric that any sample has, and that is not nought in all of them unless `none_counts`.
fn present(names: &[&'static str], samples: &[&Sample], none_counts: bool) -> Option<&'static str> {
    let counts = |value: f64| value != 0.0 || none_counts;
    let has = |name: &&&str| samples.iter().any(|sample| sample.value(name).is_some_and(counts));
    names.iter().find(has).copied()
}

fn same_group(one: &Value, other: &Value) -> bool {
    match (&one.counting, &other.counting) {
        (Some(one), Some(other)) => one.group == other.group,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use record::{CaseId, Counting, Source, Status, metrics};

    use super::*;

    fn sample(process: u32, values: Vec<Value>) -> Sample {
        Sample {
            case: CaseId::new("a"),
            pass: record::Pass::Timed,
            process,
            iteration: 0,
            started_ns: 0,
            executions: 1,
            status: Status::Ok,
            values,
            answer: None,
            marks: Vec::new(),
        }
    }

    fn derived(name: &str) -> Derived {
        *DERIVED.iter().find(|derived| derived.name == name).unwrap()
    }

    fn timed(process: u32, wall: f64, rows: f64) -> Sample {
        let values = vec![
            metrics::WALL_TIME.value(wall, Source::Workload),
            metrics::ROWS.value(rows, Source::Workload),
            metrics::BYTES_OUT.value(0.0, Source::Workload),
            metrics::BYTES_IN.value(2.0 * rows, Source::Workload),
        ];
        sample(process, values)
    }

    #[test]
    fn throughput_is_rows_by_the_median_time_not_the_median_of_rates() {
        let samples = [timed(0, 1e9, 100.0), timed(1, 3e9, 100.0)];
        let samples: Vec<&Sample> = samples.iter().collect();
        let (points, summary) = derived("rows_per_second").over(&samples).unwrap();
        assert_eq!(points.len(), 2);
        assert_eq!(summary.median, 50.0);
        let (_, bytes) = derived("bytes_per_second").over(&samples).unwrap();
        assert_eq!(bytes.median, 100.0, "no byte was written, so bytes read count");
    }

    #[test]
    fn zero_rows_give_no_time_per_row() {
        let zero = timed(0, 1e9, 0.0);
        assert!(derived("time_per_row").over(&[&zero]).is_none());
        assert!(derived("rows_per_second").over(&[&zero]).is_none());
    }

    #[test]
    fn ratios_of_counters_need_one_group() {
        let counting = |group: &str| Counting {
            enabled_ns: 1,
            running_ns: 1,
            kernel: false,
            event: "hardware/0".to_owned(),
            group: group.to_owned(),
        };
        let pair = |group: &str| {
            let values = vec![
                metrics::CYCLES.counted(100.0, Source::Hardware, counting("cpu")),
                metrics::INSTRUCTIONS.counted(150.0, Source::Hardware, counting(group)),
            ];
            sample(0, values)
        };
        assert_eq!(derived("ipc").over(&[&pair("cpu")]).unwrap().1.median, 1.5);
        assert!(derived("ipc").over(&[&pair("other")]).is_none());
    }

    #[test]
    fn the_clock_is_cycles_by_the_time_of_their_own_counter_and_needs_the_kernel() {
        let cycles = |kernel| {
            let event = "hardware/0".to_owned();
            let counting =
                Counting { enabled_ns: 50, running_ns: 50, kernel, event, group: "g".to_owned() };
            sample(0, vec![metrics::CYCLES.counted(150.0, Source::Hardware, counting)])
        };
        assert_eq!(derived("ghz").over(&[&cycles(true)]).unwrap().1.median, 3.0);
        assert!(derived("ghz").over(&[&cycles(false)]).is_none());
    }

    #[test]
    fn bytes_read_are_the_base_and_bytes_written_where_nothing_says_what_was_read() {
        let mut samples = [timed(0, 1e9, 100.0)];
        let of = |samples: &[Sample]| {
            let samples: Vec<&Sample> = samples.iter().collect();
            derived("time_per_byte").over(&samples).unwrap().1.median
        };
        assert_eq!(of(&samples), 1e9 / 200.0);
        samples[0].values.pop();
        samples[0].values[2].value = 400.0;
        assert_eq!(of(&samples), 1e9 / 400.0);
    }

    #[test]
    fn each_has_a_name_of_its_own_that_no_measured_metric_has() {
        for (at, one) in DERIVED.iter().enumerate() {
            assert!(DERIVED[..at].iter().all(|other| other.name != one.name), "{}", one.name);
            assert!(metrics::find(one.name).is_none(), "{}", one.name);
        }
    }

    #[test]
    fn missing_metrics_give_nothing() {
        assert!(derived("cores_busy").over(&[&timed(0, 1.0, 1.0)]).is_none());
        assert!(derived("cores_busy").over(&[]).is_none());
    }
}
