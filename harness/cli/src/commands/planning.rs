//! From a suite file and the options of the command line to a plan, and from a plan to what a run
//! says of itself. Shared by `run` and `list`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use engine::case::{Case, Order, Runner, RunnerKind, Sampling};
use engine::counters::Scripted;
use engine::plan::{Filter, Override, Plan, PlanOptions, Specs};
use engine::suite::Suite;
use engine::worker::{Launcher, Spawn, Worker};
use record::{CaseInfo, Environment, RunId, RunInfo, SamplingInfo};
use workload_api::{ParamValue, Spec};

use crate::progress::clock;

/// Names a JSON file of counter readings to replay instead of counting; for tests of what is done
/// with counters on machines that have none.
const SCRIPTED_COUNTERS: &str = "DYNO_SCRIPTED_COUNTERS";

/// What of a suite is asked for.
pub(crate) struct Selection<'a> {
    pub(crate) suite: &'a Path,
    pub(crate) filter: Option<&'a str>,
    pub(crate) set: &'a [String],
    pub(crate) pin: Option<&'a str>,
}

/// Reads a suite and plans it.
///
/// # Errors
/// A `SuiteError` for what the suite, the filter or an override says; others for a runner's
/// program that does not introduce itself.
pub(crate) fn plan(selection: &Selection<'_>, launcher: &mut Launcher) -> anyhow::Result<Plan> {
    let suite = Suite::load(selection.suite)?;
    build(&suite, selection, launcher)
}

/// Plans the text of a suite that is no file.
///
/// # Errors
/// As [`plan`].
pub(crate) fn plan_text(
    text: &str,
    selection: &Selection<'_>,
    launcher: &mut Launcher,
) -> anyhow::Result<Plan> {
    build(&Suite::parse(text, selection.suite)?, selection, launcher)
}

/// Plans again what a run has planned, from the text that the run keeps.
///
/// # Errors
/// As [`plan`].
pub(crate) fn again(info: &RunInfo, launcher: &mut Launcher) -> anyhow::Result<Plan> {
    let path = PathBuf::from(&info.suite.path);
    let suite = Suite::parse(&info.suite.text, &path)?;
    let selection = Selection {
        suite: &path,
        filter: info.suite.filter.as_deref(),
        set: &info.suite.overrides,
        // An override among the others.
        pin: None,
    };
    build(&suite, &selection, launcher)
}

fn build(
    suite: &Suite,
    selection: &Selection<'_>,
    launcher: &mut Launcher,
) -> anyhow::Result<Plan> {
    let filter = selection.filter.map(Filter::parse).transpose()?;
    let mut set = selection.set.to_vec();
    set.extend(selection.pin.map(|pin| format!("sampling.pin={pin}")));
    let overrides = set.iter().map(|text| Override::parse(text)).collect::<Result<Vec<_>, _>>()?;
    let specs =
        Introduced { timeout: suite.sampling.timeout, launcher: std::cell::RefCell::new(launcher) };
    Ok(Plan::build(suite, &specs, &PlanOptions { filter, overrides })?)
}

/// Specs from the horse's mouth: the built-in workloads, and programs that are started to
/// introduce themselves.
struct Introduced<'a> {
    /// How long a program may take to say hello: as long as for anything else it is asked.
    timeout: Duration,
    launcher: std::cell::RefCell<&'a mut Launcher>,
}

impl Specs for Introduced<'_> {
    fn specs(&self, runner: &Runner) -> anyhow::Result<Vec<Spec>> {
        let argv = match &runner.kind {
            RunnerKind::Builtin => {
                return Ok(workloads::ALL.iter().map(|workload| workload.spec()).collect());
            }
            RunnerKind::Program { argv } => argv.clone(),
            RunnerKind::Command(_) => return Ok(Vec::new()),
        };
        let spawn = Spawn::worker(argv, &runner.cwd).with_env(runner.env.clone());
        let introduce = || {
            let held = self.launcher.borrow_mut().hold(&spawn)?;
            let worker = Worker::greet(held.release()?, self.timeout)?;
            let specs = worker.specs().to_vec();
            // It has said what was asked; how it ends does not matter.
            let _ = worker.bye(Duration::from_secs(1));
            Ok(specs)
        };
        introduce().map_err(|failure: record::Failure| {
            let output = match failure.output.trim_end() {
                "" => String::new(),
                text => format!("\nits output:\n{text}"),
            };
            anyhow::anyhow!("{}{output}", failure.message)
        })
    }
}

/// The source that replays counters, when the environment names a script.
///
/// # Errors
/// When the script cannot be read.
pub(crate) fn scripted_counters() -> anyhow::Result<Option<Scripted>> {
    let Some(path) = std::env::var_os(SCRIPTED_COUNTERS) else { return Ok(None) };
    let path = PathBuf::from(path);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read `{}` ({SCRIPTED_COUNTERS})", path.display()))?;
    Scripted::parse(&text).map(Some).with_context(|| format!("in `{}`", path.display()))
}

/// What a run says of itself before its first sample.
pub(crate) fn run_info(plan: &Plan, id: RunId, started_ns: i64, before: Environment) -> RunInfo {
    RunInfo {
        schema: RunInfo::SCHEMA,
        id,
        dyno: env!("CARGO_PKG_VERSION").to_owned(),
        started_ns,
        finished_ns: None,
        command: std::env::args().collect(),
        suite: plan.suite.clone(),
        sampling: sampling_info(&plan.sampling),
        cases: plan.cases.iter().map(case_info).collect(),
        label: None,
        step: None,
        revisions: Vec::new(),
        before,
        after: None,
        passes: Vec::new(),
        unavailable: Vec::new(),
        warnings: Vec::new(),
        skipped: BTreeMap::new(),
        imported: None,
    }
}

/// How a run is sampled, as the store keeps it.
pub(crate) fn sampling_info(sampling: &Sampling) -> SamplingInfo {
    let ns = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    let list = |cpus: &Vec<usize>| cpus.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
    SamplingInfo {
        processes: sampling.processes,
        iterations: sampling.iterations,
        warmup: sampling.warmup,
        budget_ns: sampling.budget.map(ns),
        timeout_ns: ns(sampling.timeout),
        order: match sampling.order {
            Order::Shuffled => "shuffled".to_owned(),
            Order::Listed => "listed".to_owned(),
        },
        seed: sampling.seed,
        sync: sampling.sync,
        evict: sampling.evict,
        pin: sampling.pin.as_ref().map(list),
        reject: sampling.reject.as_ref().map(|rule| rule.text().to_owned()),
    }
}

fn case_info(case: &Case) -> CaseInfo {
    let json = |value: &ParamValue| match value {
        ParamValue::Bool(flag) => serde_json::Value::from(*flag),
        ParamValue::Integer(number) => serde_json::Value::from(*number),
        ParamValue::Float(number) => serde_json::Value::from(*number),
        ParamValue::Text(text) => serde_json::Value::from(text.as_str()),
    };
    let params = case.params.iter().map(|(name, value)| (name.to_owned(), json(value))).collect();
    CaseInfo {
        id: case.id.clone(),
        workload: case.workload.clone(),
        runner: case.runner.name.clone(),
        params,
        title: case.title.clone(),
        answer: case.answer.clone(),
        revision: case.at.as_ref().map(|at| at.key.clone()),
        stage: case.stage.clone(),
        sweep: case.sweep,
        reverted: case.reverted,
    }
}

/// The cases of a plan, its size, and how long it will take where an earlier run can tell.
pub(crate) fn listing(plan: &Plan, estimate: Option<Duration>) -> String {
    let mut text = String::new();
    for case in &plan.cases {
        let title = match case.title.as_str() {
            "" => String::new(),
            title => format!("  # {title}"),
        };
        // OK because writing to a String cannot fail.
        let sweep = if case.sweep { "  # sweep" } else { title.as_str() };
        let _ = writeln!(text, "{}{sweep}", case.id);
    }
    let sampling = &plan.sampling;
    let cases = reports::format::counted(plan.cases.len(), "case");
    let counted =
        |n: u64, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let _ = writeln!(text, "\n{cases}, {}", counted(plan.samples(), "sample", "samples"));
    let is_command = |case: &Case| matches!(case.runner.kind, RunnerKind::Command(_));
    let (processes, iterations, warmup) =
        (sampling.processes, sampling.iterations, sampling.warmup);
    if plan.cases.iter().any(|case| !is_command(case)) {
        let _ = writeln!(
            text,
            "a worker case: {}, each with {warmup} warm-up and {}",
            counted(processes.into(), "process", "processes"),
            counted(iterations.into(), "counted sample", "counted samples")
        );
    }
    if plan.cases.iter().any(is_command) {
        let processes = u64::from(processes) * u64::from(iterations);
        let processes = counted(processes, "process", "processes");
        let _ = writeln!(text, "a command case: {processes} after {warmup} warm-up");
    }
    for pass in &plan.passes {
        let own: Vec<String> = plan
            .own_params(pass)
            .iter()
            .map(|(name, value)| {
                format!("{name}={}", value.as_str().map_or(value.to_string(), str::to_owned))
            })
            .collect();
        let size = if own.is_empty() { String::new() } else { format!(" at {}", own.join(", ")) };
        let samples = counted(u64::from(pass.repeats), "sample", "samples");
        let _ = writeln!(text, "{} pass: {samples} a case{size}", pass.pass);
    }
    let time = match (estimate, sampling.budget) {
        (Some(time), _) => format!("about {} by the pace of the last run", clock(time)),
        (None, Some(budget)) => format!("at most {} (the budget)", clock(budget)),
        (None, None) => "unknown: no earlier run of this suite to judge by".to_owned(),
    };
    let _ = writeln!(text, "time: {time}");
    text
}
