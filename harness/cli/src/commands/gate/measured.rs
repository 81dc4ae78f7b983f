//! The measuring of a gate, from its rules and sides to what was found: passes, pairs, and for the
//! cases that changed the functions that the change lies in.

use std::path::PathBuf;

use anyhow::Context;
use engine::case::{Case, RunnerKind};
use engine::counters::{self, CounterSource, Scripted};
use engine::measure::{Bench, now_ns};
use engine::pairs::{Contest, Decision, Limits, Played, Stopper, Tournament};
use engine::plan::Plan;
use engine::session::Ended;
use record::gate::{Finding, Gate, Party, Rule, RuleKind, Side, Unit};
use record::store::{GateWriter, Store};
use record::{Pass, Unavailable};
use reports::gate::{Facts, Referee};

use super::functions::Profiles;
use super::layout::{Layouts, Suspicion};
use super::sides::{Countings, Sides};
use super::watch::Lines;
use crate::args::GateArgs;
use crate::commands::builds::Builder;
use crate::commands::measuring::{self, Ground};
use crate::commands::planning;
use crate::exit::UsageError;
use crate::interrupt;

/// The referee behind the engine's question.
struct Whistle(Referee);

impl Stopper for Whistle {
    fn observe(&mut self, unit: &Unit) -> Decision {
        if self.0.observe(unit) { Decision::Enough } else { Decision::More }
    }
}

/// Measures until every case is decided or out of time; `None` when a person stopped it.
///
/// # Errors
/// When a side has no program for a case, the store cannot be written or the launcher is lost.
pub(super) fn measured(
    args: &GateArgs,
    plan: &Plan,
    sides: Sides,
    limits: Limits,
    ground: &mut Ground,
) -> anyhow::Result<Option<(Gate, GateWriter)>> {
    let (contests, _linked) = contests(args, (plan, &sides), ground)?;
    let countings = sides.countings(plan).map_err(UsageError)?;
    let rules = rules(plan, &sides, &countings);
    let (baseline, candidate) = (sides.baseline.clone(), sides.candidate.clone());
    let tree = ground.tree.clone();
    let stop = interrupt::listen("nothing was decided".to_owned())?;
    let mut warnings = Vec::new();
    let _alone = measuring::alone(&ground.store, &mut warnings);
    let before = measuring::capture(&ground.store.work_dir(), &ground.tree)?;
    let started_ns = now_ns();
    let (id, mut writer) = ground.store.open_gate(&plan.suite.name, started_ns)?;
    let work_dir = measuring::work_dir(plan, &ground.store).join(id.as_str());
    let script = planning::scripted_counters()?;
    let mut whistle = Whistle(Referee::new(&rules, facts(plan, &sides, &ground.store)?));
    let mut lines = Lines::new(args.progress);
    eprintln!("{}: {}", id, opening(plan, &baseline, &candidate));
    let mut tournament = Tournament {
        contests: contests.clone(),
        passes: countings.passes,
        bench: bench(ground, plan, script.as_ref(), work_dir.clone()),
        limits,
        // Where no rule is moved by noise, there is nothing that identical programs could vouch for.
        control: !args.no_control && rules.iter().any(Rule::is_noisy),
        unfair: unfair(),
        stop: &stop,
    };
    let mut keep = |unit: &Unit| writer.append(unit).context("cannot keep a pair");
    let played = tournament.run(&mut whistle, &mut lines, &mut keep);
    lines.finish();
    let suspicion =
        Suspicion { plan, sides: &sides, tree: &tree, rules: &rules, contests: &contests };
    let explained = played.and_then(|Played { ended, unavailable }| {
        let (findings, control) = whistle.0.conclude();
        let mut found = Found { findings, unavailable, warnings };
        if ended == Ended::Finished {
            let told = (&mut lines, &mut keep as &mut Keep<'_>);
            explain(args, &suspicion, &mut found, &mut tournament, told)?;
        }
        Ok((ended, found, control))
    });
    let _ = std::fs::remove_dir_all(&work_dir);
    let (ended, Found { findings, mut unavailable, warnings }, control) = explained?;
    if ended == Ended::Interrupted {
        eprintln!("interrupted; the pairs so far are in {}", writer.directory().display());
        return Ok(None);
    }
    counters::say_once(&mut unavailable, countings.lacks);
    let gate = Gate {
        schema: Gate::SCHEMA,
        id: id.to_string(),
        dyno: env!("CARGO_PKG_VERSION").to_owned(),
        started_ns,
        finished_ns: now_ns(),
        command: std::env::args().collect(),
        suite: plan.suite.clone(),
        seed: plan.sampling.seed,
        baseline,
        candidate,
        before,
        rules,
        family: u32::try_from(whistle.0.family()).unwrap_or(u32::MAX),
        control,
        passes: countings.infos,
        findings,
        unavailable,
        warnings,
    };
    Ok(Some((gate, writer)))
}

/// A variable, `NAME=VALUE`, that one of the two identical programs of the control is given and the
/// other is not; for tests of a gate that cannot be trusted.
const UNFAIR_CONTROL: &str = "DYNO_UNFAIR_CONTROL";

fn unfair() -> Option<(String, String)> {
    let text = std::env::var(UNFAIR_CONTROL).ok()?;
    text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// The cases with both programs, in as many layouts as are asked for.
fn contests(
    args: &GateArgs,
    (plan, sides): (&Plan, &Sides),
    ground: &mut Ground,
) -> anyhow::Result<(Vec<Contest>, Option<Layouts>)> {
    let contests = sides.contests(plan).map_err(UsageError)?;
    let Some(count) = args.layouts else { return Ok((contests, None)) };
    let (workspace, build) = (ground.tree.clone(), plan.build.as_ref());
    let mut builder = Builder { launcher: &mut ground.launcher, workspace, build };
    let linked = Layouts::of(&mut builder, (plan, sides), count).context("--layouts")?;
    Ok((linked.contests(contests, 0).map_err(UsageError)?, Some(linked)))
}

/// Keeps a pair.
pub(super) type Keep<'k> = dyn FnMut(&Unit) -> anyhow::Result<()> + 'k;

/// What was found, and what is to be said of it.
struct Found {
    findings: Vec<Finding>,
    unavailable: Vec<Unavailable>,
    warnings: Vec<String>,
}

/// Holds changes of time against other layouts, and tells the functions of what is left.
fn explain(
    args: &GateArgs,
    suspicion: &Suspicion<'_>,
    found: &mut Found,
    tournament: &mut Tournament<'_>,
    (lines, keep): (&mut Lines, &mut Keep<'_>),
) -> anyhow::Result<()> {
    if args.layouts.is_none() {
        let lack = suspicion.resolve(&mut found.findings, tournament, (lines, keep))?;
        lines.finish();
        found.warnings.extend(lack);
    }
    if args.no_profile {
        return Ok(());
    }
    let profiling = suspicion.plan.profile.clone();
    let (contests, stop) = (suspicion.contests, tournament.stop);
    let (bench, unavailable) = (&mut tournament.bench, &mut found.unavailable);
    Profiles { bench, contests, profiling, stop, unavailable }.explain(&mut found.findings)
}

/// A case without its history.
fn known(case: &Case) -> Facts {
    Facts::new(case.id.clone(), matches!(case.runner.kind, RunnerKind::Command(_)))
}

fn bench<'a>(
    ground: &'a mut Ground,
    plan: &'a Plan,
    script: Option<&'a Scripted>,
    work_dir: PathBuf,
) -> Bench<'a> {
    let sources = match script {
        Some(script) => vec![script as &dyn CounterSource],
        None => counters::SOURCES.to_vec(),
    };
    let exe = ground.exe.clone();
    Bench { launcher: &mut ground.launcher, exe, sampling: &plan.sampling, sources, work_dir }
}

/// The plan's rules. The one about missing cases holds for those that are missing; what no pass can
/// bring here may stand in the pairs.
fn rules(plan: &Plan, sides: &Sides, countings: &Countings) -> Vec<Rule> {
    let mut rules = plan.rules.clone();
    let missing = rules.iter_mut().filter(|rule| rule.kind == RuleKind::MissingCase);
    missing.for_each(|rule| rule.cases.extend(sides.missing.iter().cloned()));
    for rule in rules.iter_mut().filter(|rule| !rule.pass.is_timed()) {
        if countings.infos.iter().all(|info| info.pass != rule.pass) {
            rule.pass = Pass::Timed;
        }
    }
    rules
}

/// What is known of the cases: those of the plan with their history, then those that are missing.
fn facts(plan: &Plan, sides: &Sides, store: &Store) -> anyhow::Result<Vec<Facts>> {
    let trends = plan.rules.iter().filter(|rule| rule.kind == RuleKind::Trend);
    let most = trends.filter_map(|rule| rule.bound).fold(0.0, f64::max) as usize;
    let earlier = if most > 0 { store.gates(&plan.suite.name, most)? } else { Vec::new() };
    let mut all: Vec<Facts> = Vec::new();
    for case in &plan.cases {
        let mut facts = known(case);
        for finding in earlier.iter().flat_map(|gate| &gate.findings) {
            if let Some(change) = finding.change.filter(|_| finding.case == case.id)
                && finding.rule == RuleKind::Relative
            {
                facts.history.entry(finding.metric.clone()).or_default().push(change.estimate);
            }
        }
        all.push(facts);
    }
    all.extend(sides.missing.iter().map(|id| {
        let only_in = Some(Side::Baseline);
        Facts { only_in, ..Facts::new(id.clone(), false) }
    }));
    Ok(all)
}

fn opening(plan: &Plan, baseline: &Party, candidate: &Party) -> String {
    let cases = reports::format::counted(plan.cases.len(), "case");
    format!("{cases}, {} against {}", candidate.name, baseline.name)
}
