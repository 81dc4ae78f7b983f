//! Layout: a program that does the same work can take another time because of where the linker put
//! its functions. Which changes look like that, and what is left of them in other layouts. Pure.
//!
//! Mytkowicz et al., Producing Wrong Data Without Doing Anything Obviously Wrong, ASPLOS 2009.

use record::gate::{Finding, RuleKind, Word};
use record::{CaseId, metrics};

/// The cases whose time got worse while what they execute and allocate did not change. Without
/// counted instructions nobody can tell, and no case is named.
pub fn suspects(findings: &[Finding]) -> Vec<CaseId> {
    let is_time = |finding: &&Finding| {
        finding.rule == RuleKind::Relative
            && [metrics::CPU_TIME.name, metrics::WALL_TIME.name, metrics::WORKER_CPU_TIME.name]
                .contains(&finding.metric.as_str())
    };
    let mut suspects: Vec<CaseId> = Vec::new();
    let worse = findings.iter().filter(is_time).filter(|one| one.word == Word::Regressed);
    for case in worse.map(|finding| &finding.case) {
        let exact = |metric: &str| {
            let of_case = |one: &&Finding| one.case == *case && one.metric == metric;
            findings.iter().filter(|one| one.rule == RuleKind::Exact).find(of_case)
        };
        let same_work = exact(metrics::INSTRUCTIONS.name).map(|one| one.word);
        let same_memory = exact(metrics::ALLOCATIONS.name).map_or(Word::Equivalent, |one| one.word);
        let is_suspect = same_work == Some(Word::Equivalent)
            && !matches!(same_memory, Word::Regressed | Word::Improved);
        if is_suspect && !suspects.contains(case) {
            suspects.push(case.clone());
        }
    }
    suspects
}

/// Holds what was found of the suspects against what so many other layouts of each side say.
pub fn judge(findings: &mut [Finding], again: &[Finding], layouts: u32) {
    for finding in findings.iter_mut().filter(|finding| finding.word == Word::Regressed) {
        let same = |other: &&Finding| {
            other.rule == finding.rule
                && other.case == finding.case
                && other.metric == finding.metric
        };
        let Some(other) = again.iter().find(same) else { continue };
        let is_gone = match other.word {
            Word::Equivalent | Word::Improved => true,
            Word::Undecided => other.is_cleared(),
            _ => false,
        };
        let by = other.change.map_or_else(String::new, |change| {
            format!(" ({})", super::text::percent(change.estimate))
        });
        finding.reason = match (is_gone, other.word) {
            (true, _) => format!("gone in {layouts} other layouts of each side{by}"),
            (false, Word::Regressed) => format!("in {layouts} other layouts too{by}"),
            _ => format!("{layouts} other layouts of each side do not tell{by}"),
        };
        if is_gone {
            finding.word = Word::LayoutOnly;
        }
    }
}
