//! The arguments of the commands around the street (`init`, `prune`, `completions`, `explain`) and
//! the two options that say how dyno looks at a terminal.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::StoreArgs;

/// When text is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// At a terminal; `NO_COLOR` and `CLICOLOR_FORCE` are heard.
    #[default]
    Auto,
    /// Also in files and pipes.
    Always,
    /// Nowhere.
    Never,
}

impl ColorChoice {
    /// What the command line asks for, before it is parsed: its errors and its help have colour
    /// too. A word that is no choice is left for the parser to refuse.
    pub(crate) fn told(mut words: impl Iterator<Item = OsString>) -> Self {
        while let Some(word) = words.next() {
            let value = match word.to_str() {
                Some("--") => break,
                Some("--color") => words.next().and_then(|value| value.into_string().ok()),
                Some(word) => word.strip_prefix("--color=").map(str::to_owned),
                None => None,
            };
            if let Some(value) = value {
                return Self::from_str(&value, false).unwrap_or_default();
            }
        }
        Self::Auto
    }
}

impl From<ColorChoice> for clap::ColorChoice {
    fn from(choice: ColorChoice) -> Self {
        match choice {
            ColorChoice::Auto => Self::Auto,
            ColorChoice::Always => Self::Always,
            ColorChoice::Never => Self::Never,
        }
    }
}

/// How the progress of a run is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressChoice {
    /// Redrawn at a terminal, plain lines elsewhere.
    #[default]
    Auto,
    /// Plain lines, at most one every two seconds.
    Lines,
    /// Not at all; failures and warnings are still said.
    Never,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The directory of your project.
    #[arg(value_name = "DIR", default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Write a worker in Rust, examples/dyno_worker.rs, and its suite, dyno-worker.toml.
    #[arg(long, conflicts_with = "python_worker")]
    pub(crate) rust_worker: bool,
    /// Write a worker in Python, worker.py, and its suite, dyno-worker.toml.
    #[arg(long)]
    pub(crate) python_worker: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PruneArgs {
    /// Remove runs and gates, but of each suite keep the newest N of both.
    #[arg(long, value_name = "N")]
    pub(crate) keep: Option<usize>,
    /// Remove runs and gates that began, and builds that were used, longer ago than this, for instance 30d or '2 weeks'.
    #[arg(long, value_name = "TIME")]
    pub(crate) older_than: Option<String>,
    /// Remove runs and gates that were killed or interrupted; such runs could still be resumed.
    #[arg(long)]
    pub(crate) unfinished: bool,
    /// Remove labelled runs, baselines and steps too.
    #[arg(long)]
    pub(crate) force: bool,
    /// Say what would be removed and remove nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The metric, as it is called in tables and the store [default: list all].
    #[arg(value_name = "METRIC")]
    pub(crate) metric: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// A shell that completions are written for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    /// source <(dyno completions bash)
    Bash,
    /// source <(dyno completions zsh), after compinit
    Zsh,
    /// dyno completions fish | source
    Fish,
}

/// What the completions of a shell ask for.
#[derive(Debug, Subcommand)]
pub(crate) enum CompleteCommand {
    /// Names of runs, baselines and labels.
    Runs {
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Case ids of a suite file, or of a run.
    Cases {
        /// A suite's file, or a run [default: last].
        of: Option<String>,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// As `cases`, in the words of `--filter`.
    Filters {
        /// A suite's file, or a run [default: last].
        of: Option<String>,
        #[command(flatten)]
        store: StoreArgs,
    },
    /// Names of metrics.
    Metrics,
}
