//! Warnings that teach: what a run shows that a reader should not overlook, each with its numbers
//! and with what to do about it.
//!
//! `notes` puts them beside the other warnings of a set, and the command line says those of the
//! machine before it measures. Every warning is a pure function over what the store holds, listed
//! in [`WARNINGS`] and described in `docs/warnings.md`. None of them takes a sample out.

mod counters;
mod machine;
mod samples;

use record::RunInfo;

use crate::format::shorten;
use crate::run_set::RunSet;

/// One kind of warning.
#[derive(Clone, Copy, Debug)]
pub struct Warning {
    /// Its heading in `docs/warnings.md`.
    pub title: &'static str,
    look: Look,
}

/// What a warning looks at.
#[derive(Clone, Copy, Debug)]
enum Look {
    /// What is known of a run as a whole; may be asked before the first sample.
    Machine(fn(&RunInfo) -> Option<String>),
    /// The samples of all cases, so that cases with the same trouble share a sentence.
    Samples(fn(&RunSet) -> Option<String>),
}

/// Every warning, in the order in which they are said.
pub const WARNINGS: &[Warning] = &[
    machine("Debug build", machine::debug_build),
    machine("Busy machine", machine::busy),
    machine("Cores not there", machine::cores),
    machine("Frequency scaling", machine::frequency),
    machine("Output in memory", machine::output_in_memory),
    samples("Few processes", samples::few_processes),
    samples("Short samples", samples::short),
    samples("First sample slower", samples::slow_start),
    samples("Outliers", samples::outliers),
    samples("Two modes", samples::two_modes),
    samples("Drift", samples::drift),
    samples("Threads taken off their cores", samples::preempted),
    samples("Counters that shared the PMU", counters::scaled),
    samples("Kernel not counted", counters::user_only),
];

const fn machine(title: &'static str, look: fn(&RunInfo) -> Option<String>) -> Warning {
    Warning { title, look: Look::Machine(look) }
}

const fn samples(title: &'static str, look: fn(&RunSet) -> Option<String>) -> Warning {
    Warning { title, look: Look::Samples(look) }
}

/// What can be said of a run before it is measured: the warnings about its machine.
pub fn before(run: &RunInfo) -> Vec<String> {
    let machine = WARNINGS.iter().filter_map(|warning| match warning.look {
        Look::Machine(look) => look(run),
        Look::Samples(_) => None,
    });
    machine.collect()
}

/// Every warning that a set gives rise to, at most one sentence of a kind.
pub(crate) fn of(set: &RunSet) -> Vec<String> {
    let said = |warning: &Warning| match warning.look {
        Look::Machine(look) => of_runs(set, look),
        Look::Samples(look) => look(set),
    };
    WARNINGS.iter().filter_map(said).collect()
}

/// Runs with the same trouble share a sentence: that of the first.
fn of_runs(set: &RunSet, look: fn(&RunInfo) -> Option<String>) -> Option<String> {
    let found: Vec<(usize, String)> =
        set.runs.iter().enumerate().filter_map(|(run, info)| Some((run, look(info)?))).collect();
    let (_, first) = found.first()?;
    let same = found.iter().all(|(_, text)| text == first);
    if same && found.len() == set.runs.len() {
        return Some(first.clone());
    }
    let names: Vec<String> = found.iter().map(|(run, _)| set.run_name(*run)).collect();
    Some(format!("{}: {first}", list("run", &names)))
}

/// Something that was found in the samples of a case.
struct Finding {
    case: usize,
    /// How bad it is; the worst one lends the sentence its numbers.
    weight: f64,
    /// What was seen, with numbers.
    seen: String,
}

/// One sentence about all cases in which something was found; `advice` says what to do.
fn sentence(set: &RunSet, findings: &[Finding], advice: &str) -> Option<String> {
    let worst = findings.iter().reduce(|a, b| if b.weight > a.weight { b } else { a })?;
    let names: Vec<String> =
        findings.iter().map(|finding| set.cases[finding.case].label.clone()).collect();
    let (seen, worst) = (&worst.seen, &set.cases[worst.case].label);
    let differ = findings.iter().any(|finding| finding.seen != *seen);
    let of = if differ { format!(" in {worst}") } else { String::new() };
    let cases = match names.len() {
        all if all == set.cases.len() && all > NAMES_MAX => format!("all {all} cases"),
        _ => list("case", &names),
    };
    Some(format!("{cases}: {seen}{of}: {advice}"))
}

/// The most names of a sentence.
const NAMES_MAX: usize = 5;

/// `cases 00, 05`, and at most [`NAMES_MAX`] names, none of them long.
pub(crate) fn list(noun: &str, names: &[String]) -> String {
    const NAME_CHARS: usize = 60;
    let plural = if names.len() == 1 { "" } else { "s" };
    let rest = match names.len().saturating_sub(NAMES_MAX) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let named = names.iter().take(NAMES_MAX).map(|name| shorten(name, NAME_CHARS));
    format!("{noun}{plural} {}{rest}", named.collect::<Vec<_>>().join(", "))
}
