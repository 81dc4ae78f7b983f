//! `dyno profile`: sample where the time of each case goes; show, compare and export profiles.
//!
//! Profiling makes a run without timed samples. What is drawn comes from the store, so it can be
//! drawn again, elsewhere and otherwise.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use engine::measure::{Bench, now_ns};
use engine::session::Outcome;
use record::store::Store;
use record::{RunId, RunInfo};
use reports::profile::{Diff, Named, View};

use super::measuring::{Ground, Part, begin, work_dir};
use super::planning::{self, Selection};
use super::{profiling, reading};
use crate::args::{ExportFormat, ProfileArgs};
use crate::exit::{Exit, UsageError};
use crate::interrupt;
use crate::output::print;
use crate::place;

/// Profiles a suite, or shows what was profiled.
///
/// # Errors
/// When the suite cannot be understood, there is no such run or profile, or a file cannot be
/// written.
pub(crate) fn run(args: &ProfileArgs) -> anyhow::Result<Exit> {
    match (&args.suite, &args.of, &args.diff) {
        (Some(suite), _, _) => sample(args, suite),
        (_, _, Some(runs)) => diff(args, runs),
        (_, of, _) => {
            let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
            let id = chosen(&store, of.as_ref().and_then(Option::as_deref))?;
            show(args, &store, &id, profiling::view(args.unfolded))?;
            Ok(Exit::Ok)
        }
    }
}

fn sample(args: &ProfileArgs, suite: &Path) -> anyhow::Result<Exit> {
    let mut ground = Ground::new(args.store.store.as_deref(), Some(suite))?;
    let filter = args.filter.as_deref();
    let selection = Selection { suite, filter, set: &args.set, pin: None };
    let plan = planning::plan(&selection, &mut ground.launcher)?;
    if plan.cases.is_empty() {
        eprintln!("no case is selected by `{}`", filter.unwrap_or_default());
        return Ok(Exit::NothingSelected);
    }
    let mut profiling = plan.profile.clone().unwrap_or_default();
    profiling.rate_hz = args.rate.unwrap_or(profiling.rate_hz);
    profiling.time = args.time.unwrap_or(profiling.time);
    profiling.event = args.event.clone().unwrap_or(profiling.event);
    profiling.inlines |= args.inlines;
    let Part { plan, mut info, mut writer, .. } =
        begin(&ground, plan, args.label.as_deref(), |_| {})?;
    let stop = interrupt::listen(format!(
        "its case has no profile; `dyno profile --of {}` shows the cases before it",
        info.id
    ))?;
    let work_dir = work_dir(&plan, &ground.store).join(info.id.as_str());
    let exe = ground.exe().to_owned();
    let mut bench = Bench {
        launcher: &mut ground.launcher,
        exe,
        sampling: &plan.sampling,
        sources: Vec::new(),
        work_dir: work_dir.clone(),
    };
    let with = (&plan, &profiling);
    let kept = (&ground.store, &mut writer);
    let passed = profiling::pass(with, &mut bench, kept, &Outcome::default(), &stop);
    let _ = fs::remove_dir_all(&work_dir);
    let passed = passed?;
    info.finished_ns = Some(now_ns());
    let id = info.id.clone();
    if passed.profiles == 0 {
        // Nothing is in it: a run without samples and profiles would only puzzle.
        drop(writer);
        let _ = fs::remove_dir_all(ground.store.directory(&id)?);
        return Ok(passed.exit);
    }
    writer.finish(&info)?;
    show(args, &ground.store, &id, profiling::view(args.unfolded || profiling.unfolded))?;
    eprintln!("store:  {}", reading::shown(&ground.store.directory(&id)?));
    Ok(passed.exit)
}

/// Prints what the profiles of a run say, and writes their pictures or another tool's files.
fn show(args: &ProfileArgs, store: &Store, id: &RunId, view: View) -> anyhow::Result<()> {
    let (info, profiles) = profiles(store, id, args.case.first())?;
    let directory = match &args.output {
        Some(directory) => directory.clone(),
        None => store.directory(id)?.join("profiles"),
    };
    let written = match args.export {
        None => pictures(&profiles, &directory, view)?,
        Some(ExportFormat::Folded) => {
            let text = |named: &Named| Ok(reports::profile::folded_text(&named.profile, view));
            each(&profiles, &directory, ("stacks", "folded"), text)?
        }
        Some(ExportFormat::Speedscope) => {
            let text = reports::profile::speedscope(&info.suite.name, &profiles, view)?;
            let path = directory.join("profiles.speedscope.json");
            write(&path, &text)?;
            vec![path]
        }
    };
    print(&reports::profile::summary(&profiles, view))?;
    profiling::warn(&profiles);
    for path in written {
        eprintln!("wrote:  {}", reading::shown(&path));
    }
    Ok(())
}

/// The flame graph of each profile.
///
/// # Errors
/// When one cannot be written.
pub(crate) fn pictures(
    profiles: &[Named],
    directory: &Path,
    view: View,
) -> anyhow::Result<Vec<PathBuf>> {
    let drawn: Vec<Named> =
        profiles.iter().filter(|named| named.profile.info.samples > 0).cloned().collect();
    each(&drawn, directory, ("flamegraph", "svg"), |named| {
        reports::profile::flamegraph(&named.profile, &named.label, view)
    })
}

/// One file per profile; a single one has no case in its name.
fn each(
    profiles: &[Named],
    directory: &Path,
    (stem, end): (&str, &str),
    text: impl Fn(&Named) -> anyhow::Result<String>,
) -> anyhow::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for named in profiles {
        let name = match profiles.len() {
            1 => format!("{stem}.{end}"),
            _ => format!("{stem}-{}.{end}", file_name(&named.label)),
        };
        let path = directory.join(name);
        write(&path, &text(named)?)?;
        paths.push(path);
    }
    Ok(paths)
}

fn diff(args: &ProfileArgs, runs: &[String]) -> anyhow::Result<Exit> {
    let [before, after] = runs else { bail!("clap asks for two runs") };
    let store = Store::open(place::store_root(args.store.store.as_deref(), None)?);
    let (before, after) = (chosen(&store, Some(before))?, chosen(&store, Some(after))?);
    let (case_before, case_after) = (args.case.first(), args.case.get(1).or(args.case.first()));
    let (_, old) = profiles(&store, &before, case_before)?;
    let (_, new) = profiles(&store, &after, case_after)?;
    let directory = match &args.output {
        Some(directory) => directory.clone(),
        None => store.directory(&after)?.join("profiles"),
    };
    let view = profiling::view(args.unfolded);
    let pairs = pairs(&old, &new)?;
    for (one, other) in &pairs {
        let diff = Diff::new(&one.profile, &other.profile, view)?;
        let title = match one.label == other.label {
            true => format!("{}: {before} against {after}", one.label),
            false => format!("{} ({before}) against {} ({after})", one.label, other.label),
        };
        let stem = match pairs.len() {
            1 => "diff".to_owned(),
            _ => format!("diff-{}", file_name(&other.label)),
        };
        let table = format!("{title}\n{}", diff.table());
        print(&format!("{table}\n"))?;
        for (end, text) in
            [(".svg", diff.after(&title)?), ("-before.svg", diff.before(&title)?), (".txt", table)]
        {
            let path = directory.join(format!("{stem}{end}"));
            write(&path, &text)?;
            eprintln!("wrote:  {}", reading::shown(&path));
        }
    }
    Ok(Exit::Ok)
}

/// Which profile is held against which: those of the same case, or the only ones.
fn pairs<'a>(old: &'a [Named], new: &'a [Named]) -> anyhow::Result<Vec<(&'a Named, &'a Named)>> {
    if let ([old], [new]) = (old, new) {
        return Ok(vec![(old, new)]);
    }
    let same = |one: &Named, other: &Named| one.profile.info.case == other.profile.info.case;
    let pairs: Vec<_> =
        new.iter().filter_map(|new| Some((old.iter().find(|old| same(old, new))?, new))).collect();
    if pairs.is_empty() {
        let text = "the two runs have no profiled case in common; name one of each with `--case` \
                    twice";
        return Err(UsageError(text.to_owned()).into());
    }
    Ok(pairs)
}

/// The run that is meant; without a name, the newest one that has profiles.
fn chosen(store: &Store, name: Option<&str>) -> anyhow::Result<RunId> {
    if let Some(name) = name {
        return reading::resolve_profiled(store, name);
    }
    let runs = store.runs()?.into_iter().rev();
    let found = runs.map(|run| run.id).find(|id| store.has_profiles(id));
    found.ok_or_else(|| {
        let root = store.root().display();
        UsageError(format!("no run in `{root}` has a profile; `dyno profile SUITE` makes one"))
            .into()
    })
}

/// The profiles of a run, or that of one of its cases.
fn profiles(
    store: &Store,
    id: &RunId,
    case: Option<&String>,
) -> anyhow::Result<(RunInfo, Vec<Named>)> {
    let info = store.read(id).with_context(|| format!("cannot read run {id}"))?.info;
    let mut named = reports::profile::named(&info, store.profiles(id)?);
    if named.is_empty() {
        let text = format!("run {id} has no profile; `dyno profile SUITE` makes a run that has");
        return Err(UsageError(text).into());
    }
    if let Some(case) = case {
        let known: Vec<String> = named.iter().map(|one| one.label.clone()).collect();
        named.retain(|one| one.label == *case || one.profile.info.case.as_str() == case);
        if named.is_empty() {
            let known = known.join("`, `");
            let text = format!("run {id} has no profile of `{case}`; it has `{known}`");
            return Err(UsageError(text).into());
        }
    }
    Ok((info, named))
}

/// A label as a part of a file's name.
fn file_name(label: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_.=,".contains(c) { c } else { '_' };
    label.chars().take(100).map(plain).collect()
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot create `{}`", directory.display()))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write `{}`", path.display()))
}
