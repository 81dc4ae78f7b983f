//! Which runs `dyno show` and `dyno report` put together: those named, or a whole history.

use record::store::{RunEntry, State, Store};
use record::{RunId, RunInfo, Step};
use reports::RunSet;

use super::reading;
use crate::args::ChoiceArgs;
use crate::exit::UsageError;

/// The runs that are meant, and what the store holds of them.
///
/// # Errors
/// When a run or case is not there, or no run carries a step.
pub(crate) fn choose(store: &Store, args: &ChoiceArgs) -> anyhow::Result<(Vec<RunId>, RunSet)> {
    let ids = match (args.history, args.runs.as_slice()) {
        (true, names) => steps(store, names)?,
        (false, []) => vec![reading::resolve(store, None)?],
        (false, names) => {
            let resolve = |name: &String| reading::resolve(store, Some(name));
            names.iter().map(resolve).collect::<anyhow::Result<_>>()?
        }
    };
    let mut set = reading::run_set(store, &ids)?;
    if let Some(case) = &args.case {
        set.keep_case(case).map_err(|error| UsageError(format!("{error:#}")))?;
    }
    Ok((ids, set))
}

/// The complete runs of one suite that carry a step, the oldest first. Of a step that was measured
/// again the newest run counts.
fn steps(store: &Store, names: &[String]) -> anyhow::Result<Vec<RunId>> {
    let runs = store.runs()?;
    let complete = || runs.iter().filter(|run| run.state == State::Complete);
    if let Some(whole) = whole_history(complete(), store, names)? {
        return Ok(vec![whole]);
    }
    let labelled = complete();
    let labelled: Vec<(&RunInfo, &Step)> = labelled.filter_map(|run| with_step(run)).collect();
    let suite = match names {
        [] => labelled.last().map(|(info, _)| info.suite.name.clone()),
        [name] => {
            let id = reading::resolve(store, Some(name))?;
            let run = runs.iter().find(|run| run.id == id);
            run.and_then(|run| run.info.as_ref()).map(|info| info.suite.name.clone())
        }
        _ => return Err(UsageError("`--history` takes one run, for its suite".to_owned()).into()),
    };
    let own = |(info, _): &&(&RunInfo, &Step)| Some(&info.suite.name) == suite.as_ref();
    let own: Vec<&(&RunInfo, &Step)> = labelled.iter().filter(own).collect();
    let mut ids = Vec::new();
    for (index, (info, step)) in own.iter().enumerate() {
        if own[index + 1..].iter().any(|(_, later)| later.id == step.id) {
            eprintln!("step {} was measured again: {} is left out", step.id, info.id);
        } else {
            ids.push(info.id.clone());
        }
    }
    if ids.is_empty() {
        let of = suite.map(|suite| format!(" of suite `{suite}`")).unwrap_or_default();
        let text =
            format!("no complete run{of} carries a step; `dyno run SUITE --step 01` makes one");
        return Err(UsageError(text).into());
    }
    Ok(ids)
}

/// The run of `dyno history` that is meant: the named one, or the newest run with steps of any kind.
fn whole_history<'a>(
    complete: impl DoubleEndedIterator<Item = &'a RunEntry>,
    store: &Store,
    names: &[String],
) -> anyhow::Result<Option<RunId>> {
    let is_whole =
        |run: &&RunEntry| run.info.as_ref().is_some_and(|info| !info.revisions.is_empty());
    let named = match names {
        [name] => Some(reading::resolve(store, Some(name))?),
        _ => None,
    };
    let mut complete = complete.rev();
    let meant = match (&named, names) {
        (Some(id), _) => complete.find(|run| run.id == *id),
        (None, []) => complete.find(|run| is_whole(run) || with_step(run).is_some()),
        (None, _) => None,
    };
    Ok(meant.filter(is_whole).map(|run| run.id.clone()))
}

fn with_step(run: &RunEntry) -> Option<(&RunInfo, &Step)> {
    let info = run.info.as_ref()?;
    Some((info, info.step.as_ref()?))
}
