//! From a plan to a finished run: the environment, the run loop, the table and the report.
//!
//! `run`, its `--resume` and `cmd` come here with a plan; nothing below this line knows which of
//! them it was.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use anyhow::Context;
use engine::case::{CommandLine, RunnerKind};
use engine::measure::{Bench, now_ns};
use engine::plan::Plan;
use engine::session::{Ended, Outcome, Session};
use engine::worker::Launcher;
use engine::{counters, environment};
use record::store::{RunWriter, Store};
use record::{RunId, RunInfo, Sample};
use reports::RunSet;

use super::{planning, profiling, reading};
use crate::args::EndingArgs;
use crate::exit::Exit;
use crate::interrupt;
use crate::output::print;
use crate::place;
use crate::progress::Screen;

/// Everything that stays the same from the first sample to the report.
pub(crate) struct Ground {
    pub(crate) launcher: Launcher,
    pub(crate) store: Store,
    /// The executable that serves the built-in workloads.
    pub(crate) exe: PathBuf,
    /// The tree whose revision is recorded.
    pub(crate) tree: PathBuf,
}

impl Ground {
    /// Starts the launcher and finds the store: as told, else beside `suite` or the current
    /// directory.
    ///
    /// # Errors
    /// When the launcher cannot be started.
    pub(crate) fn new(store: Option<&Path>, suite: Option<&Path>) -> anyhow::Result<Self> {
        Self::with_data(store, suite, None)
    }

    /// As [`Ground::new`], for workers that are told where input data is kept.
    ///
    /// # Errors
    /// When the launcher cannot be started.
    pub(crate) fn with_data(
        store: Option<&Path>,
        suite: Option<&Path>,
        data_dir: Option<&Path>,
    ) -> anyhow::Result<Self> {
        let exe = std::env::current_exe().context("cannot tell dyno's own executable")?;
        // First of all: the launcher must fork from a process that is still small.
        let data_dir = data_dir.map(std::path::absolute).transpose()?;
        let env = data_dir.as_ref().map(|path| (workloads::data::DIRECTORY_VAR, path.as_os_str()));
        let launcher = Launcher::start_with(&exe, env.as_slice())?;
        let store = Store::open(place::store_root(store, suite)?);
        Ok(Self { launcher, store, exe, tree: place::workspace(suite)? })
    }

    /// dyno's own executable, which serves the built-in workloads.
    pub(crate) fn exe(&self) -> &Path {
        &self.exe
    }
}

/// One part of a run that is about to be measured.
pub(crate) struct Part {
    pub(crate) plan: Plan,
    pub(crate) info: RunInfo,
    pub(crate) writer: RunWriter,
    pub(crate) earlier: Vec<Sample>,
    /// Whether a machine that cannot be profiled is no failure: nobody asked for profiles.
    pub(crate) lenient: bool,
    /// What continues the run when it is stopped.
    pub(crate) again: String,
}

/// What measuring came to.
pub(crate) struct Measured {
    pub(crate) exit: Exit,
    /// The run, read back from the store; `None` when it was interrupted.
    pub(crate) set: Option<RunSet>,
}

/// Opens a new run for a plan. `say` adds what else is known of it before it is written.
///
/// # Errors
/// When the store cannot be written.
pub(crate) fn begin(
    ground: &Ground,
    plan: Plan,
    label: Option<&str>,
    say: impl FnOnce(&mut RunInfo),
) -> anyhow::Result<Part> {
    let work_dir = work_dir(&plan, &ground.store);
    let before = capture(&work_dir, &ground.tree)?;
    let now_ns = now_ns();
    let id = ground.store.fresh_id(&plan.suite.name, now_ns);
    let mut info = planning::run_info(&plan, id, now_ns, before);
    info.label = label.map(str::to_owned);
    warn(&mut info, &plan);
    say(&mut info);
    let writer = RunWriter::create(&ground.store, &info)?;
    let again = again(&info.id);
    Ok(Part { plan, info, writer, earlier: Vec::new(), lenient: false, again })
}

/// What continues a run that was stopped.
pub(crate) fn again(id: &RunId) -> String {
    format!("`dyno run --resume {id}`")
}

/// Measures what is left of a run, prints its table and writes its report.
///
/// # Errors
/// When the store cannot be written or the launcher is lost.
pub(crate) fn measure(
    ground: &mut Ground,
    mut part: Part,
    ending: &EndingArgs,
) -> anyhow::Result<Measured> {
    let stop = interrupt::listen(format!("{} takes it again and continues", part.again))?;
    let _alone = alone(&ground.store, &mut part.info.warnings);
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
    let mut screen = Screen::new(plan, &part.plan.suite.name, ending.progress);
    screen.replay(&part.earlier);
    eprintln!("{}", opening(plan, &part.info));
    let mut session = Session { plan, bench, stop: &stop };
    let measured = session.run(&mut part.writer, &mut part.info, &part.earlier, &mut screen);
    screen.finish();
    let passed = match (&measured, &plan.profile) {
        (Ok((Ended::Finished, outcome)), Some(profiling)) => {
            let kept = (&ground.store, &mut part.writer);
            profiling::pass((plan, profiling), &mut session.bench, kept, outcome, &stop).map(Some)
        }
        _ => Ok(None),
    };
    let _ = std::fs::remove_dir_all(&work_dir);
    // What is in the journal is safe, whatever went wrong.
    let (ended, outcome) = measured.with_context(|| {
        format!("run {} is kept so far; {} continues", part.info.id, part.again)
    })?;
    if ended == Ended::Interrupted {
        part.writer.update(&part.info)?;
        eprintln!("interrupted; {} continues", part.again);
        return Ok(Measured { exit: Exit::Interrupted, set: None });
    }
    let passed = passed?;
    part.info.after = Some(capture(work_dir.parent().unwrap_or(&work_dir), &ground.tree)?);
    part.info.finished_ns = Some(now_ns());
    let id = part.info.id.clone();
    part.writer.finish(&part.info)?;
    let set = conclude(ending, &ground.store, &id)?;
    let exit = match (exit(&outcome), passed) {
        (Exit::Ok, Some(passed)) if passed.exit == Exit::Internal && part.lenient => Exit::Ok,
        (Exit::Ok, Some(passed)) => passed.exit,
        (exit, _) => exit,
    };
    Ok(Measured { exit, set: Some(set) })
}

/// The table on standard output, and the report in the run's directory.
///
/// # Errors
/// When the run cannot be read, or its report not be written.
pub(crate) fn conclude(ending: &EndingArgs, store: &Store, id: &RunId) -> anyhow::Result<RunSet> {
    let set = reading::run_set(store, std::slice::from_ref(id))?;
    print(&reading::table(&set, ending.format, None)?)?;
    if !ending.no_report {
        let path = store.directory(id)?.join("report.html");
        reading::write_report(&set, &path)?;
        eprintln!("report: {}", reading::shown(&path));
    }
    eprintln!("store:  {}", reading::shown(&store.directory(id)?));
    Ok(set)
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

/// Holds the store's mark that somebody is measuring; warns where another dyno holds it, because
/// two of them are noise to each other. Only a warning: the store itself is safe with both.
pub(crate) fn alone(store: &Store, warnings: &mut Vec<String>) -> Option<File> {
    let work_dir = store.work_dir();
    std::fs::create_dir_all(&work_dir).ok()?;
    let mark = File::create(work_dir.join("measuring")).ok()?;
    if let Err(TryLockError::WouldBlock) = mark.try_lock() {
        let text = "another dyno is measuring into this store: each is noise to the other; \
                    measure one after the other";
        eprintln!("warning: {text}");
        warnings.push(text.to_owned());
    }
    Some(mark)
}

/// Where workers write: as the suite says, else beside the runs.
pub(crate) fn work_dir(plan: &Plan, store: &Store) -> PathBuf {
    plan.output.clone().unwrap_or_else(|| store.work_dir())
}

pub(crate) fn capture(work_dir: &Path, tree: &Path) -> anyhow::Result<record::Environment> {
    std::fs::create_dir_all(work_dir)
        .with_context(|| format!("cannot create `{}`", work_dir.display()))?;
    Ok(environment::capture(work_dir, tree))
}

/// What is known before the first sample, said while there is still time to stop. What the
/// machine's facts tell is derived from them again wherever the run is shown.
fn warn(info: &mut RunInfo, plan: &Plan) {
    info.warnings.extend(debug_programs(plan));
    for warning in reports::warnings::before(info).iter().chain(&info.warnings) {
        eprintln!("warning: {warning}");
    }
}

/// The programs that stand in a cargo directory of debug builds.
fn debug_programs(plan: &Plan) -> Option<String> {
    let mut found: Vec<&str> = Vec::new();
    for case in &plan.cases {
        let texts: Vec<&str> = match &case.runner.kind {
            RunnerKind::Builtin => Vec::new(),
            RunnerKind::Program { argv } => argv.iter().map(String::as_str).collect(),
            RunnerKind::Command(command) => match &command.command {
                CommandLine::Argv(argv) => argv.iter().map(String::as_str).collect(),
                CommandLine::Shell(text) => vec![text],
            },
        };
        let words = texts.into_iter().flat_map(str::split_whitespace);
        for word in words.filter(|word| word.contains("target/debug/")) {
            if !found.contains(&word) {
                found.push(word);
            }
        }
    }
    (!found.is_empty()).then(|| {
        format!(
            "a debug build is measured (`{}`): build with `cargo build --release` and measure \
             what stands in `target/release/`",
            found.join("`, `")
        )
    })
}

fn opening(plan: &Plan, info: &RunInfo) -> String {
    let cases = reports::format::counted(plan.cases.len(), "case");
    format!("{}: {cases}, {} samples, run {}", info.suite.name, plan.samples(), info.id)
}
