//! `dyno report`: the HTML report of one or more runs.

use record::store::Store;

use super::reading;
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
    let names: Vec<Option<&str>> = match args.runs.as_slice() {
        [] => vec![None],
        names => names.iter().map(|name| Some(name.as_str())).collect(),
    };
    let ids = names
        .into_iter()
        .map(|name| reading::resolve(&store, name))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let set = reading::run_set(&store, &ids)?;
    let path = match (&args.output, ids.last()) {
        (Some(path), _) => path.clone(),
        (None, Some(id)) => store.directory(id)?.join("report.html"),
        (None, None) => std::path::PathBuf::from("report.html"),
    };
    reading::write_report(&set, &path)?;
    print(&format!("{}\n", reading::shown(&path)))?;
    Ok(Exit::Ok)
}
