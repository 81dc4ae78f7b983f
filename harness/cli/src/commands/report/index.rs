//! `dyno report --index`: all runs of a store on one page.

use record::store::{State, Store};
use reports::{IndexRun, RunLine};

use super::browser;
use crate::args::ReportArgs;
use crate::commands::reading;
use crate::exit::{Exit, UsageError};
use crate::output::print;

/// Writes the page and says where.
///
/// # Errors
/// When the store holds no run or cannot be read, or the file cannot be written.
pub(super) fn run(store: &Store, args: &ReportArgs) -> anyhow::Result<Exit> {
    let entries = store.runs()?;
    if entries.is_empty() {
        let text = format!("there is no run in {}", reading::shown(store.root()));
        return Err(UsageError(text).into());
    }
    let baselines = store.baselines()?;
    let path = args.output.clone().unwrap_or_else(|| store.root().join("index.html"));
    // Links lead to what lies beside the page; from elsewhere they would lead nowhere when it moves.
    let beside = std::path::absolute(&path)?.parent() == Some(store.root());
    let mut runs = Vec::new();
    for entry in &entries {
        let readable = !matches!(entry.state, State::Damaged(_)) && entry.info.is_some();
        let set = readable.then(|| reading::run_set(store, std::slice::from_ref(&entry.id)));
        let set = set.transpose().unwrap_or_else(|error| {
            eprintln!("left out: {error:#}");
            None
        });
        let report = store.directory(&entry.id)?.join("report.html");
        let link = (beside && report.is_file()).then(|| format!("{}/report.html", entry.id));
        runs.push(IndexRun { line: RunLine::new(entry, &baselines), report: link, set });
    }
    reading::write_file(&path, reports::index(&runs)?.as_bytes())?;
    print(&format!("{}\n", reading::shown(&path)))?;
    if args.open {
        browser::open(&path)?;
    }
    Ok(Exit::Ok)
}
