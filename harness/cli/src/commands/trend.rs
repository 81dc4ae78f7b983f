//! `dyno trend`: where the level of a metric changes over a history or over the runs of a suite; with
//! `--confirm` the two revisions on either side are compared in pairs.
//!
//! What counts as a change is decided in `reports::trend`, what the pairs say by the gate.

use std::path::{Path, PathBuf};

use engine::suite::Suite;
use record::store::{RunEntry, State, Store};
use record::{RunId, RunInfo};
use reports::RunSet;
use reports::trend::{self, Course};

use super::{gate, reading};
use crate::args::{GateArgs, GateFormat, OnlyChoice, ProgressChoice, StoreArgs, TrendArgs};
use crate::exit::{Exit, UsageError};
use crate::output::print;
use crate::place;

/// Finds changes, and confirms them where that is asked for.
///
/// # Errors
/// When there are no such runs, case or metric, or a comparison cannot be made.
pub(crate) fn run(args: &TrendArgs) -> anyhow::Result<Exit> {
    let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
    let ids = chosen(&store, &args.what)?;
    let mut set = reading::run_set(&store, &ids)?;
    let usage = |error: anyhow::Error| UsageError(format!("{error:#}"));
    if let Some(case) = &args.case {
        set.keep_case(case).map_err(usage)?;
    }
    let courses = trend::courses(&set, &args.metric).map_err(usage)?;
    match ids.as_slice() {
        [one] => eprintln!("run {one}"),
        several => {
            eprintln!("{} runs: {} to {}", several.len(), several[0], several[several.len() - 1])
        }
    }
    print(&trend::text(&courses, &args.metric))?;
    if args.confirm { confirm(args, &set, &courses) } else { Ok(Exit::Ok) }
}

/// The runs that are meant, the oldest first.
fn chosen(store: &Store, what: &[String]) -> anyhow::Result<Vec<RunId>> {
    let runs = store.runs()?;
    let complete: Vec<&RunEntry> = runs.iter().filter(|run| run.state == State::Complete).collect();
    let infos: Vec<&RunInfo> = complete.iter().filter_map(|run| run.info.as_ref()).collect();
    let suite = match what {
        [] => {
            let newest = infos.iter().rev().find(|info| !info.revisions.is_empty());
            let Some(info) = newest.or(infos.last()) else {
                let root = store.root().display();
                return Err(UsageError(format!("no complete run in `{root}`")).into());
            };
            info.suite.name.clone()
        }
        [name] if Path::new(name).is_file() => Suite::load(Path::new(name))?.name,
        [name] if infos.iter().any(|info| info.suite.name == *name) => name.clone(),
        names => {
            return names.iter().map(|name| reading::resolve(store, Some(name))).collect();
        }
    };
    let own: Vec<&RunInfo> = infos.into_iter().filter(|info| info.suite.name == suite).collect();
    let Some(newest) = own.last() else {
        return Err(UsageError(format!("no complete run of suite `{suite}`")).into());
    };
    if !newest.revisions.is_empty() {
        return Ok(vec![newest.id.clone()]);
    }
    let alike = own.iter().filter(|info| {
        info.revisions.is_empty() && info.before.machine_key == newest.before.machine_key
    });
    Ok(alike.map(|info| info.id.clone()).collect())
}

/// A paired comparison for each change. The exit code is that of the last gate that did not pass.
fn confirm(args: &TrendArgs, set: &RunSet, courses: &[Course]) -> anyhow::Result<Exit> {
    let mut exit = Exit::Ok;
    for course in courses {
        for change in &course.changes {
            let (old, new) = (course.places[change.at - 1].case, course.places[change.at].case);
            let (Some(base), Some(candidate)) = (commit(set, old), commit(set, new)) else {
                let (from, to) = (&course.places[change.at - 1], &course.places[change.at]);
                eprintln!(
                    "cannot confirm {} to {}: one was measured outside of a repository, or from a \
                     tree with changes of its own",
                    from.name, to.name
                );
                continue;
            };
            let info = &set.cases[new].info;
            let id = info.id.as_str();
            let id =
                id.rsplit_once('@').filter(|_| info.revision.is_some()).map_or(id, |(id, _)| id);
            let run = &set.runs[set.cases[new].run];
            print("\n")?;
            let found = gate::run(&paired(args, run, (base, candidate), id))?;
            exit = if found == Exit::Ok { exit } else { found };
        }
    }
    Ok(exit)
}

/// The commit that a case was measured at; `None` where nobody knows, or where the tree had changes
/// that no commit has.
fn commit(set: &RunSet, case: usize) -> Option<String> {
    let case = &set.cases[case];
    let run = &set.runs[case.run];
    match run.revision_of(&case.info) {
        Some(revision) => Some(revision.commit.clone()),
        None => {
            // Untracked files, such as the store itself, change nothing that was committed.
            let state = run.before.fact("git_state")?;
            let clean = state == "clean" || state.starts_with("dirty: 0 changed");
            let commit = run.before.fact("git_revision").filter(|_| clean)?;
            (commit.len() >= 40).then(|| commit.to_owned())
        }
    }
}

/// A commit as people read it.
fn short(commit: &str) -> String {
    commit.chars().take(12).collect()
}

/// The gate of two revisions on one case of a run's suite.
fn paired(
    args: &TrendArgs,
    run: &RunInfo,
    (base, candidate): (String, String),
    case: &str,
) -> GateArgs {
    GateArgs {
        suite: PathBuf::from(&run.suite.path),
        base: Some(short(&base)),
        candidate: Some(short(&candidate)),
        base_exe: None,
        candidate_exe: None,
        base_runner: None,
        candidate_runner: None,
        repo: args.repo.clone(),
        filter: Some(format!("case = '{case}'")),
        set: run.suite.overrides.clone(),
        budget: None,
        per_case: "60s".to_owned(),
        no_control: false,
        no_profile: false,
        layouts: None,
        report: None,
        strict: false,
        pass_without_base: false,
        format: GateFormat::Table,
        only: OnlyChoice::All,
        progress: ProgressChoice::Auto,
        store: StoreArgs { store: args.store.store.clone() },
    }
}
