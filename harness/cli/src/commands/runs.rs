//! `dyno runs`: what the store holds.

use record::store::Store;
use reports::{RunLine, runs_table};

use crate::args::RunsArgs;
use crate::exit::Exit;
use crate::output::print;
use crate::place;

/// Prints one line per run, the oldest first.
///
/// # Errors
/// When the store cannot be read.
pub(crate) fn run(args: &RunsArgs) -> anyhow::Result<Exit> {
    let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
    let baselines = store.baselines()?;
    let runs = store.runs()?;
    let lines: Vec<RunLine> = runs.iter().map(|run| RunLine::new(run, &baselines)).collect();
    if lines.is_empty() {
        eprintln!("no run in `{}` yet; `dyno run SUITE` makes one", store.root().display());
        return Ok(Exit::Ok);
    }
    print(&runs_table(&lines, args.format.into())?)?;
    Ok(Exit::Ok)
}
