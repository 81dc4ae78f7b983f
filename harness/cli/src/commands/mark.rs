//! `dyno mark`: says of a run which step it stands for, what was learned, and whether it stays.

use record::store::{Store, StoreError};
use record::{RunInfo, Step};

use super::reading;
use crate::args::MarkArgs;
use crate::exit::{Exit, UsageError};
use crate::output::print;
use crate::place;

/// Changes what a run says of its step, and draws its report again where there is one.
///
/// # Errors
/// When there is no such run, it carries no step and gets none, or somebody is measuring it.
pub(crate) fn run(args: &MarkArgs) -> anyhow::Result<Exit> {
    let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
    let id = reading::resolve(&store, args.run.as_deref())?;
    let runs = store.runs()?;
    let info = runs.iter().find(|run| run.id == id).and_then(|run| run.info.as_ref());
    let has_step = info.is_some_and(|info| info.step.is_some());
    if !has_step && args.step.is_none() {
        let text = format!("run {id} carries no step; `dyno mark {id} --step 01` makes it one");
        return Err(UsageError(text).into());
    }
    let changed =
        store.update_info(&id, |info| change(info, args)).map_err(|error| match error {
            StoreError::Busy { .. } => UsageError(format!("run {id} is being measured")).into(),
            other => anyhow::Error::from(other),
        })?;
    let report = store.directory(&id)?.join("report.html");
    if report.exists() {
        reading::write_report(&reading::run_set(&store, std::slice::from_ref(&id))?, &report)?;
    }
    print(&line(&changed))?;
    Ok(Exit::Ok)
}

fn change(info: &mut RunInfo, args: &MarkArgs) {
    let empty =
        Step { id: String::new(), title: String::new(), note: String::new(), reverted: false };
    let step = info.step.get_or_insert(empty);
    let texts =
        [(&args.step, &mut step.id), (&args.title, &mut step.title), (&args.note, &mut step.note)];
    for (told, text) in texts {
        if let Some(told) = told {
            text.clone_from(told);
        }
    }
    if args.reverted || args.kept {
        step.reverted = args.reverted;
    }
}

/// What the run says now.
fn line(info: &RunInfo) -> String {
    let Some(step) = &info.step else { return format!("{}: no step\n", info.id) };
    let mut text = format!("{}: step {}", info.id, step.id);
    for part in [&step.title, &step.note].into_iter().filter(|part| !part.is_empty()) {
        text += &format!(", {part}");
    }
    text += if step.reverted { ", reverted" } else { ", kept" };
    format!("{}\n", reports::format::printable(&text))
}
