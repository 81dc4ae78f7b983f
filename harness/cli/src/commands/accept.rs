//! `dyno accept`: records that a change may be, in the file that every gate reads.

use record::gate::Acceptance;

use super::gate::accepted;
use crate::args::AcceptArgs;
use crate::exit::Exit;
use crate::place;

/// Adds an entry.
///
/// # Errors
/// When it is there already, or the file cannot be written.
pub(crate) fn run(args: &AcceptArgs) -> anyhow::Result<Exit> {
    let entry = Acceptance {
        case: args.case.clone(),
        metric: args.metric.clone(),
        why: args.why.clone(),
        until: args.until.clone(),
    };
    let path = accepted::add(&place::workspace(None)?, &entry)?;
    eprintln!("added to {}; commit it with the change", super::reading::shown(&path));
    Ok(Exit::Ok)
}
