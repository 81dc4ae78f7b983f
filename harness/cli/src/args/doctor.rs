//! The arguments of `dyno doctor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::StoreArgs;

#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// List the hardware events that a suite may choose, and which of them this machine counts.
    #[arg(long)]
    pub(crate) events: bool,
    /// Look at what is there alone; leave out what takes its time: noise, a program against itself,
    /// storage.
    #[arg(long, conflicts_with_all = ["events", "data_dir"])]
    pub(crate) quick: bool,
    /// The directory whose speed is measured [default: where workers write].
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: DoctorFormat,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// How the doctor's findings are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum DoctorFormat {
    /// For people.
    #[default]
    Text,
    /// For programs: base units, full precision.
    Json,
}
