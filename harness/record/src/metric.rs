//! One measured value with everything that is needed to read it right.

use serde::{Deserialize, Serialize};

use crate::words::words;

/// One value of one metric of one sample. Always in the base unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Value {
    /// Snake-case name, for instance `wall_time`.
    pub metric: String,
    /// The value, already scaled where the counter was multiplexed (see `running_ns`).
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
    /// Which direction is good.
    pub better: Better,
    /// Where it comes from. Values of different sources are different series.
    pub source: Source,
    /// perf counters only: how the counting went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counting: Option<Counting>,
}

/// How a perf counter was counted during one sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counting {
    /// How long the event was enabled, in ns (summed over threads).
    pub enabled_ns: u64,
    /// How long it really was on the PMU, in ns. Less than `enabled_ns`: the value is scaled.
    pub running_ns: u64,
    /// Whether the kernel was counted too, or user space alone.
    pub kernel: bool,
    /// The event as resolved, for instance `software/1` or `hardware/0`.
    pub event: String,
    /// Values of one group were counted over the same instants; ratios are formed only inside one.
    pub group: String,
}

/// Unit of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Nanoseconds.
    Nanoseconds,
    /// Bytes.
    Bytes,
    /// A count of things.
    Count,
    /// Rows.
    Rows,
    /// A pure number.
    Ratio,
    /// Hertz: something per second.
    PerSecond,
}

/// Which direction is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
    /// Neither; the number only explains.
    Neither,
}

/// Where a value comes from: the rung of the ladder it stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// perf_event hardware counters.
    Hardware,
    /// perf_event software events.
    Software,
    /// Process accounting: wait4, /proc.
    Process,
    /// The machine as a whole, whoever used it: pressure, steal, frequency.
    Machine,
    /// A modelled CPU (valgrind).
    Simulated,
    /// The counting allocator in the worker.
    Allocation,
    /// The work itself, as the worker reports it.
    Workload,
    /// The harness's own clock around a whole process.
    Harness,
    /// Read from another tool's file, which one is not known.
    Imported,
    /// Read from hyperfine's JSON.
    #[serde(rename = "imported:hyperfine")]
    ImportedHyperfine,
    /// Read from what `perf stat` printed.
    #[serde(rename = "imported:perf-stat")]
    ImportedPerfStat,
    /// Read from criterion's target directory.
    #[serde(rename = "imported:criterion")]
    ImportedCriterion,
    /// Read from google/benchmark's JSON.
    #[serde(rename = "imported:google-benchmark")]
    ImportedGoogleBenchmark,
    /// Read from pyperf's JSON.
    #[serde(rename = "imported:pyperf")]
    ImportedPyperf,
    /// Read from the JSON of github-action-benchmark.
    #[serde(rename = "imported:github-action-benchmark")]
    ImportedGithubAction,
    /// Replayed from a script, for tests.
    Scripted,
}

words!(Unit {
    Nanoseconds => "ns",
    Bytes => "bytes",
    Count => "count",
    Rows => "rows",
    Ratio => "ratio",
    PerSecond => "per_second",
});

words!(Better { Lower => "lower", Higher => "higher", Neither => "neither" });

words!(Source {
    Hardware => "hardware",
    Software => "software",
    Process => "process",
    Machine => "machine",
    Simulated => "simulated",
    Allocation => "allocation",
    Workload => "workload",
    Harness => "harness",
    Imported => "imported",
    ImportedHyperfine => "imported:hyperfine",
    ImportedPerfStat => "imported:perf-stat",
    ImportedCriterion => "imported:criterion",
    ImportedGoogleBenchmark => "imported:google-benchmark",
    ImportedPyperf => "imported:pyperf",
    ImportedGithubAction => "imported:github-action-benchmark",
    Scripted => "scripted",
});
