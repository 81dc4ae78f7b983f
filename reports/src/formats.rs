//! Files of other tools, read and written: one file and one line each in [`FORMATS`].
//!
//! `dyno import` gives an importer the bytes of files and stores what [`assemble`] makes of them;
//! `dyno export` prints what an exporter makes of runs. Pure as everything here: no path is opened,
//! no clock is read. What a file does not say stays unknown.

mod assemble;
mod bencher;
mod benchstat;
mod criterion;
mod csv;
mod error;
mod folded;
mod github_action;
mod google_benchmark;
mod hyperfine;
mod json;
mod node;
mod perf_stat;
mod png;
mod pyperf;
mod svg;

use std::collections::BTreeMap;

use anyhow::Result;
use record::store::StoredRun;
use record::{Fact, Mark, Pass, Profile, Status, Unavailable, Value};

pub use assemble::{Draft, Heading, Rows, Template, assemble};
pub use error::ImportError;
pub use hyperfine::command_json;

use crate::charts::Theme;
use crate::run_set::RunSet;

/// Every format, in the order of the help.
pub const FORMATS: &[Format] = &[
    csv::FORMAT,
    json::FORMAT,
    hyperfine::FORMAT,
    perf_stat::FORMAT,
    criterion::FORMAT,
    google_benchmark::FORMAT,
    pyperf::FORMAT,
    folded::FORMAT,
    github_action::FORMAT,
    bencher::FORMAT,
    benchstat::FORMAT,
    svg::FORMAT,
    png::FORMAT,
];

/// A kind of file.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// Its word on the command line.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// How it is read, if dyno reads it.
    pub import: Option<Importer>,
    /// How it is written, if dyno writes it.
    pub export: Option<Exporter>,
}

/// The format of that name.
pub fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// How runs are written.
#[derive(Clone, Copy, Debug)]
pub enum Exporter {
    /// As one text, on standard output where no file is named.
    Text(fn(&Material<'_>) -> Result<String>),
    /// As files of a directory.
    Files(fn(&Material<'_>) -> Result<Vec<OutputFile>>),
}

/// What is exported.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    /// The runs as the store holds them.
    pub runs: &'a [StoredRun],
    /// The same runs, put together.
    pub set: &'a RunSet,
    /// Which charts are drawn and how, for formats that are pictures.
    pub pictures: &'a Pictures,
}

/// Which charts are drawn, and how.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    /// Charts by their ids; all that can be drawn if empty.
    pub only: Vec<String>,
    /// Their colours.
    pub theme: Theme,
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputFile {
    /// Its name, without a directory.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// How files are read.
#[derive(Clone, Copy, Debug)]
pub struct Importer {
    /// Whether a file that was found in a folder is of this format: its path in the folder, with
    /// `/`, and its bytes.
    pub recognises: fn(&str, &[u8]) -> bool,
    /// What the files of one run hold.
    pub read: fn(&[InputFile]) -> Result<Found, ImportError>,
}

/// A file to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
    /// Its path as a person would type it.
    pub shown: String,
    /// Its path in the folder that was named, with `/`; its name where it was named itself.
    pub path: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

/// What files of one format hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The cases in the order of the files.
    pub cases: Vec<FoundCase>,
    /// What the files say of the machine.
    pub facts: Vec<Fact>,
    /// When it was measured, in ns since the Unix epoch, where that is said.
    pub started_ns: Option<i64>,
    /// What the other tool could not count, with its reason.
    pub unavailable: Vec<Unavailable>,
    /// What a reader should know, and what the files hold that is not carried.
    pub warnings: Vec<String>,
}

/// A case of another tool.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundCase {
    /// The file that it was read from: an index into the files given.
    pub file: usize,
    /// What it is called there; `None` where the file does not say what was measured.
    pub name: Option<String>,
    /// Its parameters: JSON scalars by name.
    pub params: BTreeMap<String, serde_json::Value>,
    /// Its samples.
    pub takes: Vec<Take>,
    /// Its profile; the case's name is filled in later.
    pub profile: Option<Profile>,
}

/// A sample of another tool.
#[derive(Clone, Debug, PartialEq)]
pub struct Take {
    /// [`Pass::Timed`] for times of single executions or means of some, [`Pass::Totals`] for sums
    /// over the same executions, [`Pass::Counters`] for executions that were counted: those become
    /// timed ones where the case has no others.
    pub pass: Pass,
    /// The process, as the tool tells them apart; from 0.
    pub process: u32,
    /// Executions that the values are sums over.
    pub executions: u32,
    /// How it ended.
    pub status: Status,
    /// What was measured, in base units.
    pub values: Vec<Value>,
    /// What a reader should know about it.
    pub marks: Vec<Mark>,
}

impl Take {
    /// A sample that went well.
    fn new(pass: Pass, process: usize, values: Vec<Value>) -> Self {
        // OK because an import has fewer samples than that.
        let process = u32::try_from(process).unwrap_or(u32::MAX);
        Self { pass, process, executions: 1, status: Status::Ok, values, marks: Vec::new() }
    }
}

/// A parameter that is kept as text elsewhere: a number where the text is just that number.
fn typed(text: &str) -> serde_json::Value {
    if let Ok(number) = text.parse::<i64>()
        && number.to_string() == text
    {
        return number.into();
    }
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number.to_string() == text => number.into(),
        _ => text.into(),
    }
}

/// Reads files one by one and puts together what they hold.
fn each(
    files: &[InputFile],
    read: impl Fn(&InputFile) -> Result<Found, ImportError>,
) -> Result<Found, ImportError> {
    let mut all = Found::default();
    for (number, file) in files.iter().enumerate() {
        let mut found = read(file)?;
        found.cases.iter_mut().for_each(|case| case.file = number);
        all.cases.append(&mut found.cases);
        all.started_ns = match (all.started_ns, found.started_ns) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        for fact in found.facts {
            match all.facts.iter_mut().find(|one| one.name == fact.name) {
                Some(one) if one.value != fact.value => one.value += &format!("; {}", fact.value),
                Some(_) => {}
                None => all.facts.push(fact),
            }
        }
        all.warnings.extend(found.warnings);
        for one in found.unavailable {
            if !all.unavailable.contains(&one) {
                all.unavailable.push(one);
            }
        }
    }
    let mut told = Vec::new();
    all.warnings.retain(|warning| {
        let first = !told.contains(warning);
        told.extend(first.then(|| warning.clone()));
        first
    });
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_a_name_of_its_own_and_is_read_or_written() {
        for (at, format) in FORMATS.iter().enumerate() {
            assert!(FORMATS[..at].iter().all(|other| other.name != format.name), "{}", format.name);
            assert!(format.import.is_some() || format.export.is_some(), "{}", format.name);
        }
    }
}
