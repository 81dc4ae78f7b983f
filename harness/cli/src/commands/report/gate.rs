//! `dyno report GATE`: the page of a gate that the store keeps, written again.

use record::RunId;
use record::gate::Gate;
use record::store::Store;
use reports::gate::markdown::markdown;
use reports::gate::text::Only;
use reports::{Assets, gate::page::page};

use super::browser;
use crate::args::{ReportArgs, ReportFormat};
use crate::commands::reading;
use crate::exit::{Exit, UsageError};
use crate::output::print;

/// What stands before the name of a gate that could be a run too.
const PREFIX: &str = "gates/";

/// The gate that is meant; `None` where a run is.
///
/// # Errors
/// When several gates are meant, the one that is was interrupted, or the store cannot be read.
pub(super) fn meant(store: &Store, args: &ReportArgs) -> anyhow::Result<Option<(RunId, Gate)>> {
    let [name] = args.choice.runs.as_slice() else { return Ok(None) };
    let own = name.strip_prefix(PREFIX);
    // A run of that name comes first; it needs no prefix.
    if own.is_none() && reading::resolve(store, Some(name)).is_ok() {
        return Ok(None);
    }
    let own = own.unwrap_or(name).trim_end_matches('/');
    let mut found: Vec<_> = store.gate_entries()?;
    found.retain(|entry| !own.is_empty() && entry.id.as_str().starts_with(own));
    let (id, gate) = match found.as_slice() {
        [] if name.starts_with(PREFIX) => return Err(no_gate(store, own).into()),
        [] => return Ok(None),
        [one] => (&one.id, &one.gate),
        several => {
            let names: Vec<&str> = several.iter().map(|entry| entry.id.as_str()).collect();
            let text = format!("`{own}` may be any of the gates {}", names.join(", "));
            return Err(UsageError(text).into());
        }
    };
    match gate {
        Some(gate) => Ok(Some((id.clone(), gate.clone()))),
        None => {
            let text = format!("gate {id} was interrupted or cannot be read: nothing was decided");
            Err(UsageError(text).into())
        }
    }
}

fn no_gate(store: &Store, name: &str) -> UsageError {
    UsageError(format!("there is no gate `{name}` in {}", reading::shown(store.root())))
}

/// Writes the gate and says where.
///
/// # Errors
/// When an option has no meaning for a gate, the file cannot be written or no browser can be started.
pub(super) fn run(
    store: &Store,
    args: &ReportArgs,
    (id, gate): &(RunId, Gate),
) -> anyhow::Result<Exit> {
    let of_runs = [
        ("--history", args.choice.history),
        ("--case", args.choice.case.is_some()),
        ("--only", !args.only.is_empty()),
        ("--compare", args.compare.is_some()),
        ("--assets", args.page().assets != Assets::Inline),
    ];
    if let Some((option, _)) = of_runs.into_iter().find(|(_, given)| *given) {
        return Err(UsageError(format!("`{option}` is for runs, and {id} is a gate")).into());
    }
    let (text, path) = match (args.format, &args.output) {
        (ReportFormat::Markdown, None) => {
            print(&markdown(gate, Only::Everything))?;
            return Ok(Exit::Ok);
        }
        (ReportFormat::Markdown, Some(path)) => (markdown(gate, Only::Everything), path.clone()),
        (ReportFormat::Html, Some(path)) => (page(gate)?, path.clone()),
        (ReportFormat::Html, None) => (page(gate)?, store.gate_directory(id).join("gate.html")),
    };
    reading::write_file(&path, &text)?;
    print(&format!("{}\n", reading::shown(&path)))?;
    if args.open {
        browser::open(&path)?;
    }
    Ok(Exit::Ok)
}
