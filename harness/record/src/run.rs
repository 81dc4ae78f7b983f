//! What is known about a run as a whole: written beside its samples as `run.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{CaseId, RunId};

/// One execution of a suite.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Version of this file's layout; readers refuse what they do not know.
    pub schema: u32,
    /// The run.
    pub id: RunId,
    /// Version of the dyno that measured.
    pub dyno: String,
    /// When it began, in ns since the Unix epoch.
    pub started_ns: i64,
    /// When it ended, in ns since the Unix epoch; `None` while it runs or when it was killed.
    pub finished_ns: Option<i64>,
    /// The command line, as it was typed.
    pub command: Vec<String>,
    /// The suite, whole.
    pub suite: SuiteInfo,
    /// How it was sampled.
    pub sampling: SamplingInfo,
    /// The cases in suite order.
    pub cases: Vec<CaseInfo>,
    /// A name that a person gave to the run.
    #[serde(default)]
    pub label: Option<String>,
    /// The step of an optimisation history that this run stands for.
    #[serde(default)]
    pub step: Option<Step>,
    /// The revisions whose history this run holds whole, the oldest first; its cases are those of
    /// the suite once for each. Empty for every other run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revisions: Vec<Revision>,
    /// The machine before the first sample.
    pub before: Environment,
    /// The machine after the last sample.
    #[serde(default)]
    pub after: Option<Environment>,
    /// How the passes beside the timed one were taken.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passes: Vec<PassInfo>,
    /// What could not be counted, each once, with its reason.
    #[serde(default)]
    pub unavailable: Vec<Unavailable>,
    /// What a reader should know before believing the numbers.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Samples that the plan asked for and the budget left out, per case.
    #[serde(default)]
    pub skipped: BTreeMap<String, u32>,
    /// Where it was read from, if it was measured by another tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub imported: Option<Import>,
}

impl RunInfo {
    /// The layout that this version writes.
    pub const SCHEMA: u32 = 1;

    /// Whether it is known when it began. The time of reading stands for it where it is not.
    pub fn is_dated(&self) -> bool {
        self.imported.as_ref().is_none_or(|import| import.dated)
    }

    /// The case of that name.
    pub fn case(&self, id: &CaseId) -> Option<&CaseInfo> {
        self.cases.iter().find(|case| case.id == *id)
    }

    /// The step that a case stands for: that of its revision, else that of the run.
    pub fn step_of(&self, case: &CaseInfo) -> Option<&Step> {
        match case.revision {
            Some(_) => self.revision_of(case).map(|revision| &revision.step),
            None => self.step.as_ref(),
        }
    }

    /// The revision that a case was measured at.
    pub fn revision_of(&self, case: &CaseInfo) -> Option<&Revision> {
        let key = case.revision.as_ref()?;
        self.revisions.iter().find(|revision| revision.commit.starts_with(key.as_str()))
    }
}

/// Where a run that dyno did not measure was read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// When it was read, in ns since the Unix epoch.
    pub read_ns: i64,
    /// Whether the files say when it was measured; else the run bears the time of reading.
    pub dated: bool,
    /// The files, in the order in which they were read.
    pub files: Vec<ImportedFile>,
}

/// A file of another tool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedFile {
    /// Its path, as it was given or found.
    pub path: String,
    /// The format, as `dyno import` names it.
    pub format: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// XXH3-128 of its bytes, in hexadecimal.
    pub hash: String,
}

/// The suite of a run, enough to run it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteInfo {
    /// Its name.
    pub name: String,
    /// Its purpose, as the suite says it.
    #[serde(default)]
    pub about: String,
    /// Where it was read from.
    pub path: String,
    /// The text.
    pub text: String,
    /// Hash of the text and the overrides: equal hashes, equal plans.
    pub hash: String,
    /// `--set` overrides, as typed.
    #[serde(default)]
    pub overrides: Vec<String>,
    /// The `--filter` expression, as typed.
    #[serde(default)]
    pub filter: Option<String>,
    /// Published times of the same work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<Reference>,
}

/// Published times of the same work, to be drawn beside the measured ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// Who measured it, on what.
    pub source: String,
    /// The parameter whose values the times belong to, for instance `step`.
    pub by: String,
    /// The rows of the published work; `None` where its time is that of the measured work.
    #[serde(default)]
    pub rows: Option<u64>,
    /// The times in ns, by the value of the parameter.
    pub values: BTreeMap<String, u64>,
}

/// How a run was sampled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamplingInfo {
    /// Fresh processes per case, which is the number of rounds.
    pub processes: u32,
    /// Counted samples per process.
    pub iterations: u32,
    /// Warm-up samples per process before them.
    pub warmup: u32,
    /// Limit on the whole run, in ns.
    pub budget_ns: Option<u64>,
    /// Limit on one request, in ns.
    pub timeout_ns: u64,
    /// `shuffled` or `listed`.
    pub order: String,
    /// The seed of the order and of the data.
    pub seed: u64,
    /// Whether written data was synced between samples.
    pub sync: bool,
    /// Whether inputs were evicted from the page cache before each sample.
    pub evict: bool,
    /// The CPUs that workers were pinned to, as typed.
    #[serde(default)]
    pub pin: Option<String>,
    /// The rule that took samples out, as typed.
    #[serde(default)]
    pub reject: Option<String>,
}

/// One case of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseInfo {
    /// Its stable name.
    pub id: CaseId,
    /// The workload, or the name of the command runner.
    pub workload: String,
    /// The runner that serves it; `builtin` for dyno's own.
    pub runner: String,
    /// The parameters as the suite states them: JSON scalars by name.
    pub params: BTreeMap<String, serde_json::Value>,
    /// A title for people, for instance what a step is called; may be empty.
    #[serde(default)]
    pub title: String,
    /// The answer group that the suite names, if it names one.
    #[serde(default)]
    pub answer: Option<String>,
    /// The beginning of the commit that it was measured at, in a run that holds a history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
    /// The stage of the other cases' work that it does alone: it is no case like them, but what
    /// they are held against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// Whether it is a point of the suite's sweep over settings: it is no case like the others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sweep: bool,
    /// Whether it stands for a change that was taken back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reverted: bool,
}

/// How a pass beside the timed one was taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassInfo {
    /// The pass.
    pub pass: crate::Pass,
    /// Fresh processes per case, each with one sample.
    pub processes: u32,
    /// Parameters that all its cases have and that are not those of the timed pass.
    pub params: BTreeMap<String, serde_json::Value>,
    /// What counted, in words: the program with its version, the caches it simulates.
    pub tool: String,
}

/// A numbered change in an optimisation history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Its number or name, for instance `09`.
    pub id: String,
    /// What was changed.
    #[serde(default)]
    pub title: String,
    /// What was learned.
    #[serde(default)]
    pub note: String,
    /// Whether it was taken back.
    #[serde(default)]
    pub reverted: bool,
}

/// A revision of a repository as a step of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Its number, its title (the first line of its message where nobody said otherwise), and what
    /// became of it.
    pub step: Step,
    /// The full id of the commit.
    pub commit: String,
    /// The full id of its tree: equal trees are equal sources.
    pub tree: String,
    /// What its message says below the first line; may be empty.
    #[serde(default)]
    pub message: String,
    /// When its author made it, in seconds since the Unix epoch.
    pub authored_s: i64,
    /// What it changed against the commit before it.
    pub diff: DiffStat,
    /// The run whose samples it has, where it was not measured in turn with the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_from: Option<RunId>,
}

/// How much a commit changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffStat {
    /// Files.
    pub files: u64,
    /// Lines that it has and the one before has not.
    pub added: u64,
    /// Lines that the one before has and it has not.
    pub removed: u64,
}

/// The machine and the build at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Runs with equal keys may be compared: hash of CPU model, cores, memory and architecture.
    pub machine_key: String,
    /// Facts in the order in which people like to read them.
    pub facts: Vec<Fact>,
}

impl Environment {
    /// The text of one fact.
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.facts.iter().find(|fact| fact.name == name).map(|fact| fact.value.as_str())
    }
}

/// One thing that is known about a machine, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Snake-case name, for instance `cpu_model`.
    pub name: String,
    /// The value in words; says `unknown: why` where it could not be read.
    pub value: String,
}

/// Something that cannot be measured here. Said once; never a zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unavailable {
    /// The metrics that are missing.
    pub metrics: Vec<String>,
    /// Where they would come from.
    pub source: crate::Source,
    /// The error number the kernel gave, if it was the kernel.
    #[serde(default)]
    pub errno: Option<i32>,
    /// Why, in words.
    pub reason: String,
    /// What would help, with the exact command where there is one; may be empty.
    #[serde(default)]
    pub remedy: String,
}
