//! What one process pair of one case brought.

use serde::{Deserialize, Serialize};

use crate::words::words;
use crate::{Better, CaseId, Failure, Pass, Source, Unit as ValueUnit};

/// One of the two that are held against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// What was there before.
    Baseline,
    /// What is judged.
    Candidate,
}

words!(Side { Baseline => "baseline", Candidate => "candidate" });

/// What a pair was measured for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A case of the suite.
    Case,
    /// The baseline against a copy of itself.
    Control,
}

/// One process pair: two fresh processes that took turns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unit {
    /// The case.
    pub case: CaseId,
    /// What it was measured for.
    pub role: Role,
    /// The pass in which it was taken. Beside the timed one both processes work once and do not take
    /// turns: what is counted there, no noise can move.
    #[serde(default)]
    pub pass: Pass,
    /// The number that stood for `{seed}` when both programs were linked with their functions in
    /// another order; `None` for the programs as they were built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layout: Option<u64>,
    /// Counts the pairs of this case in this pass, from 0; from 0 again where layouts are looked at
    /// later.
    pub pair: u32,
    /// When it began, in ns since the Unix epoch.
    pub started_ns: i64,
    /// What the pair cost, starts and warm-ups included, in seconds.
    pub seconds: f64,
    /// Executions of the work in one half of a couple.
    pub executions: u32,
    /// Who went first in each couple that counts.
    pub first: Vec<Side>,
    /// What was measured on both sides, couple by couple.
    pub metrics: Vec<Paired>,
    /// Why there is nothing more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<SideFailure>,
}

impl Unit {
    /// The values of one metric.
    pub fn metric(&self, name: &str) -> Option<&Paired> {
        self.metrics.iter().find(|paired| paired.metric == name)
    }
}

/// One metric of a pair; both lists have one value per couple, per execution of the work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paired {
    /// Its name.
    pub metric: String,
    /// Its unit.
    pub unit: ValueUnit,
    /// Which direction is good.
    pub better: Better,
    /// Where the values come from; the same on both sides.
    pub source: Source,
    /// Values of the baseline.
    pub baseline: Vec<f64>,
    /// Values of the candidate.
    pub candidate: Vec<f64>,
}

/// A failure, and whose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SideFailure {
    /// Whose.
    pub side: Side,
    /// What happened.
    pub failure: Failure,
}
