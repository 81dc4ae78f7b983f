//! The rules of a gate with their cases: what `[[gate]]` says, once the cases are known.
//!
//! The plan asks for them before its own filter leaves cases out, so that a rule that holds for no
//! case of the suite is a mistake, and one that holds for none of the chosen cases is not.

use record::Pass;
use record::gate::{Rule, RuleKind};

use super::field;
use crate::case::Case;
use crate::pass::{exact_pass_of, only_pass_of};
use crate::suite::{GateDef, Suite, SuiteError};

/// Every rule and the cases that it holds for. Where several rules of one kind and metric hold for
/// a case, the last one does: the suite states the special after the general.
pub(super) fn rules(
    suite: &Suite,
    cases: &[Case],
    names: &[&str],
) -> Result<Vec<Rule>, SuiteError> {
    let mut rules: Vec<Rule> = Vec::new();
    for def in &suite.rules {
        let rule = resolved(suite, def, cases, names)?;
        for other in rules.iter_mut().filter(|other| is_same(other, &rule)) {
            other.cases.retain(|case| !rule.cases.contains(case));
        }
        rules.push(rule);
    }
    for kind in [RuleKind::MissingCase, RuleKind::FailedCase, RuleKind::WrongAnswer] {
        rules.push(whole(kind, cases));
    }
    rules.retain(|rule| !rule.cases.is_empty());
    Ok(rules)
}

/// Leaves out the cases that are not chosen.
pub(super) fn retain(rules: &mut Vec<Rule>, chosen: &[Case]) {
    for rule in rules.iter_mut() {
        rule.cases.retain(|id| chosen.iter().any(|case| case.id == *id));
    }
    rules.retain(|rule| !rule.cases.is_empty());
}

fn is_same(one: &Rule, other: &Rule) -> bool {
    one.kind == other.kind && one.metric == other.metric
}

fn resolved(
    suite: &Suite,
    def: &GateDef,
    cases: &[Case],
    names: &[&str],
) -> Result<Rule, SuiteError> {
    let mut chosen: Vec<&Case> = cases.iter().collect();
    if let Some(filter) = &def.filter {
        let here = |error: SuiteError| error.moved(&suite.source, &filter.span);
        filter.value.check_names(names).map_err(here)?;
        chosen.retain(|case| filter.value.matches(&|name| field(case, name)));
        if chosen.is_empty() {
            let message = "this rule holds for no case";
            return Err(SuiteError::at(&suite.source, &filter.span, message)
                .note("`dyno list` shows the cases of a suite"));
        }
    }
    Ok(Rule {
        kind: def.kind,
        metric: def.metric.clone(),
        pass: pass_of(def),
        tolerated: def.tolerated,
        must_catch: def.must_catch,
        alpha: def.alpha,
        ignore_below: def.ignore_below,
        optional: def.optional,
        bound: def.bound,
        cases: chosen.into_iter().map(|case| case.id.clone()).collect(),
    })
}

/// The pass whose numbers a rule looks at. What is said to repeat is taken from where it repeats
/// best; the suite has refused a relative change of what no timed process counts.
fn pass_of(def: &GateDef) -> Pass {
    match def.kind {
        RuleKind::Exact => exact_pass_of(&def.metric),
        _ => only_pass_of(&def.metric).unwrap_or_default(),
    }
}

/// A rule about cases as a whole, which always holds.
fn whole(kind: RuleKind, cases: &[Case]) -> Rule {
    Rule {
        kind,
        metric: String::new(),
        pass: Pass::Timed,
        tolerated: None,
        must_catch: None,
        alpha: 0.0,
        ignore_below: 0.0,
        optional: true,
        bound: None,
        cases: cases.iter().map(|case| case.id.clone()).collect(),
    }
}
