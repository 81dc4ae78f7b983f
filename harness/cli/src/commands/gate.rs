//! `dyno gate`: two builds measured in turns, judged by the suite's rules, with known error rates.
//!
//! Wires what others decide: the plan says what is asked, the engine measures pairs, the referee of
//! `reports` judges them, and the exit code is what the findings come to.

pub(crate) mod accepted;
mod ci;
mod sides;
mod watch;

use std::time::Duration;

use anyhow::Context;
use engine::case::RunnerKind;
use engine::counters;
use engine::measure::{Bench, now_ns};
use engine::pairs::{Decision, Limits, Played, Stopper, Tournament};
use engine::plan::Plan;
use engine::session::Ended;
use jiff::SignedDuration;
use record::Pass;
use record::gate::{Finding, Gate, Party, Rule, RuleKind, Side, Unit, Word};
use record::store::{GateWriter, Store};
use reports::gate::junit::junit;
use reports::gate::markdown::markdown;
use reports::gate::text::{self, Only};
use reports::gate::{Facts, Referee};

use super::measuring::{self, Ground};
use super::planning::{self, Selection};
use crate::args::{GateArgs, GateFormat, OnlyChoice};
use crate::exit::{Exit, UsageError};
use crate::interrupt;
use crate::output::print;
use sides::{Countings, Found, Sides};
use watch::Lines;

/// Builds, measures, judges, prints.
///
/// # Errors
/// When the suite cannot be understood, a side cannot be built or the store cannot be written.
pub(crate) fn run(args: &GateArgs) -> anyhow::Result<Exit> {
    let limits = |plan: &Plan| -> anyhow::Result<Limits> {
        let told = args.budget.as_deref().map(|text| duration("--budget", text)).transpose()?;
        let per_case = duration("--per-case", &args.per_case)?;
        Ok(Limits { total: told.or(plan.sampling.budget), per_case })
    };
    let mut ground = Ground::new(args.store.store.as_deref(), Some(&args.suite))?;
    let selection =
        Selection { suite: &args.suite, filter: args.filter.as_deref(), set: &args.set, pin: None };
    let plan = planning::plan(&selection, &mut ground.launcher)?;
    let limits = limits(&plan)?;
    if plan.cases.is_empty() {
        eprintln!("no case is selected by `{}`", args.filter.as_deref().unwrap_or_default());
        return Ok(Exit::NothingSelected);
    }
    let (accepted_in, entries) = accepted::read(&ground.tree)?;
    let sides = match sides::find(args, &selection, &plan, &mut ground)? {
        Found::Both(sides) => *sides,
        Found::NoBase(why) => return no_base(&why, args.pass_without_base),
    };
    let Some((mut gate, writer)) = measured(args, &plan, sides, limits, &mut ground)? else {
        return Ok(Exit::Interrupted);
    };
    if gate.is_trusted() {
        let warnings =
            reports::gate::accepted::apply(&mut gate.findings, &entries, &accepted::today());
        let place = super::reading::shown(&accepted_in);
        gate.warnings.extend(warnings.into_iter().map(|warning| format!("{place}: {warning}")));
    }
    let path = writer.finish(&gate)?;
    eprintln!("gate:   {}", super::reading::shown(&path));
    show(args, &gate)?;
    Ok(exit(&gate, args.strict))
}

/// Prints what was asked for, and tells the CI server what it listens to.
fn show(args: &GateArgs, gate: &Gate) -> anyhow::Result<()> {
    let only = match args.only {
        OnlyChoice::All => Only::Everything,
        OnlyChoice::Changed => Only::Changed,
    };
    print(&match args.format {
        GateFormat::Table => text::table(gate, only),
        GateFormat::Markdown => markdown(gate, only),
        GateFormat::Json => format!("{}\n", serde_json::to_string_pretty(gate)?),
        GateFormat::Junit => junit(gate),
    })?;
    ci::tell(gate);
    Ok(())
}

/// There is nothing to hold the candidate against.
fn no_base(why: &str, pass: bool) -> anyhow::Result<Exit> {
    if pass {
        eprintln!("no baseline: {why}\npassed: there is nothing to hold the candidate against");
        return Ok(Exit::Ok);
    }
    anyhow::bail!("no baseline: {why}\nhint: `--pass-without-base` lets such a gate pass")
}

/// The referee behind the engine's question.
struct Whistle(Referee);

impl Stopper for Whistle {
    fn observe(&mut self, unit: &Unit) -> Decision {
        if self.0.observe(unit) { Decision::Enough } else { Decision::More }
    }
}

/// Measures until every case is decided or out of time; `None` when a person stopped it.
fn measured(
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
        contests,
        passes: countings.passes,
        bench: Bench {
            launcher: &mut ground.launcher,
            exe: ground.exe.clone(),
            sampling: &plan.sampling,
            sources: match &script {
                Some(script) => vec![script],
                None => counters::SOURCES.to_vec(),
            },
            work_dir: work_dir.clone(),
        },
        limits,
        control: !args.no_control,
        stop: &stop,
    };
    let mut keep = |unit: &Unit| writer.append(unit).context("cannot keep a pair");
    let played = tournament.run(&mut whistle, &mut lines, &mut keep);
    lines.finish();
    let _ = std::fs::remove_dir_all(&work_dir);
    let Played { ended, mut unavailable } = played?;
    if ended == Ended::Interrupted {
        eprintln!("interrupted; the pairs so far are in {}", writer.directory().display());
        return Ok(None);
    }
    let (findings, control) = whistle.0.conclude();
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

/// A duration that an option states.
fn duration(option: &str, text: &str) -> anyhow::Result<Duration> {
    let parsed: Option<SignedDuration> = text.trim().parse().ok();
    let positive = parsed.and_then(|time| Duration::try_from(time).ok());
    positive.filter(|time| *time >= Duration::from_millis(1)).ok_or_else(|| {
        let text = format!("{option} cannot be `{text}`: a duration such as 250ms, 60s or 5m");
        UsageError(text).into()
    })
}

/// What a script needs to know. Faults of the candidate come first: they are true wherever they
/// were seen. Then comes whether anything else can be believed.
fn exit(gate: &Gate, strict: bool) -> Exit {
    let fails = |test: &dyn Fn(&Finding) -> bool| {
        gate.findings.iter().any(|finding| finding.fails() && test(finding))
    };
    let open = |finding: &Finding| finding.word == Word::Undecided && !finding.is_cleared();
    if fails(&|finding| finding.rule == RuleKind::WrongAnswer) {
        Exit::WrongAnswer
    } else if fails(&|finding| finding.word == Word::Failed) {
        Exit::WorkloadFailed
    } else if !gate.is_trusted() {
        Exit::Untrusted
    } else if fails(&|_| true) {
        Exit::Regressed
    } else if strict && gate.findings.iter().any(open) {
        Exit::Undecided
    } else {
        Exit::Ok
    }
}
