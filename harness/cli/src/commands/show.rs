//! `dyno show`: the table of one or more runs.

use record::store::Store;

use super::{choice, reading};
use crate::args::ShowArgs;
use crate::exit::Exit;
use crate::output::print;
use crate::place;

/// Prints the table of one or more runs.
///
/// # Errors
/// When there is no such run or case.
pub(crate) fn run(args: &ShowArgs) -> anyhow::Result<Exit> {
    let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
    let (_, set) = choice::choose(&store, &args.choice)?;
    let against = args.against.as_deref();
    print(&reading::table_of(&set, args.format, against, &args.metrics)?)?;
    Ok(Exit::Ok)
}
