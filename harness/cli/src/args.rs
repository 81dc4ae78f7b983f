//! The command line.

mod cmd;
mod comfort;
mod data;
mod doctor;
mod formats;
mod gate;
mod history;
mod profile;
mod report;
mod revisions;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use reports::Format;

pub(crate) use cmd::{CmdArgs, EndingArgs, SamplingArgs};
pub(crate) use comfort::{
    ColorChoice, CompleteCommand, CompletionsArgs, ExplainArgs, InitArgs, ProgressChoice,
    PruneArgs, Shell,
};
pub(crate) use data::{
    DataArgs, DataBuildArgs, DataCommand, DataDirArgs, DataRemoveArgs, DataVerifyArgs,
};
pub(crate) use doctor::{DoctorArgs, DoctorFormat};
pub(crate) use formats::{ExportArgs, ImportArgs};
pub(crate) use gate::{AcceptArgs, GateArgs, GateFormat, OnlyChoice};
pub(crate) use history::{ChoiceArgs, CompareArgs, MarkArgs, StepArgs};
pub(crate) use profile::{ExportFormat, ProfileArgs};
pub(crate) use report::{ReportArgs, ReportFormat};
pub(crate) use revisions::{BisectArgs, HistoryArgs, RepoArgs, TrendArgs};

const EXIT_CODES: &str = "\
Exit codes: 0 ok, 1 internal, 2 usage or suite, 3 regression, 4 nothing selected, 5 wrong answer,
6 workload failed or timed out, 7 undecided under --strict, 8 environment not trusted,
130 interrupted.";

/// Benchmarking and profiling harness for data pipelines.
#[derive(Debug, Parser)]
#[command(name = "dyno", version, about, after_help = EXIT_CODES, infer_subcommands = true)]
pub(crate) struct Cli {
    /// When text is coloured.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true)]
    pub(crate) color: ColorChoice,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Measure a suite, print its table and write its report.
    Run(Box<RunArgs>),
    /// Measure commands without a suite: `dyno cmd 'gzip -k f' 'zstd -k f'`.
    Cmd(Box<CmdArgs>),
    /// Sample where the time of each case goes, and draw flame graphs.
    Profile(Box<ProfileArgs>),
    /// Print the cases of a suite, the number of samples and an estimate of the time.
    List(ListArgs),
    /// Print the table of a run.
    Show(ShowArgs),
    /// Compare two runs case by case, or the cases of one run with each other.
    Compare(CompareArgs),
    /// Judge a build against another one: paired measurement, known error rates, an exit code.
    Gate(Box<GateArgs>),
    /// Record that a change which the gate refuses may be, in a file under review.
    Accept(AcceptArgs),
    /// Measure a suite at every revision of a range, in turn, as one history.
    History(Box<HistoryArgs>),
    /// Find where the level of a metric changes over a history, or over the runs of a suite.
    Trend(TrendArgs),
    /// Find the revision that made a case worse, by paired comparisons with a stated error rate.
    Bisect(Box<BisectArgs>),
    /// Say which step of an optimisation history a run stands for, and whether it was reverted.
    Mark(MarkArgs),
    /// List the runs of the store.
    Runs(RunsArgs),
    /// Write the report of one or more runs, or of a gate by its name: one HTML file, or Markdown for
    /// a pull request.
    Report(ReportArgs),
    /// Read other tools' files into the store: hyperfine, perf stat, criterion and others.
    Import(ImportArgs),
    /// Write runs as other tools' files.
    Export(ExportArgs),
    /// Print the built-in workloads and their parameters.
    Workloads(WorkloadsArgs),
    /// List, build, verify and remove the input data of the workloads.
    Data(DataArgs),
    /// Say what this machine can measure, how well, and what would help.
    Doctor(DoctorArgs),
    /// Print the JSON Schema of the suite format.
    Schema,
    /// Write a commented first suite for a project of your own, or a worker.
    Init(InitArgs),
    /// Remove old runs, and what killed runs left behind.
    Prune(PruneArgs),
    /// Say what a metric is, where it comes from and what it is good for.
    Explain(ExplainArgs),
    /// Print the completions of a shell.
    Completions(CompletionsArgs),
    /// Print what could stand at a place; asked by the completions.
    #[command(subcommand, name = "__complete", hide = true)]
    Complete(CompleteCommand),
    /// Print docs/cli.md.
    #[command(name = "__reference", hide = true)]
    Reference,
}

/// Where runs are kept.
#[derive(Debug, Args)]
pub(crate) struct StoreArgs {
    /// Where runs are kept [default: results/ beside the suite's workspace].
    #[arg(long, value_name = "DIR", env = "DYNO_STORE")]
    pub(crate) store: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// The suite, a TOML file (see docs/suite.md).
    #[arg(value_name = "SUITE", required_unless_present = "resume", conflicts_with = "resume")]
    pub(crate) suite: Option<PathBuf>,
    /// Only cases for which this holds, for instance 'step >= 05 and writers = 2'.
    #[arg(short, long, value_name = "EXPR", conflicts_with = "resume")]
    pub(crate) filter: Option<String>,
    /// Override a parameter or a sampling key, for instance rows=100000 (repeatable).
    #[arg(long = "set", value_name = "KEY=VALUE", conflicts_with = "resume")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) passes: PassArgs,
    /// Plan and check everything, run nothing.
    #[arg(long, conflicts_with = "resume")]
    pub(crate) dry_run: bool,
    /// Continue a run that was killed or interrupted [default: the last unfinished one].
    #[arg(long, value_name = "RUN", num_args = 0..=1)]
    #[expect(clippy::option_option, reason = "`--resume` alone and no `--resume` differ")]
    pub(crate) resume: Option<Option<String>>,
    #[command(flatten)]
    pub(crate) sampling: SamplingArgs,
    /// Pin workers to these CPUs, for instance 0-1 or 0,2.
    #[arg(long, value_name = "CPUS", conflicts_with = "resume")]
    pub(crate) pin: Option<String>,
    #[command(flatten)]
    pub(crate) data: DataDirArgs,
    #[command(flatten)]
    pub(crate) history: StepArgs,
    #[command(flatten)]
    pub(crate) ending: EndingArgs,
}

/// Passes over the cases beside the timed one. Each is short for `--set counters...`.
#[derive(Debug, Default, Args)]
pub(crate) struct PassArgs {
    /// Count instructions, caches and branches too, in a pass of its own on a simulated CPU
    /// (valgrind), at a smaller size.
    #[arg(long, conflicts_with = "resume")]
    pub(crate) simulate: bool,
    /// Count allocations too, in a pass of its own.
    #[arg(long, conflicts_with = "resume")]
    pub(crate) allocations: bool,
}

impl PassArgs {
    /// The same as overrides, in the words of `--set`.
    pub(crate) fn overrides(&self) -> Vec<String> {
        let asked = [
            (self.allocations, "counters.allocations=true"),
            (self.simulate, "counters.simulate=true"),
        ];
        asked.iter().filter(|(on, _)| *on).map(|(_, text)| (*text).to_owned()).collect()
    }
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// The suite, a TOML file (see docs/suite.md).
    #[arg(value_name = "SUITE")]
    pub(crate) suite: PathBuf,
    /// Only cases for which this holds, for instance 'step >= 05 and writers = 2'.
    #[arg(short, long, value_name = "EXPR")]
    pub(crate) filter: Option<String>,
    /// Override a parameter or a sampling key, for instance rows=100000 (repeatable).
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    /// The case that the others are held against [default: the first].
    #[arg(long, value_name = "CASE")]
    pub(crate) against: Option<String>,
    /// These metrics instead of the usual columns (repeatable, or with commas); one alone with its
    /// interval and range. `dyno explain` lists most, `--format json` all of a run.
    #[arg(short, long = "metric", visible_alias = "columns", value_name = "NAME")]
    #[arg(value_delimiter = ',')]
    pub(crate) metrics: Vec<String>,
    /// How the table is printed.
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub(crate) format: TableFormat,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    /// How the list is printed.
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub(crate) format: TableFormat,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WorkloadsArgs {
    /// Only this workload.
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// How a table is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// For people, at a terminal.
    Table,
    /// For pull requests.
    Markdown,
    /// For programs: base units, full precision.
    Json,
    /// For spreadsheets: one row per case and metric.
    Csv,
}

impl From<TableFormat> for Format {
    fn from(format: TableFormat) -> Self {
        match format {
            TableFormat::Table => Self::Table,
            TableFormat::Markdown => Self::Markdown,
            TableFormat::Json => Self::Json,
            TableFormat::Csv => Self::Csv,
        }
    }
}
