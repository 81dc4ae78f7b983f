//! `[[reference]]`, checked: published times of the same work. What they are drawn beside is the
//! report's business. The plan asks, once the cases have turned out right, whether some case has
//! the parameter and the values, as they are written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use record::Reference;
use workload_api::ParamValue;

use super::cases::{Axis, AxisValues, CaseDef};
use super::message::cannot_be;
use super::source::{Located, Source};
use super::wire::WireReference;
use super::{SuiteError, check, quantity};

/// A checked `[[reference]]`.
#[derive(Debug)]
pub(crate) struct ReferenceDef {
    pub(crate) reference: Reference,
    by: Located<String>,
    values: Vec<Located<String>>,
}

/// Every reference of a suite.
pub(super) fn check_all(
    source: &Arc<Source>,
    references: &[Located<WireReference>],
) -> Result<Vec<ReferenceDef>, SuiteError> {
    references.iter().map(|one| check(source, one)).collect()
}

fn check(source: &Arc<Source>, wire: &Located<WireReference>) -> Result<ReferenceDef, SuiteError> {
    let found = &wire.value;
    let told = check::words(source, "source", &found.source)
        .and_then(|_| check::line(source, "source", &found.source))?;
    let rows = found.rows.as_ref().map(|rows| check::count(source, "rows", rows, (1, i64::MAX)));
    let mut times = BTreeMap::new();
    for (value, time) in &found.values.0 {
        let ns = quantity::nanoseconds(&time.value).filter(|ns| *ns > 0);
        let ns = ns.ok_or_else(|| {
            cannot_be(source, &time.span, &value.value).allowed(quantity::DURATION_EXAMPLE)
        })?;
        times.insert(value.value.clone(), ns.unsigned_abs());
    }
    if times.is_empty() {
        return Err(SuiteError::at(source, &wire.span, "a reference without times")
            .allowed("`values`, for instance { \"00\" = \"3.69s\" }"));
    }
    let reference = Reference {
        source: told,
        by: found.by.value.clone(),
        rows: rows.transpose()?.map(i64::unsigned_abs),
        values: times,
    };
    let values = found.values.0.iter().map(|(value, _)| value.clone()).collect();
    Ok(ReferenceDef { reference, by: found.by.clone(), values })
}

/// Refuses a reference to a parameter or a value that no case has.
///
/// # Errors
/// The first one, at its token.
pub(crate) fn held_against(
    source: &Arc<Source>,
    references: &[ReferenceDef],
    cases: &[CaseDef],
) -> Result<(), SuiteError> {
    for one in references {
        let by = &one.by;
        let names: BTreeSet<&str> = cases.iter().flat_map(names).collect();
        if !names.contains(by.value.as_str()) {
            return Err(SuiteError::at(source, &by.span, format!("no case has `{}`", by.value))
                .names(&by.value, names));
        }
        let Some(known) = values(cases, &by.value) else { continue };
        if let Some(value) = one.values.iter().find(|value| !known.contains(&value.value)) {
            let message = format!("no case has `{}` = `{}`", by.value, value.value);
            return Err(SuiteError::at(source, &value.span, message)
                .names(&value.value, known.iter().map(String::as_str)));
        }
    }
    Ok(())
}

fn axes(case: &CaseDef) -> impl Iterator<Item = &Axis> {
    case.grid.iter().chain(&case.zip).chain(&case.ablate)
}

/// The parameters that a case states somewhere.
fn names(case: &CaseDef) -> impl Iterator<Item = &str> {
    let included = case.include.iter().flat_map(|entry| &entry.value);
    let settings = case.params.iter().chain(included).map(|setting| setting.name.value.as_str());
    settings.chain(axes(case).map(|axis| axis.name.value.as_str()))
}

/// The values that cases give a parameter, as they are written; `None` where a range makes them.
fn values(cases: &[CaseDef], name: &str) -> Option<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for case in cases {
        let included = case.include.iter().flat_map(|entry| &entry.value);
        let settings = case.params.iter().chain(included);
        let own = settings.filter(|setting| setting.name.value == name);
        all.extend(own.map(|setting| text(&setting.value.value)));
        for axis in axes(case).filter(|axis| axis.name.value == name) {
            let AxisValues::List(list) = &axis.values else { return None };
            all.extend(list.iter().map(|value| text(&value.value)));
        }
    }
    Some(all)
}

fn text(value: &ParamValue) -> String {
    match value {
        ParamValue::Bool(flag) => flag.to_string(),
        ParamValue::Integer(number) => number.to_string(),
        ParamValue::Float(number) => number.to_string(),
        ParamValue::Text(text) => text.clone(),
    }
}
