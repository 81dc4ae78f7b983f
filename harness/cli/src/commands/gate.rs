//! `dyno gate`: two builds measured in turns, judged by the suite's rules, with known error rates.
//!
//! Wires what others decide: the plan says what is asked, the engine measures pairs, the referee of
//! `reports` judges them, and the exit code is what the findings come to.

pub(crate) mod accepted;
mod ci;
mod functions;
mod layout;
mod measured;
mod sides;
pub(crate) mod watch;

use std::time::Duration;

use engine::pairs::Limits;
use engine::plan::Plan;
use jiff::SignedDuration;
use record::CaseId;
use record::gate::{Finding, Gate, RuleKind, Word};
use reports::gate::junit::junit;
use reports::gate::markdown::markdown;
use reports::gate::text::{self, Only};

use super::history::Repository;
use super::measuring::Ground;
use super::planning::{self, Selection};
use crate::args::{GateArgs, GateFormat, OnlyChoice};
use crate::exit::{Exit, UsageError};
use crate::output::print;
use measured::measured;
use sides::Found;

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
    if args.repo.repo.is_some() {
        ground.tree = Repository::find(&args.repo, &ground.tree)?.root;
    }
    let sides = match sides::find(args, &selection, &plan, &mut ground)? {
        Found::Both(sides) => *sides,
        Found::NoBase(why) => return no_base(&why, args.pass_without_base),
    };
    let Some((mut gate, writer)) = measured(args, &plan, sides, limits, &mut ground)? else {
        return Ok(Exit::Interrupted);
    };
    if gate.is_trusted() {
        let today = accepted::today();
        let (findings, rules) = (&mut gate.findings, &gate.rules);
        let mut warnings = reports::gate::accepted::apply(findings, rules, &entries, &today);
        // A part of the suite, or one with other values, does not say what cases it has.
        if args.filter.is_none() && args.set.is_empty() {
            let cases: Vec<&CaseId> = plan.cases.iter().map(|case| &case.id).collect();
            warnings.extend(reports::gate::accepted::strangers(findings, &cases, &entries));
        }
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
    if let Some(path) = &args.report {
        super::reading::write_file(path, reports::gate::page::page(gate)?.as_bytes())?;
        eprintln!("report: {}", super::reading::shown(path));
    }
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

/// A duration that an option states.
pub(crate) fn duration(option: &str, text: &str) -> anyhow::Result<Duration> {
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
