//! From the store to text: what `run`, `show` and `report` have in common.

use std::fs;
use std::path::Path;

use anyhow::Context;
use record::RunId;
use record::store::{Store, StoreError};
use reports::{PageOptions, RunSet, ShowOptions};

use crate::args::TableFormat;
use crate::exit::UsageError;

/// The run that a person means; a name that means none is a mistake of the command line.
///
/// # Errors
/// When no run or several are meant, or the store cannot be read.
pub(crate) fn resolve(store: &Store, name: Option<&str>) -> anyhow::Result<RunId> {
    store.resolve(name).map_err(|error| match error {
        StoreError::NoRun { .. }
        | StoreError::Ambiguous { .. }
        | StoreError::BadName { .. }
        | StoreError::LostBaseline { .. } => UsageError(error.to_string()).into(),
        other => other.into(),
    })
}

/// Runs, read and put together.
///
/// # Errors
/// When one cannot be read.
pub(crate) fn run_set(store: &Store, ids: &[RunId]) -> anyhow::Result<RunSet> {
    let read = |id| store.read(id).with_context(|| format!("cannot read run {id}"));
    RunSet::new(ids.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?)
}

/// The table of a set, fit for standard output.
///
/// # Errors
/// When there is no case named `against`.
pub(crate) fn table(
    set: &RunSet,
    format: TableFormat,
    against: Option<&str>,
) -> anyhow::Result<String> {
    if against.is_some() {
        set.reference(against).map_err(|error| UsageError(format!("{error:#}")))?;
    }
    let terminal = console::Term::stdout();
    let options = ShowOptions {
        format: format.into(),
        reference: against.map(str::to_owned),
        // Redirected output keeps every column.
        width: terminal.is_term().then(|| usize::from(terminal.size().1)),
        colour: console::colors_enabled(),
        report: None,
    };
    reports::show(set, &options)
}

/// Writes the page of a set: under another name first, so that a full disk or a kill leaves either
/// the old file or the new one.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn write_report(set: &RunSet, path: &Path) -> anyhow::Result<()> {
    let html = reports::html(set, &PageOptions::default())?;
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    let new = path.with_file_name(name);
    let written = fs::write(&new, html).and_then(|()| fs::rename(&new, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&new);
        anyhow::Error::from(error).context(format!("cannot write `{}`", path.display()))
    })
}

/// A path as a person would type it from here.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    path.strip_prefix(&here).unwrap_or(path).display().to_string()
}
