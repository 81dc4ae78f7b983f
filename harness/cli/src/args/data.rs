//! The arguments of `data`, the command around the input files of the workloads.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use workloads::data::DataDirectory;

/// Where input data is kept.
#[derive(Debug, Args)]
pub(crate) struct DataDirArgs {
    /// Where input data is kept [default: dyno-data in the system's temporary directory].
    #[arg(long, value_name = "DIR", env = workloads::data::DIRECTORY_VAR)]
    pub(crate) data_dir: Option<PathBuf>,
}

impl DataDirArgs {
    /// The directory that is meant.
    pub(crate) fn directory(&self) -> DataDirectory {
        self.data_dir.as_ref().map_or_else(DataDirectory::from_environment, DataDirectory::at)
    }
}

#[derive(Debug, Args)]
pub(crate) struct DataArgs {
    #[command(subcommand)]
    pub(crate) command: DataCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    /// List the datasets that are there.
    List(DataDirArgs),
    /// Make a dataset, unless it is there; a run would make it too.
    Build(DataBuildArgs),
    /// Read datasets again and compare their fingerprints.
    Verify(DataVerifyArgs),
    /// Remove datasets; a run that needs one makes it again.
    Remove(DataRemoveArgs),
}

#[derive(Debug, Args)]
pub(crate) struct DataBuildArgs {
    /// The kind of data, for instance measurements.
    #[arg(value_name = "KIND")]
    pub(crate) kind: String,
    /// Set a parameter of the data, for instance rows=100M (repeatable).
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// The seed, as under `sampling` of a suite.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) dir: DataDirArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DataVerifyArgs {
    /// Only these datasets, by name.
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    #[command(flatten)]
    pub(crate) dir: DataDirArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DataRemoveArgs {
    /// These datasets, by name.
    #[arg(value_name = "NAME", required_unless_present = "all")]
    pub(crate) names: Vec<String>,
    /// All datasets.
    #[arg(long, conflicts_with = "names")]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) dir: DataDirArgs,
}
