//! The arguments of commands that walk through the revisions of a repository.

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::{EndingArgs, ProgressChoice, SamplingArgs, StoreArgs};

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
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RepoArgs {
    /// The repository whose revisions are meant [default: the one around the suite].
    #[arg(long, value_name = "DIR")]
    pub(crate) repo: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct BisectArgs {
    /// A revision at which the case was as it should be.
    #[arg(value_name = "GOOD")]
    pub(crate) good: String,
    /// A later one at which it is worse.
    #[arg(value_name = "BAD")]
    pub(crate) bad: String,
    /// The case, by id or by what it is called in its suite.
    #[arg(value_name = "CASE")]
    pub(crate) case: String,
    /// The suite, a TOML file.
    #[arg(long, value_name = "FILE", default_value = "dyno.toml")]
    pub(crate) suite: PathBuf,
    #[command(flatten)]
    pub(crate) repo: RepoArgs,
    /// What is worse [default: that of the suite's first relative rule for the case, else time].
    #[arg(long, value_name = "METRIC")]
    pub(crate) metric: Option<String>,
    /// The probability with which the answer may be wrong, over all comparisons together.
    #[arg(long, value_name = "P", default_value_t = 0.01, value_parser = probability)]
    pub(crate) alpha: f64,
    /// Limit on one comparison; one that is not decided by then is skipped.
    #[arg(long, value_name = "TIME", default_value = "60s")]
    pub(crate) per_case: String,
    /// Override a parameter or a sampling key, for instance rows=100000 (repeatable).
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// How progress is shown.
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub(crate) progress: ProgressChoice,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

fn probability(text: &str) -> Result<f64, String> {
    let value: Option<f64> = text.parse().ok();
    let value = value.filter(|value| *value > 0.0 && *value < 1.0);
    value.ok_or_else(|| "a probability between 0 and 1, for instance 0.01".to_owned())
}

#[derive(Debug, Args)]
pub(crate) struct TrendArgs {
    /// A suite, by its file or name: all its runs on this machine; or runs: a history alone, others
    /// in the order given [default: the newest history, else the suite of the last run].
    #[arg(value_name = "SUITE|RUN")]
    pub(crate) what: Vec<String>,
    /// Only the case of that name, by id or label.
    #[arg(long, value_name = "CASE")]
    pub(crate) case: Option<String>,
    /// The metric whose level is looked at.
    #[arg(long, value_name = "METRIC", default_value = "wall_time")]
    pub(crate) metric: String,
    /// Compare the two revisions on either side of each change, in pairs, as `dyno gate` does.
    #[arg(long)]
    pub(crate) confirm: bool,
    #[command(flatten)]
    pub(crate) repo: RepoArgs,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}
