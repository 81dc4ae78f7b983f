//! `[[case]]`, checked as far as one can without knowing the workload: shapes, lengths, names that
//! stand twice. Values stay as they are written, with their places; the plan types them.

use std::collections::BTreeMap;
use std::sync::Arc;

use workload_api::ParamValue;

use super::message::cannot_be;
use super::runner::{BUILTIN, RunnerDef};
use super::source::{Located, Source, Span};
use super::wire::{Entries, WireAxis, WireCase, WireChoice, WireExpect, WireRange, WireScalar};
use super::{SuiteError, check};
use crate::case::{Expect, Runner};

/// A parameter and its value.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) name: Located<String>,
    pub(crate) value: Located<ParamValue>,
}

/// A parameter and the values it takes.
#[derive(Debug)]
pub(crate) struct Axis {
    pub(crate) name: Located<String>,
    pub(crate) values: AxisValues,
    /// Where the values stand.
    pub(crate) span: Span,
}

/// Values as they are written.
#[derive(Debug)]
pub(crate) enum AxisValues {
    List(Vec<Located<ParamValue>>),
    Range { from: Located<ParamValue>, to: Located<ParamValue>, stride: Stride },
}

/// How a range gets from one value to the next.
#[derive(Debug)]
pub(crate) enum Stride {
    Times(Located<ParamValue>),
    Step(Located<ParamValue>),
}

/// One `[[case]]`.
#[derive(Debug)]
pub(crate) struct CaseDef {
    /// Where it begins.
    pub(crate) span: Span,
    pub(crate) workload: Option<Located<String>>,
    /// The suite's runner, `None` for dyno's own workloads.
    pub(crate) runner: Option<Arc<Runner>>,
    pub(crate) title: Option<String>,
    pub(crate) answer: Option<String>,
    pub(crate) params: Vec<Setting>,
    pub(crate) grid: Vec<Axis>,
    pub(crate) zip: Vec<Axis>,
    pub(crate) ablate: Vec<Axis>,
    pub(crate) include: Vec<Located<Vec<Setting>>>,
    pub(crate) exclude: Vec<Located<Vec<Setting>>>,
    pub(crate) reverted: Vec<Located<Vec<Setting>>>,
    pub(crate) expect: Expect,
    pub(crate) stage: Option<String>,
    pub(crate) sweep: bool,
}

/// All cases of a suite.
pub(super) fn check_all(
    source: &Arc<Source>,
    cases: &Located<Vec<Located<WireCase>>>,
    runners: &[RunnerDef],
) -> Result<Vec<CaseDef>, SuiteError> {
    if cases.value.is_empty() {
        return Err(cannot_be(source, &cases.span, "case").allowed("at least one `[[case]]`"));
    }
    cases.value.iter().map(|case| check(source, case, runners)).collect()
}

fn check(
    source: &Arc<Source>,
    wire: &Located<WireCase>,
    runners: &[RunnerDef],
) -> Result<CaseDef, SuiteError> {
    let case = &wire.value;
    let runner = case.runner.as_ref().map(|name| find_runner(source, name, runners)).transpose()?;
    let title = case.title.as_ref().map(|title| check::line(source, "title", title));
    let answer = case.answer.as_ref().map(|answer| check::name(source, "answer", answer));
    let stage = case.stage.as_ref().map(|stage| {
        check::words(source, "stage", stage).and_then(|_| check::line(source, "stage", stage))
    });
    let def = CaseDef {
        span: wire.span.clone(),
        workload: case.workload.clone(),
        runner: runner.flatten(),
        title: title.transpose()?,
        answer: answer.transpose()?,
        params: settings(source, &case.params)?,
        grid: axes(source, &case.grid)?,
        zip: axes(source, &case.zip)?,
        ablate: axes(source, &case.ablate)?,
        include: entries(source, "include", &case.include)?,
        exclude: entries(source, "exclude", &case.exclude)?,
        reverted: reverted(source, case.reverted.as_ref())?,
        expect: expect(source, case.expect.as_ref())?,
        stage: stage.transpose()?,
        sweep: sweep(source, case)?,
    };
    each_name_once(source, &def)?;
    Ok(def)
}

/// Whether it is a sweep, which nothing that stands apart for another reason can be.
fn sweep(source: &Arc<Source>, case: &WireCase) -> Result<bool, SuiteError> {
    let Some(sweep) = case.sweep.as_ref().filter(|sweep| sweep.value) else { return Ok(false) };
    let other = [("stage", case.stage.is_some()), ("reverted", case.reverted.is_some())];
    match other.iter().find(|(_, stated)| *stated) {
        Some((name, _)) => Err(cannot_be(source, &sweep.span, "sweep")
            .allowed(format!("`false`, because these cases have `{name}`"))),
        None => Ok(true),
    }
}

fn reverted(
    source: &Arc<Source>,
    wire: Option<&Located<Vec<WireChoice>>>,
) -> Result<Vec<Located<Vec<Setting>>>, SuiteError> {
    let Some(list) = wire else { return Ok(Vec::new()) };
    if list.value.is_empty() {
        return Err(cannot_be(source, &list.span, "reverted")
            .allowed("a list of at least one table of parameters"));
    }
    entries(source, "reverted", &list.value)
}

fn find_runner(
    source: &Arc<Source>,
    name: &Located<String>,
    runners: &[RunnerDef],
) -> Result<Option<Arc<Runner>>, SuiteError> {
    if name.value == BUILTIN {
        return Ok(None);
    }
    let known = runners.iter().find(|def| def.runner.name == name.value);
    known.map(|def| Some(Arc::clone(&def.runner))).ok_or_else(|| {
        let names = runners.iter().map(|def| def.runner.name.as_str());
        SuiteError::at(source, &name.span, format!("unknown runner `{}`", name.value))
            .names(&name.value, names.chain([BUILTIN]))
    })
}

fn expect(source: &Arc<Source>, wire: Option<&WireExpect>) -> Result<Expect, SuiteError> {
    let Some(wire) = wire else { return Ok(Expect::default()) };
    let rows = wire.rows.as_ref().map(|rows| check::count(source, "rows", rows, (0, i64::MAX)));
    let digest = wire.digest.as_ref().map(|digest| check::words(source, "digest", digest));
    Ok(Expect { rows: rows.transpose()?.map(i64::unsigned_abs), digest: digest.transpose()? })
}

fn entries(
    source: &Arc<Source>,
    key: &str,
    wire: &[Located<Entries<Located<WireScalar>>>],
) -> Result<Vec<Located<Vec<Setting>>>, SuiteError> {
    let entry = |entry: &Located<Entries<Located<WireScalar>>>| {
        if entry.value.0.is_empty() {
            return Err(cannot_be(source, &entry.span, key).allowed("a table of parameters"));
        }
        Ok(entry.with(settings(source, &entry.value)?))
    };
    wire.iter().map(entry).collect()
}

pub(super) fn settings(
    source: &Arc<Source>,
    wire: &Entries<Located<WireScalar>>,
) -> Result<Vec<Setting>, SuiteError> {
    let setting = |(name, value): &(Located<String>, Located<WireScalar>)| {
        let value = value.with(value.value.0.clone());
        plain(source, &name.value, &value)?;
        Ok(Setting { name: name.clone(), value })
    };
    wire.0.iter().map(setting).collect()
}

fn axes(source: &Arc<Source>, wire: &Entries<Located<WireAxis>>) -> Result<Vec<Axis>, SuiteError> {
    let axis = |(name, axis): &(Located<String>, Located<WireAxis>)| {
        let values = match &axis.value {
            WireAxis::One(value) => AxisValues::List(vec![axis.with(value.clone())]),
            WireAxis::List(list) if list.is_empty() => {
                return Err(cannot_be(source, &axis.span, &name.value)
                    .allowed("a list of at least one value"));
            }
            WireAxis::List(list) => {
                AxisValues::List(list.iter().map(|item| item.with(item.value.0.clone())).collect())
            }
            WireAxis::Range(range) => range_values(source, range, &axis.span)?,
        };
        if let AxisValues::List(list) = &values {
            list.iter().try_for_each(|value| plain(source, &name.value, value))?;
        }
        Ok(Axis { name: name.clone(), values, span: axis.span.clone() })
    };
    wire.0.iter().map(axis).collect()
}

fn range_values(
    source: &Arc<Source>,
    range: &WireRange,
    span: &Span,
) -> Result<AxisValues, SuiteError> {
    let read = |key, value: &Located<WireScalar>| {
        let value = value.with(value.value.0.clone());
        plain(source, key, &value).map(|()| value)
    };
    let stride = match (&range.times, &range.step) {
        (Some(times), None) => Stride::Times(read("times", times)?),
        (None, Some(step)) => Stride::Step(read("step", step)?),
        (None, None) => {
            return Err(SuiteError::at(source, span, "a range needs a stride")
                .allowed("`times = 2` (multiply) or `step = 1` (add)"));
        }
        (Some(_), Some(step)) => {
            return Err(SuiteError::at(source, &step.span, "a range has one stride")
                .allowed("either `times` or `step`"));
        }
    };
    Ok(AxisValues::Range { from: read("from", &range.from)?, to: read("to", &range.to)?, stride })
}

/// Values become parts of case ids, so they are short and printable, and equal themselves.
fn plain(source: &Arc<Source>, name: &str, value: &Located<ParamValue>) -> Result<(), SuiteError> {
    let allowed = match &value.value {
        ParamValue::Float(x) if !x.is_finite() => "a finite number".to_owned(),
        ParamValue::Text(text)
            if text.chars().count() > check::VALUE_CHARS_MAX || text.contains(char::is_control) =>
        {
            let most = check::VALUE_CHARS_MAX;
            format!("text of at most {most} characters without control characters")
        }
        _ => return Ok(()),
    };
    Err(cannot_be(source, &value.span, name).allowed(allowed))
}

/// A parameter is fixed, or varies in one way. `params` beside `ablate` is the base value.
fn each_name_once(source: &Arc<Source>, def: &CaseDef) -> Result<(), SuiteError> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for setting in &def.params {
        seen.insert(&setting.name.value, "params");
    }
    let tables = [("grid", &def.grid), ("zip", &def.zip), ("ablate", &def.ablate)];
    for (table, axes) in tables {
        for name in axes.iter().map(|axis| &axis.name) {
            if let Some(other) = seen.insert(&name.value, table)
                && (table, other) != ("ablate", "params")
            {
                return Err(SuiteError::at(
                    source,
                    &name.span,
                    format!("`{}` stands in `{other}` and in `{table}`", name.value),
                )
                .note("a parameter is fixed in `params`, or varies in one table"));
            }
        }
    }
    zip_lengths(source, &def.zip)
}

/// Lists of a zip have one length; ranges are measured once they are typed.
fn zip_lengths(source: &Arc<Source>, zip: &[Axis]) -> Result<(), SuiteError> {
    let length = |axis: &Axis| match &axis.values {
        AxisValues::List(list) => Some(list.len()),
        AxisValues::Range { .. } => None,
    };
    let Some((first, expected)) = zip.iter().find_map(|axis| Some((axis, length(axis)?))) else {
        return Ok(());
    };
    match zip.iter().find(|axis| length(axis).is_some_and(|found| found != expected)) {
        None => Ok(()),
        Some(axis) => Err(unequal_zip(source, axis, (first, expected))),
    }
}

/// The error of a zip whose lists have different lengths.
pub(crate) fn unequal_zip(
    source: &Arc<Source>,
    axis: &Axis,
    (first, expected): (&Axis, usize),
) -> SuiteError {
    let values = if expected == 1 { "1 value".to_owned() } else { format!("{expected} values") };
    SuiteError::at(source, &axis.span, "the lists of a `zip` have one length")
        .allowed(format!("{values}, as many as `{}` has", first.name.value))
}
