//! A suite as it is written: one struct per table, unknown keys refused.
//!
//! Serde makes these types from TOML and schemars makes the JSON Schema of them; the comments on
//! the fields are what an editor shows. Nothing is checked here beyond types: `suite.rs` turns
//! them into types that cannot be invalid.

mod counters;
mod values;

use schemars::JsonSchema;
use serde::Deserialize;

use super::source::Located;
pub(super) use counters::{WireCache, WireCounters, WirePass};
pub(super) use values::{
    Entries, WireAmount, WireAxis, WireCommand, WireCount, WireRange, WireScalar, WireShare,
};

/// A suite of benchmarks for dyno.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "dyno suite")]
pub(super) struct WireSuite {
    /// Name of the suite: letters, digits, `-`, `_` and `.`. Names of runs end with it.
    pub(super) name: Located<String>,
    /// What the suite is for, for people.
    pub(super) about: Option<Located<String>>,
    /// How often and in which order cases are measured.
    #[serde(default)]
    pub(super) sampling: WireSampling,
    /// Where workers write, and what is done with it between samples.
    #[serde(default)]
    pub(super) output: WireOutput,
    /// Which events of the CPU are counted, and what is counted apart from time in passes of its own.
    #[serde(default)]
    pub(super) counters: WireCounters,
    /// Where the time of cases goes: with this table, a run profiles each of them once after its
    /// samples.
    pub(super) profile: Option<WireProfile>,
    /// Foreign programs and commands.
    #[serde(default)]
    pub(super) runner: Vec<Located<WireRunner>>,
    /// How a revision is built, for `dyno gate --base REV`.
    pub(super) build: Option<Located<WireBuild>>,
    /// What `dyno gate` asks of the cases. Without any entry: the usual rules of docs/gate.md.
    #[serde(default)]
    pub(super) gate: Vec<Located<WireGate>>,
    /// Published times of the same work, drawn beside the measured ones.
    #[serde(default)]
    pub(super) reference: Vec<Located<WireReference>>,
    /// What is measured: each entry is one case or, with a grid, many.
    pub(super) case: Located<Vec<Located<WireCase>>>,
}

/// How often and in which order cases are measured.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Sampling")]
pub(super) struct WireSampling {
    /// Fresh processes per case, which is the number of rounds. Default 5.
    pub(super) processes: Option<Located<WireCount>>,
    /// Counted samples per process. Default 3.
    pub(super) iterations: Option<Located<WireCount>>,
    /// Samples before them that do not count. Default 1.
    pub(super) warmup: Option<Located<WireCount>>,
    /// Limit on the whole run, for instance "10m". Default: none.
    pub(super) budget: Option<Located<String>>,
    /// Limit on one request or one command, for instance "60s". Default "60s".
    pub(super) timeout: Option<Located<String>>,
    /// Order of the cases inside a round: "shuffled" (default) or "listed".
    #[schemars(extend("enum" = ["shuffled", "listed"]))]
    pub(super) order: Option<Located<String>>,
    /// Seed of the order and of the data. Default 1.
    pub(super) seed: Option<Located<WireCount>>,
    /// CPUs that workers are pinned to, for instance "0-1" or "0,2". Default: not pinned.
    pub(super) pin: Option<Located<String>>,
    /// Samples that are taken out and taken again, for instance
    /// "steal > 1% or involuntary_switches > 50". Default: none.
    pub(super) reject: Option<Located<String>>,
}

/// Where workers write, and what is done with it between samples.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Output")]
pub(super) struct WireOutput {
    /// Directory in which workers write, relative to this file. Default: dyno's choice.
    pub(super) directory: Option<Located<String>>,
    /// Sync written data between samples. Default true.
    pub(super) sync: Option<Located<bool>>,
    /// Evict the files of the directory from the page cache before each sample. Default false.
    pub(super) evict: Option<Located<bool>>,
}

/// How cases are profiled.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Profile")]
pub(super) struct WireProfile {
    /// Samples per second and core. Default 999.
    pub(super) rate: Option<Located<WireCount>>,
    /// What is sampled: "cpu-clock" (default), another event of perf's name such as "cycles" or
    /// "cache-misses", or a raw one such as "r01c2".
    pub(super) event: Option<Located<String>>,
    /// How long the work of each case is sampled, for instance "2s" (default); once at least.
    pub(super) time: Option<Located<String>>,
    /// Give functions that the compiler inlined frames of their own. Default false.
    pub(super) inlines: Option<Located<bool>>,
    /// Draw the frames of thread pools and of the language's runtime too. Default false.
    pub(super) unfolded: Option<Located<bool>>,
}

/// Values of some parameters, which together choose cases.
pub(super) type WireChoice = Located<Entries<Located<WireScalar>>>;

/// One case or, with a grid, many.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Case")]
pub(super) struct WireCase {
    /// The workload, for instance "pipeline". Not for commands.
    pub(super) workload: Option<Located<String>>,
    /// Name of a `[[runner]]`. Default: dyno's own workloads.
    pub(super) runner: Option<Located<String>>,
    /// A title for people.
    pub(super) title: Option<Located<String>>,
    /// Cases with the same answer group must give the same answer.
    pub(super) answer: Option<Located<String>>,
    /// Parameters that all these cases share.
    #[serde(default)]
    pub(super) params: Entries<Located<WireScalar>>,
    /// Parameters whose values are combined, each with each.
    #[serde(default)]
    pub(super) grid: Entries<Located<WireAxis>>,
    /// Parameters whose lists are walked side by side; all of one length.
    #[serde(default)]
    pub(super) zip: Entries<Located<WireAxis>>,
    /// Parameters that are switched alone: the base case, then one case per value.
    #[serde(default)]
    pub(super) ablate: Entries<Located<WireAxis>>,
    /// More cases: each a table of parameters on top of `params`.
    #[serde(default)]
    pub(super) include: Vec<Located<Entries<Located<WireScalar>>>>,
    /// Cases to leave out: every case that has all these values.
    #[serde(default)]
    pub(super) exclude: Vec<Located<Entries<Located<WireScalar>>>>,
    /// Cases that stand for changes which were taken back: every case that has all these values.
    pub(super) reverted: Option<Located<Vec<WireChoice>>>,
    /// What the answer must be.
    pub(super) expect: Option<WireExpect>,
    /// Name of the stage of the other cases' work that these cases do alone: the report holds the
    /// others against it.
    pub(super) stage: Option<Located<String>>,
    /// Whether these cases are a sweep over settings beside the suite's other cases: the report
    /// draws its maps of settings from them, and nothing else.
    pub(super) sweep: Option<Located<bool>>,
}

/// Published times of the same work, drawn beside the measured ones.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Reference")]
pub(super) struct WireReference {
    /// Who measured it, on what, for people.
    pub(super) source: Located<String>,
    /// The parameter whose values the times belong to, for instance "step".
    pub(super) by: Located<String>,
    /// The rows of the published work: with it, a time is drawn by the row.
    pub(super) rows: Option<Located<WireCount>>,
    /// Value of the parameter and time, for instance { "00" = "3.69s" }.
    pub(super) values: Entries<Located<String>>,
}

/// What the answer must be.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Expect")]
pub(super) struct WireExpect {
    /// Rows of the answer. Without it, any number but zero will do.
    pub(super) rows: Option<Located<WireCount>>,
    /// Digest of the answer, as `dyno show` prints it.
    pub(super) digest: Option<Located<String>>,
}

/// A foreign program or command: give `program` or `command`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Runner")]
pub(super) struct WireRunner {
    /// The name by which cases choose it.
    pub(super) name: Located<String>,
    /// A program that speaks the worker protocol, with its arguments.
    pub(super) program: Option<Located<WireCommand>>,
    /// A command line; the sample is the whole process tree. `{name}` stands for a parameter.
    pub(super) command: Option<Located<WireCommand>>,
    /// Give the command lines to `sh -c` instead of splitting them into words. Default false.
    pub(super) shell: Option<Located<bool>>,
    /// Variables added to the environment.
    #[serde(default)]
    pub(super) env: Entries<Located<String>>,
    /// Working directory, relative to this file. Default: the directory of this file.
    pub(super) cwd: Option<Located<String>>,
    /// Command run before each sample, not measured.
    pub(super) prepare: Option<Located<WireCommand>>,
    /// Command run after each sample, not measured.
    pub(super) conclude: Option<Located<WireCommand>>,
    /// Command run after each sample, not measured; its standard output is the answer.
    pub(super) check: Option<Located<WireCommand>>,
    /// Count a sample although the command exits with another code than 0, which is kept as the
    /// metric `exit_code`. Default false.
    pub(super) ignore_failure: Option<Located<bool>>,
    /// Numbers to pick out of the output of the command.
    #[serde(default)]
    pub(super) metrics: Vec<Located<WireMetric>>,
}

/// A number to pick out of the output of a command: give `regex` or `json`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Metric")]
pub(super) struct WireMetric {
    /// Name of the metric: small letters, digits and `_`. `rows`, `bytes_in` and `bytes_out` mean
    /// the work that was done.
    pub(super) name: Located<String>,
    /// Regular expression over the output; its first group is the number.
    pub(super) regex: Option<Located<String>>,
    /// Path into a JSON document on standard output, for instance "summary.t" or "runs.0.time".
    pub(super) json: Option<Located<String>>,
    /// Unit of the number as it stands in the output. Default "count".
    #[schemars(extend("enum" = super::runner::UNIT_NAMES))]
    pub(super) unit: Option<Located<String>>,
    /// Which direction is good: "lower", "higher" or "neither" (default).
    #[schemars(extend("enum" = ["lower", "higher", "neither"]))]
    pub(super) better: Option<Located<String>>,
}

/// How a revision is built, for `dyno gate --base REV`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Build")]
pub(super) struct WireBuild {
    /// Command that builds a tree; run in its root. `{tree}` is that root, `{workspace}` the root of
    /// the working tree.
    pub(super) command: Located<WireCommand>,
    /// Program that the build makes, relative to the root of the tree: it takes the place of the
    /// program of every case, and serves dyno's own workloads.
    pub(super) executable: Option<Located<String>>,
    /// Command that links what was built again, with its functions in another order; `{seed}` is the
    /// number of the order.
    pub(super) layout: Option<Located<WireCommand>>,
    /// Variables added to the environment of the build.
    #[serde(default)]
    pub(super) env: Entries<Located<String>>,
    /// Limit on one build, for instance "30m". Default "30m".
    pub(super) timeout: Option<Located<String>>,
}

/// One rule of the gate: a relative change, or what `exact`, `at_most`, `at_least` or `trend` say.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Gate")]
pub(super) struct WireGate {
    /// The metric, for instance "cpu_time". "time" is CPU time or wall time, whichever tells more
    /// about the case.
    pub(super) metric: Located<String>,
    /// A change of no more than this is none, for instance "1%".
    pub(super) tolerated: Option<Located<WireShare>>,
    /// A change of this or more must be caught, for instance "3%".
    pub(super) must_catch: Option<Located<WireShare>>,
    /// Probability that any case of the gate is called regressed although it is not. Default "1%".
    pub(super) alpha: Option<Located<WireShare>>,
    /// A difference of no more than this is none, for instance "64KiB" or "1ms".
    pub(super) ignore_below: Option<Located<WireAmount>>,
    /// The metric hardly varies: compare values instead of distributions. Default false.
    pub(super) exact: Option<Located<bool>>,
    /// The candidate may not have more than this, whatever the baseline has.
    pub(super) at_most: Option<Located<WireAmount>>,
    /// The candidate may not have less than this, whatever the baseline has.
    pub(super) at_least: Option<Located<WireAmount>>,
    /// Tell of many small changes in one direction over as many gates; never fails a build.
    pub(super) trend: Option<Located<WireCount>>,
    /// Only cases for which this holds, for instance "step >= 05".
    pub(super) filter: Option<Located<String>>,
}
