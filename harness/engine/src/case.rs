//! What a plan consists of: cases, the runners that serve them, and how they are sampled.
//!
//! These types are checked: whoever holds one need not ask again whether it makes sense. The suite
//! makes them, the schedule orders them, the worker side executes them.

pub mod template;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use record::{Better, CaseId, Unit};
use workload_api::Params;

use crate::counters::Choice;
use crate::profiler::{Event, Settings};
use crate::reject::Rule;

/// One workload with one choice of parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Stable and readable; see [`CaseId`].
    pub id: CaseId,
    /// Name of the workload; for a command, the name of its runner.
    pub workload: String,
    /// Who serves it.
    pub runner: Arc<Runner>,
    /// What the suite states; the rest is the workload's to decide.
    pub params: Params,
    /// A title for people; may be empty.
    pub title: String,
    /// The answer group that the suite names; overrides the workload's own.
    pub answer: Option<String>,
    /// What the answer must be.
    pub expect: Expect,
    /// The revision that it is measured at; `None` outside a history.
    pub at: Option<At>,
    /// The stage of the other cases' work that it does alone.
    pub stage: Option<String>,
    /// Whether it is a point of the suite's sweep over settings.
    pub sweep: bool,
    /// Whether it stands for a change that was taken back.
    pub reverted: bool,
}

/// A revision of a history, as its cases name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// The number of its step.
    pub step: String,
    /// What stands behind `@` in the ids of its cases: the same in every history that it is in.
    pub key: String,
    /// Whether its programs are there; without them nothing of it is measured.
    pub built: bool,
}

impl Case {
    /// Whether its program is there: a revision of a history may have none.
    pub fn is_built(&self) -> bool {
        self.at.as_ref().is_none_or(|at| at.built)
    }

    /// The group of one of its answers: as the suite names it, else as the work does. The cases of
    /// one revision must agree with each other; another revision may well answer otherwise.
    pub(crate) fn group(&self, own: Option<String>) -> Option<String> {
        let group = self.answer.clone().or(own)?;
        Some(match &self.at {
            Some(at) => at.group(&group),
            None => group,
        })
    }
}

impl At {
    /// The group of that name among the answers of this revision.
    pub fn group(&self, group: &str) -> String {
        format!("{group}@{}", self.key)
    }

    /// The id of a case at this revision.
    pub fn id(&self, case: &CaseId) -> CaseId {
        CaseId::new(format!("{case}@{}", self.key))
    }
}

/// What a suite pins of an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expect {
    /// Rows of the answer. Without it, any number but zero will do.
    pub rows: Option<u64>,
    /// Digest of the answer.
    pub digest: Option<String>,
}

/// A program that does the work of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runner {
    /// Name; `builtin` for dyno's own workloads.
    pub name: String,
    /// What kind of program it is.
    pub kind: RunnerKind,
    /// Variables added to the environment.
    pub env: BTreeMap<String, String>,
    /// Working directory, absolute.
    pub cwd: PathBuf,
}

/// How a runner is spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunnerKind {
    /// This executable's own hidden worker subcommand.
    Builtin,
    /// A program that speaks the worker protocol.
    Program {
        /// Program and arguments.
        argv: Vec<String>,
    },
    /// Any command line; the sample is the whole process tree.
    Command(Box<CommandRunner>),
}

/// A command line and what surrounds it. `{name}` in any text stands for a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRunner {
    /// What is measured.
    pub command: CommandLine,
    /// Run before each sample, not measured.
    pub prepare: Option<CommandLine>,
    /// Run after each sample, not measured.
    pub conclude: Option<CommandLine>,
    /// Run after each sample, not measured: its standard output is the answer.
    pub check: Option<CommandLine>,
    /// A sample counts whatever exit code the command has.
    pub ignore_failure: bool,
    /// Numbers to pick out of the command's output.
    pub metrics: Vec<OutputMetric>,
}

/// How a command is started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandLine {
    /// Program and arguments, no shell.
    Argv(Vec<String>),
    /// A text for `sh -c`.
    Shell(String),
}

/// A number that stands in the output of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputMetric {
    /// Name of the metric. `rows`, `bytes_in` and `bytes_out` mean what a worker's mean.
    pub name: String,
    /// Unit of the number, after `scale`.
    pub unit: Unit,
    /// What the number is multiplied with: 1,000,000 when the output says milliseconds.
    pub scale: u64,
    /// Which direction is good.
    pub better: Better,
    /// Where the number stands.
    pub pattern: OutputPattern,
}

/// Where a number stands in an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OutputPattern {
    /// First group of a regular expression over standard output and standard error.
    Regex(String),
    /// Path into a JSON document on standard output, for instance `summary.rows` or `runs.0.time`.
    Json(String),
}

/// How a suite is sampled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sampling {
    /// Fresh processes per case, which is the number of rounds. At least 1.
    pub processes: u32,
    /// Counted samples per process. At least 1.
    pub iterations: u32,
    /// Samples before them that do not count.
    pub warmup: u32,
    /// Limit on the whole run.
    pub budget: Option<Duration>,
    /// Limit on one request, or on one command.
    pub timeout: Duration,
    /// Order of the cases inside a round.
    pub order: Order,
    /// Seed of the order and of the data.
    pub seed: u64,
    /// Sync written data between samples.
    pub sync: bool,
    /// Evict files under the data directory from the page cache before each sample.
    pub evict: bool,
    /// CPUs that workers are pinned to.
    pub pin: Option<Vec<usize>>,
    /// Hardware events that are counted.
    pub counters: Choice,
    /// What takes a sample out; it is taken again.
    pub reject: Option<Rule>,
}

/// How cases are profiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profiling {
    /// What is sampled.
    pub event: Event,
    /// Samples per second and core.
    pub rate_hz: u64,
    /// How long the work of each case is sampled at least.
    pub time: Duration,
    /// Give functions that the compiler inlined frames of their own.
    pub inlines: bool,
    /// Draw the frames of thread pools and runtimes too.
    pub unfolded: bool,
}

impl Default for Profiling {
    fn default() -> Self {
        let Settings { event, rate_hz, .. } = Settings::default();
        Self { event, rate_hz, time: Duration::from_secs(2), inlines: false, unfolded: false }
    }
}

/// Order of the cases inside a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// A new random order every round.
    Shuffled,
    /// As the suite lists them.
    Listed,
}
