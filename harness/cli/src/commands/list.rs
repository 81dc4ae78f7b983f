//! `dyno list`: what a suite would measure, without measuring it.

use std::time::Duration;

use anyhow::Context;
use engine::plan::Plan;
use engine::worker::Launcher;
use record::store::{State, Store};

use super::planning::{self, Selection};
use crate::args::ListArgs;
use crate::exit::Exit;
use crate::output::print;
use crate::place;

/// Prints the cases, the number of samples and an estimate of the time.
///
/// # Errors
/// When the suite cannot be understood.
pub(crate) fn run(args: &ListArgs) -> anyhow::Result<Exit> {
    let exe = std::env::current_exe().context("cannot tell dyno's own executable")?;
    let mut launcher = Launcher::start(&exe)?;
    let selection =
        Selection { suite: &args.suite, filter: args.filter.as_deref(), set: &args.set, pin: None };
    let plan = planning::plan(&selection, &mut launcher)?;
    let root = place::store_root(args.store.store.as_deref(), Some(&args.suite))?;
    let estimate = estimate(&plan, &Store::open(root))?;
    print(&planning::listing(&plan, estimate))?;
    Ok(if plan.cases.is_empty() { Exit::NothingSelected } else { Exit::Ok })
}

/// The time of the last complete run of the same plan, scaled to the number of samples.
fn estimate(plan: &Plan, store: &Store) -> anyhow::Result<Option<Duration>> {
    let same = |info: &record::RunInfo| {
        info.suite.name == plan.suite.name
            && info.cases.iter().map(|c| &c.id).eq(plan.cases.iter().map(|c| &c.id))
    };
    let runs = store.runs()?;
    let complete = runs.into_iter().rev().filter(|run| run.state == State::Complete);
    let Some(info) = complete.filter_map(|run| run.info).find(same) else { return Ok(None) };
    let Some(finished_ns) = info.finished_ns else { return Ok(None) };
    let taken = u64::try_from(finished_ns - info.started_ns).unwrap_or(0);
    // The same cases, so the share of samples is that of the sampling alone.
    let per_case = |s: &record::SamplingInfo| f64::from(s.processes * (s.warmup + s.iterations));
    let planned = planning::sampling_info(&plan.sampling);
    let share = per_case(&planned) / per_case(&info.sampling);
    Ok(Some(Duration::from_nanos(taken).mul_f64(share)))
}
