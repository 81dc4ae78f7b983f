//! What a measurement is, and the store that keeps it.
//!
//! This crate is the only thing that crosses from the side that measures (engine) to the side that
//! reads (reports). It knows no suite syntax, no process and no chart.

mod id;
mod metric;
mod pass;
mod profile;
mod run;
mod sample;
mod words;

pub mod gate;
pub mod metrics;
pub mod store;

pub use id::{CaseId, RunId};
pub use metric::{Better, Counting, Source, Unit, Value};
pub use pass::Pass;
pub use profile::{Profile, ProfileInfo, Region, Stack, Weight};
pub use run::{
    CaseInfo, DiffStat, Environment, Fact, Import, ImportedFile, PassInfo, Reference, Revision,
    RunInfo, SamplingInfo, Step, SuiteInfo, Unavailable,
};
pub use sample::{Answer, Failure, FailureKind, Mark, Sample, Status};
