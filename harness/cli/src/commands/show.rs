//! `dyno show`: the table of a run.

use record::store::Store;

use super::reading;
use crate::args::ShowArgs;
use crate::exit::Exit;
use crate::output::print;
use crate::place;

/// Prints the table of a run.
///
/// # Errors
/// When there is no such run or case.
pub(crate) fn run(args: &ShowArgs) -> anyhow::Result<Exit> {
    let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
    let id = reading::resolve(&store, args.run.as_deref())?;
    let set = reading::run_set(&store, &[id])?;
    print(&reading::table(&set, args.format, args.against.as_deref())?)?;
    Ok(Exit::Ok)
}
