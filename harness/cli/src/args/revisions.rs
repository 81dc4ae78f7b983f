//! The arguments of commands that walk through the revisions of a repository.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::{EndingArgs, SamplingArgs};

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("which").required(true).args(["revs", "revs_file"])))]
pub(crate) struct HistoryArgs {
    /// The suite, a TOML file (see docs/suite.md and docs/history.md).
    #[arg(value_name = "SUITE")]
    pub(crate) suite: PathBuf,
    /// The revisions from A to B, A among them, along the first parents.
    #[arg(long, value_name = "A..B")]
    pub(crate) revs: Option<String>,
    /// A file of revisions, one a line, the oldest first; `#` begins a comment.
    #[arg(long, value_name = "FILE")]
    pub(crate) revs_file: Option<PathBuf>,
    /// Only every N-th of them, and the last.
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) every: u32,
    /// What the steps are called, what was learned and what was taken back: a TOML file of
    /// `[[step]]` tables.
    #[arg(long, value_name = "FILE")]
    pub(crate) steps: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) repo: RepoArgs,
    /// Only cases for which this holds, for instance 'step >= 05 and writers = 2'.
    #[arg(short, long, value_name = "EXPR")]
    pub(crate) filter: Option<String>,
    /// Override a parameter or a sampling key, for instance rows=100000 (repeatable).
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Measure everything again, whatever the store has.
    #[arg(long)]
    pub(crate) fresh: bool,
    /// Do not sample where the time goes.
    #[arg(long)]
    pub(crate) no_profile: bool,
    #[command(flatten)]
    pub(crate) sampling: SamplingArgs,
    #[command(flatten)]
    pub(crate) ending: EndingArgs,
}

/// Which repository is meant.
#[derive(Debug, Default, Args)]
pub(crate) struct RepoArgs {
    /// The repository whose revisions are meant [default: the one around the suite].
    #[arg(long, value_name = "DIR")]
    pub(crate) repo: Option<PathBuf>,
}
