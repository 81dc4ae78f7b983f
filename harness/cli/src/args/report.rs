//! The arguments of `dyno report`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use reports::{Assets, PageOptions};

use super::{ChoiceArgs, StoreArgs};

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    /// The file to write [default: report.html in the last run's directory; history.html there
    /// with `--history`; Markdown goes to standard output].
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Show the report in a browser when it is written.
    #[arg(long)]
    pub(crate) open: bool,
    /// A page about all runs of the store instead: how each suite's cases moved, and links to the
    /// reports [default file: index.html in the store].
    #[arg(long, conflicts_with_all = ["runs", "history", "case", "only", "compare", "assets", "format"])]
    pub(crate) index: bool,
    /// Only these sections, with commas between them.
    #[arg(long, value_name = "SECTION", value_delimiter = ',',
        value_parser = PossibleValuesParser::new(reports::sections()))]
    pub(crate) only: Vec<String>,
    /// Put two cases, or two steps of a history, against each other, for instance 04..08.
    #[arg(long, value_name = "A..B", value_parser = pair)]
    pub(crate) compare: Option<(String, String)>,
    /// Where style and script of the page lie.
    #[arg(long, value_name = "WHERE", value_enum, default_value_t = AssetsChoice::Inline)]
    pub(crate) assets: AssetsChoice,
    /// What is written.
    #[arg(long, value_enum, default_value_t = ReportFormat::Html)]
    pub(crate) format: ReportFormat,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// Where style and script of the page lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AssetsChoice {
    /// In the page: one file.
    Inline,
    /// In report.css and report.js beside it, for servers that refuse styles in pages.
    Split,
}

/// What kind of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// A page for a browser.
    Html,
    /// For pull requests: at most 64 KiB.
    Markdown,
}

impl ReportArgs {
    /// What is shown of the set.
    pub(crate) fn page(&self) -> PageOptions {
        PageOptions {
            compare: self.compare.clone(),
            only: self.only.clone(),
            assets: match self.assets {
                AssetsChoice::Inline => Assets::Inline,
                AssetsChoice::Split => Assets::Split,
            },
            ..PageOptions::default()
        }
    }
}

/// Two names with two points between them.
fn pair(text: &str) -> Result<(String, String), String> {
    let expected = || "two cases or steps as A..B are expected, for instance 04..08".to_owned();
    let (from, to) = text.split_once("..").ok_or_else(expected)?;
    let (from, to) = (from.trim(), to.trim());
    if from.is_empty() || to.is_empty() {
        return Err(expected());
    }
    Ok((from.to_owned(), to.to_owned()))
}
