//! One file per subcommand. Each turns its arguments into calls of the other crates and what
//! comes back into text and an exit code.

pub(crate) mod accept;
pub(crate) mod bisect;
pub(crate) mod cmd;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod data;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod gate;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod list;
pub(crate) mod mark;
pub(crate) mod profile;
pub(crate) mod prune;
pub(crate) mod reference;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod trend;
pub(crate) mod workloads;

mod builds;
mod choice;
mod measuring;
mod planning;
mod profiling;
mod reading;
