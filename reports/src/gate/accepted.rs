//! Changes that a person has accepted, laid over what a gate found.
//!
//! The command line reads the entries from a file under review and says what day it is.

use std::collections::BTreeSet;

use record::CaseId;
use record::gate::{Acceptance, Finding, Rule};

/// Marks what is accepted; returns what a person should know about the entries: those that have
/// expired, and those that nothing needs any more. `rules` are those of the gate. `today` is a date such as `2026-11-25`, and so
/// are the ends of the entries; such texts compare as dates do.
pub fn apply(
    findings: &mut [Finding],
    rules: &[Rule],
    entries: &[Acceptance],
    today: &str,
) -> Vec<String> {
    let mut warnings = Vec::new();
    for entry in entries {
        let name = format!("accepted change `{}` of `{}`", entry.metric, entry.case);
        let of_entry = |finding: &&mut Finding| {
            finding.case.as_str() == entry.case && name_of(finding) == entry.metric
        };
        let mut found = findings.iter_mut().filter(of_entry).peekable();
        if found.peek().is_none() {
            // A case that was not chosen this time, or is another suite's, says nothing about its
            // entry; one that was looked at as a whole and has no fault does.
            if rules.iter().any(|rule| is_about(rule, entry)) {
                warnings.push(format!("{name} is not needed: remove it"));
            }
            continue;
        }
        let failing: Vec<&mut Finding> = found.filter(|finding| finding.fails()).collect();
        let expired = entry.until.as_deref().is_some_and(|until| until < today);
        match (failing.is_empty(), expired) {
            (true, _) => warnings.push(format!("{name} is not needed: remove it")),
            (false, true) => {
                let until = entry.until.as_deref().unwrap_or_default();
                warnings.push(format!("{name} has expired on {until}"));
            }
            (false, false) => {
                failing.into_iter().for_each(|one| one.accepted = Some(entry.why.clone()));
            }
        }
    }
    warnings
}

/// What a person should know of entries whose case is none of the suite's, all in one sentence;
/// `None` where there is no such entry. `cases` are all cases of the suite. A case that something was
/// found of, such as one that only the baseline has, is known too.
pub fn strangers(
    findings: &[Finding],
    cases: &[&CaseId],
    entries: &[Acceptance],
) -> Option<String> {
    let known = cases.iter().copied().chain(findings.iter().map(|finding| &finding.case));
    let known: BTreeSet<&str> = known.map(CaseId::as_str).collect();
    let of_entries = entries.iter().map(|entry| entry.case.as_str());
    let strangers: BTreeSet<&str> = of_entries.filter(|case| !known.contains(case)).collect();
    if strangers.is_empty() {
        return None;
    }
    let names: Vec<String> = strangers.iter().map(|case| format!("`{case}`")).collect();
    Some(format!(
        "the suite has no case {}: remove what is accepted there, unless another suite has it",
        names.join(", ")
    ))
}

/// Whether a rule about whole cases holds for the case of an entry, and is what the entry names.
fn is_about(rule: &Rule, entry: &Acceptance) -> bool {
    rule.metric.is_empty()
        && rule.kind.as_str() == entry.metric
        && rule.cases.iter().any(|case| case.as_str() == entry.case)
}

/// What an entry calls a finding: its metric, or its rule where it is about the whole case.
fn name_of(finding: &Finding) -> &str {
    if finding.metric.is_empty() { finding.rule.as_str() } else { &finding.metric }
}
