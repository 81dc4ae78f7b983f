//! The arguments of `dyno profile`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::StoreArgs;

#[derive(Debug, Args)]
pub(crate) struct ProfileArgs {
    /// The suite to profile, a TOML file (see docs/profiles.md).
    #[arg(value_name = "SUITE", required_unless_present_any = ["of", "diff"])]
    #[arg(conflicts_with_all = ["of", "diff"])]
    pub(crate) suite: Option<PathBuf>,
    /// Only cases for which this holds, for instance 'step = 06'.
    #[arg(short, long, value_name = "EXPR", requires = "suite")]
    pub(crate) filter: Option<String>,
    /// Override a parameter or a sampling key, for instance rows=100000 (repeatable).
    #[arg(long = "set", value_name = "KEY=VALUE", requires = "suite")]
    pub(crate) set: Vec<String>,
    /// Samples per second and core [default: 999, or as the suite says].
    #[arg(long, value_name = "HZ", requires = "suite")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=engine::suite::RATE_MAX.cast_unsigned()))]
    pub(crate) rate: Option<u64>,
    /// What is sampled: cpu-clock, cycles, cache-misses, ... [default: cpu-clock, or as the suite
    /// says].
    #[arg(long, value_name = "EVENT", requires = "suite", value_parser = event)]
    pub(crate) event: Option<engine::profiler::Event>,
    /// How long the work of each case is sampled at least [default: 2s, or as the suite says].
    #[arg(long, value_name = "TIME", requires = "suite", value_parser = time)]
    pub(crate) time: Option<std::time::Duration>,
    /// Give functions that the compiler inlined frames of their own.
    #[arg(long, requires = "suite")]
    pub(crate) inlines: bool,
    /// A name for the run, to find it again.
    #[arg(long, value_name = "NAME", requires = "suite")]
    pub(crate) label: Option<String>,
    /// Show the profiles of a run again, by default those of the last run that has some.
    #[arg(long, value_name = "RUN", num_args = 0..=1, conflicts_with = "diff")]
    #[expect(clippy::option_option, reason = "`--of` alone and no `--of` differ")]
    pub(crate) of: Option<Option<String>>,
    /// Hold the profiles of the second run against those of the first, per row of work.
    #[arg(long, value_names = ["RUN", "RUN"], num_args = 2)]
    pub(crate) diff: Option<Vec<String>>,
    /// Only the case of that name, by id or label; with `--diff` twice: the first run's, the
    /// second's.
    #[arg(long, value_name = "CASE", conflicts_with = "suite")]
    pub(crate) case: Vec<String>,
    /// Show the frames of thread pools and of the language's runtime too.
    #[arg(long)]
    pub(crate) unfolded: bool,
    /// Write another tool's file instead of flame graphs.
    #[arg(long, value_enum, value_name = "FORMAT", conflicts_with = "diff")]
    pub(crate) export: Option<ExportFormat>,
    /// The directory to write to [default: profiles/ in the run's directory].
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// Files of other tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// One line per stack and its samples, one file per case: flamegraph.pl, inferno, flamelens.
    Folded,
    /// One JSON file with all cases, for speedscope.app.
    Speedscope,
}

fn event(name: &str) -> Result<engine::profiler::Event, String> {
    engine::profiler::Event::parse(name).ok_or_else(|| {
        let known: Vec<_> = engine::profiler::Event::names().collect();
        format!("allowed are {}, and raw events such as r01c2", known.join(", "))
    })
}

fn time(text: &str) -> Result<std::time::Duration, String> {
    engine::suite::profile_time(text)
}
