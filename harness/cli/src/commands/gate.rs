//! `dyno gate`: two builds measured in turns, judged by the suite's rules, with known error rates.
//!
//! Wires what others decide: the plan says what is asked, the engine measures pairs, the referee of
//! `reports` judges them, and the exit code is what the findings come to.

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
use record::gate::{Finding, Gate, Party, RuleKind, Unit, Word};
use reports::gate::text::{self, Only};
use reports::gate::{Facts, Referee};

use super::measuring::{self, Ground};
use super::planning::{self, Selection};
use crate::args::{GateArgs, GateFormat, OnlyChoice};
use crate::exit::{Exit, UsageError};
use crate::interrupt;
use crate::output::print;
use sides::Sides;
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
    let sides = sides::find(args, &plan, &mut ground)?;
    let Some(gate) = measured(args, &plan, sides, limits, &mut ground)? else {
        return Ok(Exit::Interrupted);
    };
    let only = match args.only {
        OnlyChoice::All => Only::Everything,
        OnlyChoice::Changed => Only::Changed,
    };
    print(&match args.format {
        GateFormat::Table => text::table(&gate, only),
    })?;
    Ok(exit(&gate, args.strict))
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
) -> anyhow::Result<Option<Gate>> {
    let contests = sides.contests(plan).map_err(UsageError)?;
    let Sides { baseline, candidate, .. } = sides;
    let stop = interrupt::listen("nothing was decided".to_owned())?;
    let mut warnings = Vec::new();
    let _alone = measuring::alone(&ground.store, &mut warnings);
    let before = measuring::capture(&ground.store.work_dir(), &ground.tree)?;
    let started_ns = now_ns();
    let (id, mut writer) = ground.store.open_gate(&plan.suite.name, started_ns)?;
    let work_dir = measuring::work_dir(plan, &ground.store).join(id.as_str());
    let script = planning::scripted_counters()?;
    let mut whistle = Whistle(Referee::new(&plan.rules, facts(plan)));
    let mut lines = Lines::new(args.progress);
    eprintln!("{}: {}", id, opening(plan, &baseline, &candidate));
    let mut tournament = Tournament {
        contests,
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
    let Played { ended, unavailable } = played?;
    if ended == Ended::Interrupted {
        eprintln!("interrupted; the pairs so far are in {}", writer.directory().display());
        return Ok(None);
    }
    let (findings, control) = whistle.0.conclude();
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
        rules: plan.rules.clone(),
        family: u32::try_from(whistle.0.family()).unwrap_or(u32::MAX),
        control,
        findings,
        unavailable,
        warnings,
    };
    let path = writer.finish(&gate)?;
    eprintln!("gate:   {}", super::reading::shown(&path));
    Ok(Some(gate))
}

fn facts(plan: &Plan) -> Vec<Facts> {
    let fact = |case: &engine::case::Case| {
        let is_command = matches!(case.runner.kind, RunnerKind::Command(_));
        Facts::new(case.id.clone(), is_command)
    };
    plan.cases.iter().map(fact).collect()
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
