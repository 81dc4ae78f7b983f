//! What was measured around the iterations of one request, or why nothing could be.

use serde::{Deserialize, Serialize};

use crate::{CaseId, Pass, Value};

/// One sample: a row of the store, whether it went well or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// The case that was sampled.
    pub case: CaseId,
    /// The pass in which it was taken.
    #[serde(default, skip_serializing_if = "Pass::is_timed")]
    pub pass: Pass,
    /// The process replicate: counts the fresh workers of this case in this pass, from 0. Equal to
    /// the round.
    pub process: u32,
    /// The request inside that process, from 0, warm-ups first.
    pub iteration: u32,
    /// When it began, in ns since the Unix epoch.
    pub started_ns: i64,
    /// Executions of the work that the values are sums over.
    pub executions: u32,
    /// How it ended.
    pub status: Status,
    /// What was measured; empty where the sample failed before anything could be.
    pub values: Vec<Value>,
    /// What the work produced, when it was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
    /// What a reader should know about it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
}

impl Sample {
    /// Whether it counts in statistics of the timed pass: it is of that pass, it went well, and
    /// nothing takes it out.
    pub fn counts(&self) -> bool {
        self.counts_in(Pass::Timed)
    }

    /// Whether it counts among the samples of one pass. Samples of two passes are never mixed.
    pub fn counts_in(&self, pass: Pass) -> bool {
        self.pass == pass
            && matches!(self.status, Status::Ok)
            && !self.marks.iter().any(|mark| matches!(mark, Mark::Warmup | Mark::Rejected { .. }))
    }

    /// The value of a metric, whatever its source; the first one where there are several.
    pub fn value(&self, metric: &str) -> Option<f64> {
        self.values.iter().find(|value| value.metric == metric).map(|value| value.value)
    }
}

/// How a sample ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Status {
    /// Measured, and the answer (if any) is right as far as this sample alone can tell.
    Ok,
    /// Not measured, or measured and wrong.
    Failed(Failure),
}

/// Why a sample failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// The class, which decides the exit code.
    pub kind: FailureKind,
    /// One sentence for a person.
    pub message: String,
    /// The last output of the process (at most 64 KiB), where there was any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
}

/// The class of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// There is no program, because its revision does not build.
    Build,
    /// The program could not be started.
    Start,
    /// It did not speak the protocol, or not this version.
    Protocol,
    /// It could not prepare the case.
    Prepare,
    /// The work reported an error, panicked, or the process ended with a failure.
    Run,
    /// It took longer than allowed.
    Timeout,
    /// It died of a signal or closed its pipe.
    Died,
    /// The result could not be read back.
    Check,
    /// The result is wrong: rows, digest, or disagreement inside an answer group.
    WrongAnswer,
}

impl FailureKind {
    /// Every class.
    pub const ALL: &'static [Self] = &[
        Self::Build,
        Self::Start,
        Self::Protocol,
        Self::Prepare,
        Self::Run,
        Self::Timeout,
        Self::Died,
        Self::Check,
        Self::WrongAnswer,
    ];

    /// The class of a word from the store.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }

    /// The word that stands in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Start => "start",
            Self::Protocol => "protocol",
            Self::Prepare => "prepare",
            Self::Run => "run",
            Self::Timeout => "timeout",
            Self::Died => "died",
            Self::Check => "check",
            Self::WrongAnswer => "wrong_answer",
        }
    }
}

/// What the work produced, as the worker digested it outside the measured region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Rows found in the result.
    pub rows: u64,
    /// Digest of its logical content.
    pub digest: String,
    /// Cases of one group must agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// Something a reader should know about a sample that was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Mark {
    /// A warm-up: kept, never counted.
    Warmup,
    /// Taken out by a rule of the suite.
    Rejected {
        /// The rule and the value that broke it.
        why: String,
    },
    /// Taken in a second process of the same replicate, because the run was killed during the
    /// first one.
    Resumed,
    /// Processes lived on after the command had ended; it was waited for them.
    Outlived {
        /// How many.
        processes: u32,
    },
    /// A process left alone after the command had ended was killed at the timeout.
    Killed {
        /// How many.
        processes: u32,
    },
    /// How a counter was counted, as far as another tool tells: no times, so no [`crate::Counting`].
    Counting {
        /// The counter, or a ratio of counters.
        metric: String,
        /// The share of its time that it was on the PMU, from 0 to 1. Below 1, the value is scaled.
        share: f64,
        /// Whether the kernel was counted too, or user space alone.
        kernel: bool,
    },
}
