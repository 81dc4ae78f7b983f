//! The arguments of `dyno import` and `dyno export`: files of other tools.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use reports::charts::{CHARTS, Theme};
use reports::formats::{FORMATS, Format, Pictures, Rows, Template};

use super::{ChoiceArgs, StoreArgs};

#[derive(Debug, Args)]
#[command(after_help = "docs/formats.md says what of each format is carried and what is refused.")]
pub(crate) struct ImportArgs {
    /// The format: see docs/formats.md. Several with commas: each file goes to the one that
    /// recognises it. `auto` stands for all.
    #[arg(value_name = "FORMAT", value_parser = imports)]
    pub(crate) formats: Formats,
    /// Files, or folders whose files are looked through.
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// A file that says which folder is which step: each becomes a run, all of them a history.
    #[arg(long, value_name = "FILE")]
    pub(crate) steps: Option<PathBuf>,
    /// Take parameters out of the paths, for instance 'run-W{writers}-B{batch}.json'.
    #[arg(long, value_name = "TEMPLATE", value_parser = Template::parse)]
    pub(crate) params: Option<Template>,
    /// Rows of work of one execution: a number, or the name of a parameter that counts them.
    #[arg(long, value_name = "ROWS", value_parser = rows)]
    pub(crate) rows: Option<Rows>,
    /// What the run is called, as a suite has a name [default: that of the steps file or folder].
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// A name for the run, to find it again.
    #[arg(long, value_name = "NAME", conflicts_with = "steps")]
    pub(crate) label: Option<String>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

#[derive(Debug, Args)]
#[command(after_help = "docs/formats.md says what each format holds.")]
pub(crate) struct ExportArgs {
    /// The format: see docs/formats.md.
    #[arg(value_name = "FORMAT", value_parser = export)]
    pub(crate) format: &'static Format,
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    /// The file to write, or the directory where the format has several files [default: standard
    /// output; exports/ in the last run's directory].
    #[arg(short, long, value_name = "PATH")]
    pub(crate) output: Option<PathBuf>,
    /// Only these charts, with commas between them: of svg and png.
    #[arg(long, value_name = "CHART", value_delimiter = ',',
        value_parser = PossibleValuesParser::new(CHARTS.iter().map(|chart| chart.id())))]
    pub(crate) only: Vec<String>,
    /// The colours of the pictures: of svg and png [default: light].
    #[arg(long, value_enum)]
    pub(crate) theme: Option<ThemeChoice>,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// The colours of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ThemeChoice {
    /// Dark on white.
    Light,
    /// Light on black.
    Dark,
}

impl ExportArgs {
    /// Which charts are drawn, and how.
    pub(crate) fn pictures(&self) -> Pictures {
        let theme = match self.theme {
            Some(ThemeChoice::Dark) => Theme::Dark,
            Some(ThemeChoice::Light) | None => Theme::Light,
        };
        Pictures { only: self.only.clone(), theme }
    }
}

/// The formats that files may be of, and whether a person named them one by one.
#[derive(Clone, Debug)]
pub(crate) struct Formats {
    pub(crate) list: Vec<&'static Format>,
}

fn imports(text: &str) -> Result<Formats, String> {
    let readable = || FORMATS.iter().filter(|format| format.import.is_some());
    if text == "auto" {
        return Ok(Formats { list: readable().collect() });
    }
    let mut list = Vec::new();
    for name in text.split(',') {
        let format = named(name.trim(), readable())?;
        if list.iter().any(|one: &&Format| one.name == format.name) {
            return Err(format!("`{name}` stands twice"));
        }
        list.push(format);
    }
    Ok(Formats { list })
}

fn export(name: &str) -> Result<&'static Format, String> {
    named(name, FORMATS.iter().filter(|format| format.export.is_some()))
}

fn named(
    name: &str,
    formats: impl Iterator<Item = &'static Format>,
) -> Result<&'static Format, String> {
    let formats: Vec<&Format> = formats.collect();
    formats.iter().find(|format| format.name == name).copied().ok_or_else(|| {
        let names: Vec<&str> = formats.iter().map(|format| format.name).collect();
        let near = names.iter().map(|one| (strsim::damerau_levenshtein(one, name), one));
        let near = near.filter(|(edits, one)| *edits <= one.len() / 3).min();
        let near = near.map(|(_, one)| format!("; did you mean `{one}`?")).unwrap_or_default();
        format!("allowed are {}{near}", names.join(", "))
    })
}

fn rows(text: &str) -> Result<Rows, String> {
    match text.replace('_', "").parse::<u64>() {
        Ok(0) => Err("no row is no work".to_owned()),
        Ok(rows) => Ok(Rows::Count(rows)),
        Err(_) if text.starts_with(|c: char| c.is_ascii_digit() || c == '-' || c == '+') => {
            Err("a whole number of rows, or the name of a parameter".to_owned())
        }
        Err(_) => Ok(Rows::Parameter(text.to_owned())),
    }
}
