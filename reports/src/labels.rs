//! Short names for cases: the parameters that vary, and nothing that is the same for all.
//!
//! [`crate::RunSet`] calls it once. Full ids stay beside the labels and go into every export.

use std::collections::{BTreeMap, BTreeSet};

use record::{CaseInfo, Revision, RunInfo};
use serde_json::Value;

/// A parameter as a person would write it.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A name in an error, not longer than a line.
pub(crate) fn cut(name: &str) -> String {
    crate::format::shorten(name, 80)
}

/// The parameters that are not the same in all cases, by name. A missing one counts as different.
pub(crate) fn varying(cases: &[&CaseInfo]) -> Vec<String> {
    let names: BTreeSet<&String> = cases.iter().flat_map(|case| case.params.keys()).collect();
    let differs = |name: &&String| {
        let mut values = cases.iter().map(|case| case.params.get(name.as_str()));
        let first = values.next().flatten();
        values.any(|value| value != first)
    };
    names.into_iter().filter(differs).cloned().collect()
}

/// One label per case, each different from the others as far as the ids are.
pub(crate) fn labels(cases: &[&CaseInfo], varying: &[String]) -> Vec<String> {
    let workloads: BTreeSet<&str> = cases.iter().map(|case| case.workload.as_str()).collect();
    let several = workloads.len() > 1;
    let bare = varying.len() == 1 && !several;
    let label = |case: &CaseInfo| {
        let mut parts = Vec::new();
        if several {
            parts.push(case.workload.clone());
        }
        for name in varying {
            if let Some(value) = case.params.get(name) {
                let value = text(value);
                parts.push(if bare { value } else { format!("{name}={value}") });
            }
        }
        if parts.is_empty() { case.workload.clone() } else { parts.join(" ") }
    };
    let short: Vec<String> = cases.iter().map(|case| label(case)).collect();
    let mut uses = BTreeMap::<&str, usize>::new();
    for label in &short {
        *uses.entry(label).or_default() += 1;
    }
    let unique = |(label, case): (&String, &&CaseInfo)| {
        if uses[label.as_str()] > 1 { case.id.to_string() } else { label.clone() }
    };
    short.iter().zip(cases).map(unique).collect()
}

/// The values alone, where every case has all of these parameters and does the same work: for an
/// axis, which says once what they are of.
pub(crate) fn values(cases: &[&CaseInfo], varying: &[String]) -> Option<Vec<String>> {
    let first = cases.first()?;
    let value = |case: &CaseInfo| {
        let values = varying.iter().map(|name| case.params.get(name).map(text));
        let values: Option<Vec<String>> = values.collect();
        values.filter(|_| case.workload == first.workload).map(|values| values.join(BETWEEN))
    };
    cases.iter().map(|case| value(case)).collect()
}

/// What stands between the values of several parameters.
pub(crate) const BETWEEN: &str = " · ";

/// As [`labels`] among the cases of each revision of a history, so that the same case at two
/// revisions has one name. The cases of other runs are of none.
pub(crate) fn of_revisions(cases: &[&CaseInfo], varying: Option<&[String]>) -> Vec<String> {
    let revisions = cases.chunk_by(|one, other| one.revision == other.revision);
    let named = |cases: &[&CaseInfo]| match varying {
        Some(varying) => labels(cases, varying),
        None => labels(cases, &self::varying(cases)),
    };
    revisions.flat_map(named).collect()
}

/// As [`of_revisions`] with the step in front, all of it where the step has one case only.
pub(crate) fn with_steps(run: &RunInfo, cases: &[&CaseInfo], varying: &[String]) -> Vec<String> {
    let named = |(label, case): (String, &&CaseInfo)| {
        let Some(Revision { step, .. }) = run.revision_of(case) else { return label };
        let of_step = cases.iter().filter(|other| other.revision == case.revision);
        if of_step.count() == 1 { step.id.clone() } else { format!("{} {label}", step.id) }
    };
    of_revisions(cases, Some(varying)).into_iter().zip(cases).map(named).collect()
}

#[cfg(test)]
mod tests {
    use record::CaseId;

    use super::*;

    fn case(workload: &str, params: &[(&str, Value)]) -> CaseInfo {
        let params: BTreeMap<String, Value> =
            params.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        CaseInfo {
            id: CaseId::new(format!("{workload}/{params:?}")),
            workload: workload.to_owned(),
            runner: "builtin".to_owned(),
            params,
            title: String::new(),
            answer: None,
            revision: None,
            stage: None,
            sweep: false,
            reverted: false,
        }
    }

    fn check(cases: &[CaseInfo], expect: &[&str]) {
        let cases: Vec<&CaseInfo> = cases.iter().collect();
        assert_eq!(labels(&cases, &varying(&cases)), expect);
    }

    #[test]
    fn one_varying_parameter_is_told_by_its_value() {
        let rows = ("rows", Value::from(1000));
        let step = |step: &str| case("pipeline", &[("step", Value::from(step)), rows.clone()]);
        check(&[step("00"), step("01")], &["00", "01"]);
    }

    #[test]
    fn several_varying_parameters_are_named() {
        let grid = |w: i32, b: i32| {
            case("pipeline", &[("writers", Value::from(w)), ("batch", Value::from(b))])
        };
        check(&[grid(1, 8), grid(2, 16)], &["batch=8 writers=1", "batch=16 writers=2"]);
    }

    #[test]
    fn different_workloads_are_named() {
        check(&[case("scan", &[]), case("join", &[])], &["scan", "join"]);
        check(&[case("scan", &[("n", Value::from(1))]), case("join", &[])], &["scan n=1", "join"]);
    }

    #[test]
    fn on_an_axis_values_stand_alone_where_all_cases_have_them() {
        let grid = |w: i32, b: i32| {
            case("pipeline", &[("writers", Value::from(w)), ("batch", Value::from(b))])
        };
        let all = [grid(1, 8), grid(2, 16)];
        let all: Vec<&CaseInfo> = all.iter().collect();
        let own = varying(&all);
        assert_eq!(values(&all, &own).unwrap(), ["8 · 1", "16 · 2"]);
        let other = case("scan", &[("writers", Value::from(1)), ("batch", Value::from(8))]);
        assert_eq!(values(&[all[0], &other], &own), None);
        assert_eq!(values(&[all[0], &case("pipeline", &[])], &own), None);
    }

    #[test]
    fn the_same_case_at_two_revisions_has_one_name() {
        let at = |commit: &str, rows: i32| CaseInfo {
            revision: Some(commit.to_owned()),
            ..case("scan", &[("rows", Value::from(rows))])
        };
        let all = [at("00", 1), at("00", 2), at("01", 1), at("01", 2)];
        let all: Vec<&CaseInfo> = all.iter().collect();
        assert_eq!(of_revisions(&all, None), ["1", "2", "1", "2"]);
    }

    #[test]
    fn equal_labels_give_way_to_ids() {
        let mut twin = case("scan", &[]);
        twin.id = CaseId::new("scan/other");
        check(&[case("scan", &[]), twin], &["scan/{}", "scan/other"]);
    }
}
