//! `dyno run`: measure a suite, keep every sample, print the table, write the report.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::{Context, bail};
use engine::measure::{Bench, now_ns};
use engine::plan::Plan;
use engine::session::{Ended, Outcome, Session};
use engine::worker::Launcher;
use engine::{counters, environment};
use record::store::{Recovery, RunWriter, State, Store};
use record::{RunInfo, Sample};

use super::planning::{self, Selection};
use super::reading;
use crate::args::RunArgs;
use crate::exit::{Exit, UsageError};
use crate::output::print;
use crate::place;
use crate::progress::Screen;

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

/// Everything that stays the same from the first sample to the report.
struct Ground {
    launcher: Launcher,
    store: Store,
    exe: PathBuf,
    /// The tree whose revision is recorded.
    tree: PathBuf,
}

impl Ground {
    fn new(args: &RunArgs, suite: Option<&Path>) -> anyhow::Result<Self> {
        let exe = std::env::current_exe().context("cannot tell dyno's own executable")?;
        // First of all: the launcher must fork from a process that is still small.
        let launcher = Launcher::start(&exe)?;
        let store = Store::open(place::store_root(args.store.store.as_deref(), suite)?);
        Ok(Self { launcher, store, exe, tree: place::workspace(suite)? })
    }
}

fn fresh(args: &RunArgs) -> anyhow::Result<Exit> {
    let suite = args.suite.as_deref().context("clap asks for a suite without --resume")?;
    let mut ground = Ground::new(args, Some(suite))?;
    let selection = Selection {
        suite,
        filter: args.filter.as_deref(),
        set: &args.set,
        pin: args.pin.as_deref(),
    };
    let plan = planning::plan(&selection, &mut ground.launcher)?;
    if plan.cases.is_empty() {
        eprintln!("no case is selected by `{}`", args.filter.as_deref().unwrap_or_default());
        return Ok(Exit::NothingSelected);
    }
    if args.dry_run {
        print(&planning::listing(&plan, None))?;
        return Ok(Exit::Ok);
    }
    let work_dir = work_dir(&plan, &ground.store);
    let before = capture(&work_dir, &ground.tree)?;
    let now_ns = now_ns();
    let id = ground.store.fresh_id(&plan.suite.name, now_ns);
    let mut info = planning::run_info(&plan, id, now_ns, before);
    info.label.clone_from(&args.label);
    warn(&mut info);
    let writer = RunWriter::create(&ground.store, &info)?;
    measure(args, &mut ground, Part { plan, info, writer, earlier: Vec::new() })
}

fn resume(args: &RunArgs, name: Option<&str>) -> anyhow::Result<Exit> {
    let mut ground = Ground::new(args, None)?;
    let id = match name {
        Some(name) => ground.store.resolve(Some(name))?,
        None => {
            let runs = ground.store.runs()?;
            let last = runs.into_iter().rev().find(|run| run.state == State::Unfinished);
            let Some(run) = last else {
                let root = ground.store.root().display();
                return Err(UsageError(format!("no unfinished run in `{root}`")).into());
            };
            run.id
        }
    };
    let (writer, mut info, earlier, recovery) = RunWriter::resume(&ground.store, &id)?;
    eprintln!("resuming {id}: {}", found(&recovery));
    let plan = planning::again(&info, &mut ground.launcher)?;
    let same = plan.cases.iter().map(|case| &case.id).eq(info.cases.iter().map(|c| &c.id));
    if !same {
        bail!("`{}` plans other cases now than when run {id} began", info.suite.path);
    }
    if args.label.is_some() {
        info.label.clone_from(&args.label);
    }
    measure(args, &mut ground, Part { plan, info, writer, earlier })
}

/// One part of a run that is about to be measured.
struct Part {
    plan: Plan,
    info: RunInfo,
    writer: RunWriter,
    earlier: Vec<Sample>,
}

fn measure(args: &RunArgs, ground: &mut Ground, mut part: Part) -> anyhow::Result<Exit> {
    let stop = stop_on_signals()?;
    let plan = &part.plan;
    let work_dir = work_dir(&part.plan, &ground.store).join(part.info.id.as_str());
    let script = planning::scripted_counters()?;
    let bench = Bench {
        launcher: &mut ground.launcher,
        exe: ground.exe.clone(),
        sampling: &plan.sampling,
        sources: match &script {
            Some(script) => vec![script],
            None => counters::SOURCES.to_vec(),
        },
        work_dir: work_dir.clone(),
    };
    let mut screen = Screen::new(plan, &part.plan.suite.name);
    screen.replay(&part.earlier);
    eprintln!("{}", opening(plan, &part.info));
    let mut session = Session { plan, bench, stop: &stop };
    let measured = session.run(&mut part.writer, &mut part.info, &part.earlier, &mut screen);
    screen.finish();
    let _ = std::fs::remove_dir_all(&work_dir);
    // What is in the journal is safe, whatever went wrong.
    let (ended, outcome) = measured.with_context(|| {
        format!("run {} is kept so far; `dyno run --resume` continues", part.info.id)
    })?;
    if ended == Ended::Interrupted {
        part.writer.update(&part.info)?;
        eprintln!("interrupted; `dyno run --resume {}` continues", part.info.id);
        return Ok(Exit::Interrupted);
    }
    part.info.after = Some(capture(work_dir.parent().unwrap_or(&work_dir), &ground.tree)?);
    part.info.finished_ns = Some(now_ns());
    let id = part.info.id.clone();
    part.writer.finish(&part.info)?;
    conclude(args, &ground.store, &id)?;
    Ok(exit(&outcome))
}

/// What the journal held, in words.
fn found(recovery: &Recovery) -> String {
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

/// The table on standard output, and the report in the run's directory.
fn conclude(args: &RunArgs, store: &Store, id: &record::RunId) -> anyhow::Result<()> {
    let set = reading::run_set(store, std::slice::from_ref(id))?;
    print(&reading::table(&set, args.format, None)?)?;
    if !args.no_report {
        let path = store.directory(id)?.join("report.html");
        reading::write_report(&set, &path)?;
        eprintln!("report: {}", reading::shown(&path));
    }
    eprintln!("store:  {}", reading::shown(&store.directory(id)?));
    Ok(())
}

fn exit(outcome: &Outcome) -> Exit {
    if !outcome.wrong.is_empty() {
        Exit::WrongAnswer
    } else if !outcome.failed.is_empty() {
        Exit::WorkloadFailed
    } else {
        Exit::Ok
    }
}

/// The first signal asks to stop after the sample in flight; the second one ends dyno at once,
/// and the launcher takes the workers with it.
fn stop_on_signals() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        let code = i32::from(Exit::Interrupted as u8);
        signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&stop))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&stop)))
            .context("cannot listen for signals")?;
    }
    Ok(stop)
}

/// Where workers write: as the suite says, else beside the runs.
fn work_dir(plan: &Plan, store: &Store) -> PathBuf {
    plan.output.clone().unwrap_or_else(|| store.root().join(".work"))
}

fn capture(work_dir: &Path, tree: &Path) -> anyhow::Result<record::Environment> {
    std::fs::create_dir_all(work_dir)
        .with_context(|| format!("cannot create `{}`", work_dir.display()))?;
    Ok(environment::capture(work_dir, tree))
}

/// What a reader should know before believing the numbers.
fn warn(info: &mut RunInfo) {
    if cfg!(debug_assertions) {
        let text = "dyno is a debug build: its built-in workloads run without optimisation; \
                    use `cargo dyno` or `cargo run --release`";
        info.warnings.push(text.to_owned());
    }
    for warning in &info.warnings {
        eprintln!("warning: {warning}");
    }
}

fn opening(plan: &Plan, info: &RunInfo) -> String {
    let cases = reports::format::counted(plan.cases.len(), "case");
    format!("{}: {cases}, {} samples, run {}", info.suite.name, plan.samples(), info.id)
}
