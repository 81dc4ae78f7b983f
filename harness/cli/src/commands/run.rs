//! `dyno run`: measure a suite, keep every sample, print the table, write the report.

use anyhow::{Context, bail};
use record::store::{Recovery, RunEntry, RunWriter, State};

use super::compare::Against;
use super::measuring::{self, Ground, Measured, Part, begin, measure};
use super::planning::{self, Selection};
use crate::args::RunArgs;
use crate::exit::{Exit, UsageError};
use crate::output::print;

/// Measures a suite, or continues a run.
///
/// # Errors
/// When the suite cannot be understood, or the store cannot be written.
pub(crate) fn run(args: &RunArgs) -> anyhow::Result<Exit> {
    match &args.resume {
        Some(name) => resume(args, name.as_deref()),
        None => fresh(args),
    }
}

fn fresh(args: &RunArgs) -> anyhow::Result<Exit> {
    let suite = args.suite.as_deref().context("clap asks for a suite without --resume")?;
    let data_dir = args.data.data_dir.as_deref();
    let mut ground = Ground::with_data(args.ending.store.store.as_deref(), Some(suite), data_dir)?;
    let against = Against::find(&ground.store, &args.history)?;
    let mut set = args.sampling.overrides();
    set.extend(args.passes.overrides());
    // What is set by name has the last word.
    set.extend(args.set.iter().cloned());
    let selection =
        Selection { suite, filter: args.filter.as_deref(), set: &set, pin: args.pin.as_deref() };
    let plan = planning::plan(&selection, &mut ground.launcher)?;
    if plan.cases.is_empty() {
        eprintln!("no case is selected by `{}`", args.filter.as_deref().unwrap_or_default());
        return Ok(Exit::NothingSelected);
    }
    if args.dry_run {
        print(&planning::listing(&plan, None))?;
        return Ok(Exit::Ok);
    }
    let label = args.ending.label.as_deref();
    let part = begin(&ground, plan, label, |info| info.step = args.history.step())?;
    finish(args, &mut ground, part, &against)
}

/// Measures, then compares with the baseline.
fn finish(
    args: &RunArgs,
    ground: &mut Ground,
    part: Part,
    against: &Against,
) -> anyhow::Result<Exit> {
    let Measured { exit, set } = measure(ground, part, &args.ending)?;
    if let Some(set) = set {
        against.conclude((&ground.store, &args.history, args.ending.format), &set, exit)?;
    }
    Ok(exit)
}

fn resume(args: &RunArgs, name: Option<&str>) -> anyhow::Result<Exit> {
    if !args.sampling.overrides().is_empty() {
        let text =
            "a resumed run is sampled as it began: leave out --runs, --warmup, --quick, --once";
        return Err(UsageError(text.to_owned()).into());
    }
    let data_dir = args.data.data_dir.as_deref();
    let mut ground = Ground::with_data(args.ending.store.store.as_deref(), None, data_dir)?;
    let id = match name {
        Some(name) => ground.store.resolve(Some(name))?,
        None => {
            let runs = ground.store.runs()?;
            let unfinished = |run: &RunEntry| {
                run.state == State::Unfinished && !ground.store.is_profiles_alone(&run.id)
            };
            let last = runs.into_iter().rev().find(unfinished);
            let Some(run) = last else {
                let root = ground.store.root().display();
                return Err(UsageError(format!("no unfinished run in `{root}`")).into());
            };
            run.id
        }
    };
    let against = Against::find(&ground.store, &args.history)?;
    let (writer, mut info, earlier, recovery) = RunWriter::resume(&ground.store, &id)?;
    if !info.revisions.is_empty() {
        let text = format!("run {id} is a history: the same `dyno history` continues it");
        return Err(UsageError(text).into());
    }
    eprintln!("resuming {id}: {}", found(&recovery));
    let plan = planning::again(&info, &mut ground.launcher)?;
    let same = plan.cases.iter().map(|case| &case.id).eq(info.cases.iter().map(|c| &c.id));
    if !same {
        bail!("`{}` plans other cases now than when run {id} began", info.suite.path);
    }
    if args.ending.label.is_some() {
        info.label.clone_from(&args.ending.label);
    }
    let again = measuring::again(&id);
    let part = Part { plan, info, writer, earlier, lenient: false, again };
    finish(args, &mut ground, part, &against)
}

/// What the journal held, in words.
pub(crate) fn found(recovery: &Recovery) -> String {
    let mut text = format!("{} samples are kept", recovery.samples);
    if recovery.tail_bytes > 0 {
        text.push_str("; the last line was half written and is taken again");
    }
    if recovery.garbled_lines > 0 {
        let lines = recovery.garbled_lines;
        text.push_str(&format!("; {lines} garbled lines are set aside in journal.damaged"));
    }
    text
}
