//! What a workload is, and the protocol that a worker speaks.
//!
//! This is all that somebody else's crate needs to become a dyno workload: implement [`Workload`]
//! and [`Prepared`], then call [`serve`] in `main`. The harness is the other reader: it uses the
//! same [`protocol`] types at its end of the pipe. Nothing here measures anything but the two
//! clocks that only the worker itself can read around its work.

pub mod allocation;
pub mod protocol;

mod params;
mod serve;
mod spec;
mod valgrind;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use allocation::{Allocation, CountingAllocator};
pub use params::{ParamError, ParamValue, Params};
pub use serve::{serve, serve_counting, serve_on};
pub use spec::{Better, Choice, Kind, ParamSpec, Spec, Unit};

/// A kind of work that can be measured. Implementations are stateless; state lives in what
/// [`Workload::prepare`] returns.
pub trait Workload: Sync {
    /// Name, meaning and parameters. The harness checks every suite against it before it runs.
    fn spec(&self) -> Spec;

    /// Everything that must not be measured: allocate pools, load inputs, resolve parameters.
    ///
    /// # Errors
    /// A message for the person who wrote the suite, when the parameters do not fit together or
    /// an input cannot be had.
    fn prepare(
        &self,
        params: &Params,
        context: &Context,
    ) -> Result<Box<dyn Prepared>, WorkloadError>;
}

/// Work that is ready to run, any number of times.
pub trait Prepared {
    /// One execution of the work: the measured region, and nothing else.
    ///
    /// # Errors
    /// A message that says what failed; the sample is recorded as failed with it.
    fn run(&mut self) -> Result<Work, WorkloadError>;

    /// What the last [`Prepared::run`] really produced, read back and digested. Not measured.
    ///
    /// # Errors
    /// A message that says what could not be read back.
    fn check(&mut self) -> Result<Answer, WorkloadError>;
}

/// Where and with which seed a workload runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// The seed of everything random. Same seed and parameters, same logical data.
    pub seed: u64,
    /// A directory of this worker's own, for what it writes. The harness empties it between
    /// samples.
    pub data_dir: PathBuf,
}

/// What one or more executions did. Bytes are bytes, not KiB.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Rows (records, tuples, lines) processed.
    pub rows: u64,
    /// Bytes read by the work, as the workload counts them.
    #[serde(default)]
    pub bytes_in: u64,
    /// Bytes written by the work, as the workload counts them.
    #[serde(default)]
    pub bytes_out: u64,
    /// The workload's own metrics, for instance the time of one phase.
    #[serde(default)]
    pub metrics: Vec<Metric>,
}

/// One number that a workload reports of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Snake-case name, for instance `combine_time`.
    pub name: String,
    /// Value in the unit's base: ns, bytes, counts.
    pub value: f64,
    /// The unit.
    pub unit: Unit,
    /// Which direction is good.
    #[serde(default)]
    pub better: Better,
}

impl Metric {
    /// A time, of which less is better.
    pub fn time(name: &str, time: std::time::Duration) -> Self {
        Self {
            name: name.to_owned(),
            value: time.as_nanos() as f64,
            unit: Unit::Nanoseconds,
            better: Better::Lower,
        }
    }
}

/// What the work produced, computed outside the measured region from the result itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Rows found in the result.
    pub rows: u64,
    /// A digest of the logical content, for instance `name=9f3c… number=77ab…`. Equal content
    /// gives equal text, whatever the order in which threads produced it.
    pub digest: String,
    /// What determines the answer: all cases of a run with the same group must agree. `None` when
    /// the workload makes no promise; a suite may then name a group itself.
    #[serde(default)]
    pub group: Option<String>,
}

/// Why a workload could not do its work, as one sentence fragment for a person.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct WorkloadError {
    message: String,
}

impl WorkloadError {
    /// An error that says `message`: lowercase, no full stop, names the thing.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// An error from any other one, under the words of what was being done.
    pub fn context(doing: &str, source: impl std::fmt::Display) -> Self {
        Self::new(format!("{doing}: {source}"))
    }
}

impl From<ParamError> for WorkloadError {
    fn from(error: ParamError) -> Self {
        Self::new(error.to_string())
    }
}
