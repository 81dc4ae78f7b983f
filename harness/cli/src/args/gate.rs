//! The arguments of `dyno gate`.

use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::{ProgressChoice, RepoArgs, StoreArgs};

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("baseline").required(true).args(["base", "base_exe", "base_runner"])))]
pub(crate) struct GateArgs {
    /// The suite, a TOML file (see docs/suite.md and docs/gate.md).
    #[arg(value_name = "SUITE")]
    pub(crate) suite: PathBuf,
    /// The revision that is held against: built in a tree of its own, as the suite's `[build]` says.
    #[arg(long, value_name = "REV")]
    pub(crate) base: Option<String>,
    /// The revision that is judged [default: the working tree].
    #[arg(long, value_name = "REV", requires = "base")]
    pub(crate) candidate: Option<String>,
    /// The executable that is held against: it takes the place of the program of every case.
    #[arg(long, value_name = "FILE", requires = "candidate_exe")]
    pub(crate) base_exe: Option<PathBuf>,
    /// The executable that is judged.
    #[arg(long, value_name = "FILE", requires = "base_exe")]
    pub(crate) candidate_exe: Option<PathBuf>,
    /// The `[[runner]]` that is held against; its cases are those of the other one.
    #[arg(long, value_name = "NAME", requires = "candidate_runner")]
    pub(crate) base_runner: Option<String>,
    /// The `[[runner]]` that is judged: its cases are measured with both.
    #[arg(long, value_name = "NAME", requires = "base_runner")]
    pub(crate) candidate_runner: Option<String>,
    #[command(flatten)]
    pub(crate) repo: RepoArgs,
    /// Only cases for which this holds, for instance 'step >= 05 and writers = 2'.
    #[arg(short, long, value_name = "EXPR")]
    pub(crate) filter: Option<String>,
    /// Override a parameter or a sampling key, for instance rows=100000 (repeatable).
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    /// Limit on measuring, builds not counted [default: the suite's budget, or none].
    #[arg(long, value_name = "TIME")]
    pub(crate) budget: Option<String>,
    /// Limit on the pairs of one case.
    #[arg(long, value_name = "TIME", default_value = "60s")]
    pub(crate) per_case: String,
    /// Do not hold the baseline against itself: quicker, and nothing vouches for the machine.
    #[arg(long)]
    pub(crate) no_control: bool,
    /// Measure over N layouts of each side, linked as `layout` in the suite's `[build]` says
    /// [default: as many as tell, 24 at most, and only where time got worse and instructions did not].
    #[arg(long, value_name = "N", requires = "base", value_parser = clap::value_parser!(u32).range(1..=64))]
    pub(crate) layouts: Option<u32>,
    /// Do not profile the cases whose time changed.
    #[arg(long)]
    pub(crate) no_profile: bool,
    /// Exit with 7 when a case is undecided.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Pass when there is nothing to hold against: no such revision, or it does not build.
    #[arg(long, requires = "base")]
    pub(crate) pass_without_base: bool,
    /// How the result is printed.
    #[arg(long, value_enum, default_value_t = GateFormat::Table)]
    pub(crate) format: GateFormat,
    /// Which findings are shown, in tables and in Markdown.
    #[arg(long, value_enum, default_value_t = OnlyChoice::All)]
    pub(crate) only: OnlyChoice,
    /// Write the gate as a page for a browser too: what changed, by how much, made of what.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// How progress is shown.
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub(crate) progress: ProgressChoice,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// How a gate is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum GateFormat {
    /// For people, at a terminal.
    Table,
    /// For pull requests: the headline first, what did not change folded, at most 64 KiB.
    Markdown,
    /// For programs: everything, in base units.
    Json,
    /// For CI servers: JUnit XML; undecided is skipped.
    Junit,
}

/// Which findings are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnlyChoice {
    /// All.
    All,
    /// Those that say that something is not as it was.
    Changed,
}

#[derive(Debug, Args)]
pub(crate) struct AcceptArgs {
    /// The case, as the gate names it.
    #[arg(value_name = "CASE")]
    pub(crate) case: String,
    /// The metric, or for a finding about the whole case its rule, for instance wrong_answer.
    #[arg(value_name = "METRIC")]
    pub(crate) metric: String,
    /// Why it may be so; reviewed like code.
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: String,
    /// The last day on which it may be so, for instance 2026-12-31.
    #[arg(long, value_name = "DATE")]
    pub(crate) until: Option<String>,
}
