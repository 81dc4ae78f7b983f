//! `dyno report`: the HTML report of one or more runs.

use record::store::Store;

use super::{history, reading};
use crate::args::ReportArgs;
use crate::exit::Exit;
use crate::output::print;
use crate::place;

/// Writes the report and says where.
///
/// # Errors
/// When there is no such run, or the file cannot be written.
pub(crate) fn run(args: &ReportArgs) -> anyhow::Result<Exit> {
    let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
    let (ids, set) = history::choose(&store, &args.choice)?;
    let name = if args.choice.history { "history.html" } else { "report.html" };
    let path = match (&args.output, ids.last()) {
        (Some(path), _) => path.clone(),
        (None, Some(id)) => store.directory(id)?.join(name),
        (None, None) => std::path::PathBuf::from(name),
    };
    reading::write_report(&set, &path)?;
    print(&format!("{}\n", reading::shown(&path)))?;
    Ok(Exit::Ok)
}
