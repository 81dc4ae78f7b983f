//! One file per subcommand. Each turns its arguments into calls of the other crates and what
//! comes back into text and an exit code.

pub(crate) mod cmd;
pub(crate) mod list;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod workloads;

mod measuring;
mod planning;
mod reading;
