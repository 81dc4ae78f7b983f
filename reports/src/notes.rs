//! What a reader must know beside the numbers: failures, what could not be counted, warnings.
//!
//! The table prints these lines below itself, the page shows them in its strips, the document
//! carries them. Each is said once, however many runs it holds for.

use record::{Failure, Unavailable};

use crate::format::{PROSE_DIGITS, counted};
use crate::run_set::{CaseSet, FailureCount, RunSet, State};
use crate::warnings::list;

/// What is true of every number that is formed from two runs.
pub(crate) const BLOCK_ORDER: &str = "block order: the runs were taken one after the other, so \
    the machine's drift between them is in every difference";

/// What is true of numbers of which some were counted in other executions than the timed ones.
const APART: &str = "counters and time come from different executions: what counted them ran the \
    work again";

/// What to know of sets whose counters stand beside times of other executions; `None` elsewhere.
pub(crate) fn apart(sets: &[&RunSet]) -> Option<String> {
    let mut cases = sets.iter().flat_map(|set| &set.cases);
    let apart = |case: &crate::run_set::CaseSet| {
        case.wall_time().is_some() && case.pass(record::Pass::Counters).is_some()
    };
    cases.any(apart).then(|| APART.to_owned())
}

/// What could not be measured, each once.
pub(crate) fn unavailable(set: &RunSet) -> Vec<&Unavailable> {
    let mut all: Vec<&Unavailable> = Vec::new();
    for one in set.runs.iter().flat_map(|run| &run.unavailable) {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

/// One line about something that could not be measured, without its remedy.
pub(crate) fn unavailable_line(one: &Unavailable) -> String {
    format!("{}: {}", one.metrics.join(", "), one.reason)
}

/// What a reader should know before believing the numbers, each once and the gravest first: what
/// makes times incomparable, what makes them doubtful, and then what else there is to know.
pub(crate) fn warnings(set: &RunSet) -> Vec<String> {
    let several = set.runs.len() > 1;
    let mut all = Vec::new();
    let first = &set.runs[0].before.machine_key;
    if set.runs.iter().any(|run| run.before.machine_key != *first) {
        all.push("the runs are from different machines: their times do not compare".to_owned());
    }
    if several || set.is_revisions() {
        all.extend(crate::history::unlike(set));
    }
    all.extend(crate::warnings::of(set));
    all.extend(marks(set));
    all.extend(set.notes.clone());
    for line in of_runs(set) {
        if !all.contains(&line) {
            all.push(line);
        }
    }
    if several {
        all.push(BLOCK_ORDER.to_owned());
    }
    all.extend(apart(&[set]));
    all
}

/// What was said while the runs were measured.
fn of_runs(set: &RunSet) -> Vec<String> {
    let mut all = Vec::new();
    for run in &set.runs {
        for warning in &run.warnings {
            let said = |number: &usize| set.runs[*number].warnings.contains(warning);
            let saying: Vec<usize> = (0..set.runs.len()).filter(said).collect();
            let line = if saying.len() < set.runs.len() {
                let names = saying.iter().map(|number| set.run_name(*number));
                format!("{}: {warning}", list("run", &names.collect::<Vec<_>>()))
            } else {
                warning.clone()
            };
            all.push(line);
        }
    }
    all
}

/// Warnings that the samples themselves give rise to.
fn marks(set: &RunSet) -> Vec<String> {
    let mut all = Vec::new();
    for case in set.all() {
        let mut say = |count: usize, what: &str| {
            if count > 0 {
                all.push(format!("{}: {} {what}", case.label, counted(count, "sample")));
            }
        };
        say(case.outlived, "left processes behind, which were waited for");
        say(case.killed, "left processes behind, which were killed: their work may be unfinished");
        say(case.rejected, "rejected by a rule of the suite");
    }
    all
}

/// The failures, one line per case, pass and reason, in full.
pub(crate) fn failures(set: &RunSet) -> Vec<(String, &Failure)> {
    set.all().flat_map(failures_of).collect()
}

/// The failures of one case.
pub(crate) fn failures_of(case: &CaseSet) -> Vec<(String, &Failure)> {
    let mut all = Vec::new();
    for one in &case.failures {
        let rest = if case.state == State::Partly {
            format!("; its numbers are from the other {}", case.counted)
        } else {
            String::new()
        };
        all.push((format!("{}: {}{rest}", case.label, failed(one)), &one.failure));
    }
    for pass in &case.passes {
        for one in &pass.failures {
            let line = format!("{}, {} pass: {}", case.label, pass.pass, failed(one));
            all.push((line, &one.failure));
        }
    }
    all
}

fn failed(one: &FailureCount) -> String {
    let kind = one.failure.kind.as_str().replace('_', " ");
    format!("{} failed: {kind}: {}", counted(one.samples, "sample"), one.failure.message)
}

/// What each stage costs alone, one line each.
pub(crate) fn stages(set: &RunSet) -> Vec<String> {
    let cost = |case: &CaseSet| {
        let one = case.metric("cpu_time_per_row").or(case.metric("time_per_row"))?;
        let text = one.kind.scale(one.summary.median).with_unit(one.summary.median, PROSE_DIGITS);
        Some(format!("{text} alone, {}", counted(case.counted, "sample")))
    };
    let line = |case: &CaseSet| {
        let words = cost(case).or_else(|| case.trouble()).unwrap_or_default();
        format!("stage {}: {words}", case.label)
    };
    set.stages.iter().map(line).collect()
}

/// What the budget left out, in one line; `None` if nothing.
pub(crate) fn skipped(set: &RunSet) -> Option<String> {
    let left: Vec<String> = set
        .cases
        .iter()
        .filter(|case| case.skipped > 0)
        .map(|case| format!("{} of {}", counted(case.skipped as usize, "sample"), case.label))
        .collect();
    (!left.is_empty()).then(|| format!("the budget left out {}", left.join(", ")))
}
