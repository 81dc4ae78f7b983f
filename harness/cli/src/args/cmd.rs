//! The arguments of `dyno cmd`, and those that it shares with `dyno run`.
//!
//! Names and letters are hyperfine's wherever it has the same thing, so that fingers need not learn
//! anew; `docs/from-hyperfine.md` holds the table of both.

use std::path::PathBuf;

use clap::Args;

use super::{ProgressChoice, StoreArgs, TableFormat};

#[derive(Debug, Args)]
pub(crate) struct CmdArgs {
    /// The commands to measure; they take turns, sample by sample.
    #[arg(value_name = "COMMAND", required = true)]
    pub(crate) commands: Vec<String>,
    /// Measure with each of these values; `{VAR}` in a command stands for one. `\,` is a comma
    /// that separates nothing (repeatable).
    #[arg(short = 'L', long, value_names = ["VAR", "VALUES"], num_args = 2)]
    pub(crate) parameter_list: Vec<String>,
    /// Measure with the numbers from MIN to MAX; `{VAR}` in a command stands for one (repeatable).
    #[arg(short = 'P', long, value_names = ["VAR", "MIN", "MAX"], num_args = 3)]
    #[arg(allow_negative_numbers = true)]
    pub(crate) parameter_scan: Vec<String>,
    /// Step of a `--parameter-scan` [default: 1]; the n-th belongs to the n-th scan.
    #[arg(short = 'D', long, value_name = "STEP", requires = "parameter_scan")]
    pub(crate) parameter_step_size: Vec<String>,
    /// Run this before each sample, not measured; give one, or one for each command.
    #[arg(short, long, value_name = "CMD")]
    pub(crate) prepare: Vec<String>,
    /// Run this after each sample, not measured; give one, or one for each command.
    #[arg(short = 'C', long, value_name = "CMD")]
    pub(crate) conclude: Vec<String>,
    /// A name for the command in table and store; the n-th belongs to the n-th command.
    #[arg(short = 'n', long, value_name = "NAME")]
    pub(crate) command_name: Vec<String>,
    /// Give the commands to this shell, for instance `sh` or `bash`; `none` is as `-N`.
    #[arg(short = 'S', long, value_name = "SHELL", conflicts_with = "no_shell")]
    pub(crate) shell: Option<String>,
    /// No shell, even where a command looks as if it wanted one: `*` and `|` are themselves.
    #[arg(short = 'N', long = "no-shell")]
    pub(crate) no_shell: bool,
    /// Count a sample although its command exits with another code than 0.
    #[arg(short, long)]
    pub(crate) ignore_failure: bool,
    /// Limit on one command.
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub(crate) timeout: String,
    /// Write all samples as hyperfine 1 does.
    #[arg(long, value_name = "FILE")]
    pub(crate) export_json: Option<PathBuf>,
    /// Write the table in Markdown.
    #[arg(long, value_name = "FILE")]
    pub(crate) export_markdown: Option<PathBuf>,
    /// Write one row per case and metric.
    #[arg(long, value_name = "FILE")]
    pub(crate) export_csv: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) sampling: SamplingArgs,
    #[command(flatten)]
    pub(crate) ending: EndingArgs,
}

/// How often, in few letters. Each is short for `--set sampling...`.
#[derive(Debug, Default, Args)]
pub(crate) struct SamplingArgs {
    /// Samples per case, each from a process of its own.
    #[arg(short, long, value_name = "N")]
    pub(crate) runs: Option<u32>,
    /// Samples before them that do not count.
    #[arg(short, long, value_name = "N")]
    pub(crate) warmup: Option<u32>,
    /// A first look: 3 processes per case with one sample each.
    #[arg(long, conflicts_with_all = ["runs", "once"])]
    pub(crate) quick: bool,
    /// Every case once and no warm-up, to see that all answers are right.
    #[arg(long, conflicts_with_all = ["runs", "warmup"])]
    pub(crate) once: bool,
}

impl SamplingArgs {
    /// The same as overrides, in the words of `--set`.
    pub(crate) fn overrides(&self) -> Vec<String> {
        let mut keys: Vec<(&str, u32)> = Vec::new();
        if let Some(runs) = self.runs {
            keys.extend([("processes", runs), ("iterations", 1)]);
        }
        if self.quick {
            keys.extend([("processes", 3), ("iterations", 1)]);
        }
        if self.once {
            keys.extend([("processes", 1), ("iterations", 1), ("warmup", 0)]);
        }
        keys.extend(self.warmup.map(|warmup| ("warmup", warmup)));
        keys.into_iter().map(|(key, value)| format!("sampling.{key}={value}")).collect()
    }
}

/// What a run is called, and what is made of it at its end.
#[derive(Debug, Args)]
pub(crate) struct EndingArgs {
    /// A name for the run, to find it again.
    #[arg(long, value_name = "NAME")]
    pub(crate) label: Option<String>,
    /// How the table is printed.
    #[arg(long, value_enum, default_value_t = TableFormat::Table)]
    pub(crate) format: TableFormat,
    /// How progress is shown.
    #[arg(long, value_name = "HOW", value_enum, default_value_t)]
    pub(crate) progress: ProgressChoice,
    /// Do not write a report.
    #[arg(long)]
    pub(crate) no_report: bool,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}
