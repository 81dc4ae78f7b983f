//! Metrics that are computed from others: rates and ratios, in one table.
//!
//! [`crate::RunSet`] appends them to the measured series of a case. They are never stored, so that
//! a better definition needs no new measurement.

use record::{Better, Sample, Value};
use stats::{Observation, Summary};

use crate::format::Kind;

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
    /// The metric below the line.
    pub bottom: &'static str,
    /// What the quotient is multiplied with.
    pub factor: f64,
    /// How the quotient is formed.
    pub rule: Rule,
}

const NS_PER_S: f64 = 1e9;

/// Something counted by rows.
const fn per_row(
    name: &'static str,
    top: &'static [&'static str],
    kind: Kind,
    about: &'static str,
) -> Derived {
    Derived {
        name,
        kind,
        better: Better::Lower,
        about,
        top,
        bottom: "rows",
        factor: 1.0,
        rule: Rule::PerRow,
    }
}

/// Every derived metric.
pub const DERIVED: &[Derived] = &[
    Derived {
        name: "rows_per_second",
        kind: Kind::RowsPerSecond,
        better: Better::Higher,
        about: "Rows by wall time.",
        top: &["rows"],
        bottom: "wall_time",
        factor: NS_PER_S,
        rule: Rule::OfMedians,
    },
    Derived {
        name: "bytes_per_second",
        kind: Kind::BytesPerSecond,
        better: Better::Higher,
        about: "Bytes written by wall time; bytes read where none are written.",
        top: &["bytes_out", "bytes_in"],
        bottom: "wall_time",
        factor: NS_PER_S,
        rule: Rule::OfMedians,
    },
    Derived {
        name: "time_per_row",
        kind: Kind::TimePerRow,
        better: Better::Lower,
        about: "Wall time by rows.",
        top: &["wall_time"],
        bottom: "rows",
        factor: 1.0,
        rule: Rule::OfMedians,
    },
    Derived {
        name: "cores_busy",
        kind: Kind::Ratio,
        better: Better::Neither,
        about: "CPU time by wall time: how many cores worked on average.",
        top: &["cpu_time"],
        bottom: "wall_time",
        factor: 1.0,
        rule: Rule::PerSample,
    },
    Derived {
        name: "ipc",
        kind: Kind::Ratio,
        better: Better::Neither,
        about: "Instructions per cycle.",
        top: &["instructions"],
        bottom: "cycles",
        factor: 1.0,
        rule: Rule::SameGroup,
    },
    Derived {
        name: "cache_miss_rate",
        kind: Kind::Ratio,
        better: Better::Lower,
        about: "Last-level cache misses by references.",
        top: &["cache_misses"],
        bottom: "cache_references",
        factor: 1.0,
        rule: Rule::SameGroup,
    },
    Derived {
        name: "branch_miss_rate",
        kind: Kind::Ratio,
        better: Better::Lower,
        about: "Mispredicted branches by branches.",
        top: &["branch_misses"],
        bottom: "branches",
        factor: 1.0,
        rule: Rule::SameGroup,
    },
    per_row("instructions_per_row", &["instructions"], Kind::CountPerRow, "Instructions by rows."),
    per_row(
        "estimated_cycles_per_row",
        &["estimated_cycles"],
        Kind::CountPerRow,
        "Estimated cycles of a simulated CPU by rows.",
    ),
    per_row(
        "l1d_misses_per_row",
        &["l1d_misses"],
        Kind::CountPerRow,
        "Misses of the first-level data cache by rows.",
    ),
    per_row(
        "cache_misses_per_row",
        &["cache_misses"],
        Kind::CountPerRow,
        "Last-level cache misses by rows.",
    ),
    per_row(
        "branch_misses_per_row",
        &["branch_misses"],
        Kind::CountPerRow,
        "Mispredicted branches by rows.",
    ),
    per_row("allocations_per_row", &["allocations"], Kind::CountPerRow, "Allocations by rows."),
    per_row(
        "allocated_bytes_per_row",
        &["allocated_bytes"],
        Kind::BytesPerRow,
        "Bytes asked of the allocator by rows.",
    ),
];

impl Derived {
    /// The points and the summary of this metric over counted samples; `None` where nothing can
    /// be formed.
    pub fn over(&self, samples: &[&Sample]) -> Option<(Vec<Observation>, Summary)> {
        let counts = |value: f64| value != 0.0 || self.rule == Rule::PerRow;
        let top = self
            .top
            .iter()
            .find(|name| samples.iter().any(|sample| sample.value(name).is_some_and(counts)))?;
        let mut tops = Vec::new();
        let mut bottoms = Vec::new();
        let mut points = Vec::new();
        for sample in samples {
            let Some((above, below)) = self.pair(sample, top) else { continue };
            let value = above / below * self.factor;
            if value.is_finite() {
                let observe = |value| Observation { process: sample.process, value };
                tops.push(observe(above / f64::from(sample.executions.max(1))));
                bottoms.push(observe(below / f64::from(sample.executions.max(1))));
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

    fn pair(&self, sample: &Sample, top: &str) -> Option<(f64, f64)> {
        let find = |name: &str| sample.values.iter().find(|value| value.metric == name);
        let (above, below) = (find(top)?, find(self.bottom)?);
        if self.rule == Rule::SameGroup && !same_group(above, below) {
            return None;
        }
        Some((above.value, below.value))
    }
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
    fn missing_metrics_give_nothing() {
        assert!(derived("cores_busy").over(&[&timed(0, 1.0, 1.0)]).is_none());
        assert!(derived("cores_busy").over(&[]).is_none());
    }
}
