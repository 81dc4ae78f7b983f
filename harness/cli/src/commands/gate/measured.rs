//! The measuring of a gate, from its rules and sides to what was found: passes, pairs, and for the
//! cases that changed the functions that the change lies in.

use std::path::PathBuf;

use anyhow::Context;
use engine::case::RunnerKind;
use engine::counters::{self, CounterSource, Scripted};
use engine::measure::{Bench, now_ns};
use engine::pairs::{Decision, Limits, Played, Stopper, Tournament};
use engine::plan::Plan;
use engine::session::Ended;
use record::Pass;
use record::gate::{Gate, Party, Rule, RuleKind, Side, Unit};
use record::store::{GateWriter, Store};
use reports::gate::{Facts, Referee};

use super::functions::Profiles;
use super::sides::{Countings, Sides};
use super::watch::Lines;
use crate::args::GateArgs;
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
    let contests = sides.contests(plan).map_err(UsageError)?;
    let countings = sides.countings(plan).map_err(UsageError)?;
    let rules = rules(plan, &sides, &countings);
    let (baseline, candidate) = (sides.baseline.clone(), sides.candidate.clone());
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
        control: !args.no_control,
        unfair: unfair(),
        stop: &stop,
    };
    let mut keep = |unit: &Unit| writer.append(unit).context("cannot keep a pair");
    let played = tournament.run(&mut whistle, &mut lines, &mut keep);
    lines.finish();
    let explained = played.and_then(|Played { ended, unavailable }| {
        let mut unavailable = unavailable;
        let (mut findings, control) = whistle.0.conclude();
        if ended == Ended::Finished && !args.no_profile {
            let profiling = plan.profile.clone().unwrap_or_default();
            let bench = &mut tournament.bench;
            let (contests, unavailable) = (&contests, &mut unavailable);
            Profiles { bench, contests, profiling, stop: &stop, unavailable }
                .explain(&mut findings)?;
        }
        Ok((ended, findings, control, unavailable))
    });
    let _ = std::fs::remove_dir_all(&work_dir);
    let (ended, findings, control, mut unavailable) = explained?;
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
        let is_command = matches!(case.runner.kind, RunnerKind::Command(_));
        let mut facts = Facts::new(case.id.clone(), is_command);
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
