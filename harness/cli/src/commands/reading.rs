//! From the store to text: what `run`, `show` and `report` have in common.

use std::fs;
use std::path::Path;

use anyhow::Context;
use record::RunId;
use record::store::{Store, StoreError};
use reports::{PageOptions, RunSet, ShowOptions};

use crate::args::TableFormat;
use crate::exit::UsageError;

/// The run that a person means, by any of its names or by the path of its directory; a name that
/// means none is a mistake of the command line.
///
/// # Errors
/// When no run or several are meant, it lies in another store, or the store cannot be read.
pub(crate) fn resolve(store: &Store, name: Option<&str>) -> anyhow::Result<RunId> {
    resolve_by(Store::resolve, store, name)
}

/// The same among the runs that have profiles.
///
/// # Errors
/// As [`resolve`].
pub(crate) fn resolve_profiled(store: &Store, name: &str) -> anyhow::Result<RunId> {
    resolve_by(Store::resolve_profiled, store, Some(name))
}

fn resolve_by(
    resolve: fn(&Store, Option<&str>) -> Result<RunId, StoreError>,
    store: &Store,
    name: Option<&str>,
) -> anyhow::Result<RunId> {
    let of_path = name.map(|name| name_of_path(store.root(), name)).transpose()?.flatten();
    resolve(store, of_path.as_deref().or(name)).map_err(|error| match error {
        StoreError::NoRun { .. }
        | StoreError::Ambiguous { .. }
        | StoreError::BadName { .. }
        | StoreError::LostBaseline { .. } => UsageError(error.to_string()).into(),
        other => other.into(),
    })
}

/// The name of the run whose directory this path is; `None` where it is no path of a run. No name
/// has a slash, so a path is never taken for one.
fn name_of_path(root: &Path, text: &str) -> anyhow::Result<Option<String>> {
    if !text.contains('/') {
        return Ok(None);
    }
    let Ok(path) = fs::canonicalize(text) else { return Ok(None) };
    let Some(parent) = path.parent().filter(|_| path.is_dir()) else { return Ok(None) };
    if fs::canonicalize(root).is_ok_and(|root| root == parent) {
        return Ok(path.file_name().map(|name| name.to_string_lossy().into_owned()));
    }
    Err(UsageError(format!(
        "`{text}` does not lie in the store {}; `--store {}` looks there",
        root.display(),
        parent.display()
    ))
    .into())
}

/// Runs, read and put together.
///
/// # Errors
/// When one cannot be read.
pub(crate) fn run_set(store: &Store, ids: &[RunId]) -> anyhow::Result<RunSet> {
    let read = |id| store.read(id).with_context(|| format!("cannot read run {id}"));
    let mut set = RunSet::new(ids.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?)?;
    for id in ids.iter().filter(|id| store.has_profiles(id)) {
        let profiles = store.profiles(id);
        let profiles = profiles.with_context(|| format!("cannot read the profiles of run {id}"))?;
        set.add_profiles(id, profiles);
    }
    Ok(set)
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
    table_of(set, format, against, &[])
}

/// The same with these metrics instead of the usual columns.
///
/// # Errors
/// As [`table`], and when no case has one of them.
pub(crate) fn table_of(
    set: &RunSet,
    format: TableFormat,
    against: Option<&str>,
    metrics: &[String],
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
        // perf's spelling is understood too.
        metrics: metrics.iter().map(|name| name.replace('-', "_")).collect(),
        report: None,
    };
    let shown = reports::show(set, &options);
    if metrics.is_empty() {
        return shown;
    }
    shown.map_err(|error| UsageError(format!("{error:#}")).into())
}

/// Writes the page of a set, as [`write_file`] does.
///
/// # Errors
/// When the directory cannot be created or the file cannot be written.
pub(crate) fn write_report(set: &RunSet, path: &Path) -> anyhow::Result<()> {
    write_file(path, reports::html(set, &PageOptions::default())?)
}

/// Writes a file: under another name first, so that a full disk or a kill leaves either the old
/// file or the new one. A directory that does not exist is created.
///
/// # Errors
/// When the directory cannot be created or the file cannot be written.
pub(crate) fn write_file(path: &Path, bytes: impl AsRef<[u8]>) -> anyhow::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot create `{}`", directory.display()))?;
    }
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".new");
    let new = path.with_file_name(name);
    let written = fs::write(&new, bytes).and_then(|()| fs::rename(&new, path));
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
