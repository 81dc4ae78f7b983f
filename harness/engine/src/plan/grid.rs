//! The points of a draft: every combination of its grid, zip and ablations, without the excluded
//! ones, and the included ones after them. Pure; the order is the order of the file.

use std::sync::Arc;

use workload_api::Params;

use super::draft::Draft;
use super::typing::TypedAxis;
use crate::suite::{Located, Setting, Source, Span, SuiteError};

/// Most cases of a plan.
pub(super) const CASES_MAX: usize = 10_000;

/// One choice of parameters.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) params: Params,
    /// What to point at when this one is wrong: the last value that makes it differ.
    pub(super) blame: Span,
    /// The parameter that an ablation switched.
    pub(super) switched: Option<String>,
}

/// All points of a draft. The first axis of the grid turns slowest, then the zip, then ablations.
pub(super) fn points(source: &Arc<Source>, draft: &Draft<'_>) -> Result<Vec<Point>, SuiteError> {
    limit(source, draft)?;
    let base = Point {
        params: with(&Params::default(), &draft.params),
        blame: draft.def.span.clone(),
        switched: None,
    };
    let mut points = vec![base.clone()];
    for axis in &draft.grid {
        points = points
            .iter()
            .flat_map(|point| axis.values.iter().map(|value| point.set(&axis.name, value)))
            .collect();
    }
    if let Some(first) = draft.zip.first() {
        points = points
            .iter()
            .flat_map(|point| (0..first.values.len()).map(|at| zipped(point, &draft.zip, at)))
            .collect();
    }
    points = points.iter().flat_map(|point| ablated(point, &draft.ablate)).collect();
    let kept = exclude(source, draft, points)?;
    let included = draft.include.iter().map(|entry| Point {
        params: with(&base.params, &entry.value),
        blame: entry.span.clone(),
        switched: None,
    });
    let all: Vec<Point> = kept.into_iter().chain(included).collect();
    each_matches(source, draft, (&draft.reverted, "reverted"), &all)?;
    Ok(all)
}

impl Point {
    fn set(&self, name: &Located<String>, value: &Located<workload_api::ParamValue>) -> Self {
        let mut params = self.params.clone();
        params.set(name.value.as_str(), value.value.clone());
        Self { params, blame: value.span.clone(), switched: None }
    }

    fn has(&self, setting: &Setting) -> bool {
        self.params.get(&setting.name.value) == Some(&setting.value.value)
    }
}

fn with(params: &Params, settings: &[Setting]) -> Params {
    let mut params = params.clone();
    for setting in settings {
        params.set(setting.name.value.as_str(), setting.value.value.clone());
    }
    params
}

fn zipped(point: &Point, zip: &[TypedAxis], at: usize) -> Point {
    let mut point = point.clone();
    for axis in zip {
        point = point.set(&axis.name, &axis.values[at]);
    }
    point
}

/// The point itself, then one point per value that is switched alone.
fn ablated(point: &Point, ablate: &[TypedAxis]) -> Vec<Point> {
    let switches = ablate.iter().flat_map(|axis| {
        axis.values.iter().map(|value| Point {
            switched: Some(axis.name.value.clone()),
            ..point.set(&axis.name, value)
        })
    });
    [point.clone()].into_iter().chain(switches).collect()
}

/// Whether a point has all values of one of the entries.
pub(super) fn any_matches(entries: &[Located<Vec<Setting>>], point: &Point) -> bool {
    entries.iter().any(|entry| entry.value.iter().all(|setting| point.has(setting)))
}

/// Refuses an entry that no point has all values of: it was meant to do something.
fn each_matches(
    source: &Arc<Source>,
    draft: &Draft<'_>,
    (entries, done): (&[Located<Vec<Setting>>], &str),
    points: &[Point],
) -> Result<(), SuiteError> {
    for entry in entries {
        let touched =
            entry.value.iter().any(|setting| draft.overridden.contains(&setting.name.value));
        let matches = |point: &Point| entry.value.iter().all(|setting| point.has(setting));
        if !touched && !points.iter().any(matches) {
            // The value that occurs nowhere is to blame; where each occurs, the whole entry.
            let odd =
                entry.value.iter().find(|setting| !points.iter().any(|point| point.has(setting)));
            let span = odd.map_or(&entry.span, |setting| &setting.value.span);
            return Err(SuiteError::at(source, span, format!("no case is {done} by this entry"))
                .allowed("values that some case has"));
        }
    }
    Ok(())
}

fn exclude(
    source: &Arc<Source>,
    draft: &Draft<'_>,
    points: Vec<Point>,
) -> Result<Vec<Point>, SuiteError> {
    each_matches(source, draft, (&draft.exclude, "excluded"), &points)?;
    let kept: Vec<Point> =
        points.into_iter().filter(|point| !any_matches(&draft.exclude, point)).collect();
    match draft.exclude.last() {
        Some(last) if kept.is_empty() && draft.overridden.is_empty() => {
            Err(SuiteError::at(source, &last.span, "every case is excluded"))
        }
        _ => Ok(kept),
    }
}

/// Refuses a draft with too many points before it makes them.
fn limit(source: &Arc<Source>, draft: &Draft<'_>) -> Result<(), SuiteError> {
    let length = |axis: &TypedAxis| axis.values.len();
    let grid = draft.grid.iter().map(length).fold(1, usize::saturating_mul);
    let zip = draft.zip.first().map_or(1, length);
    let ablations = 1 + draft.ablate.iter().map(length).sum::<usize>();
    let total = grid.saturating_mul(zip).saturating_mul(ablations) + draft.include.len();
    if total <= CASES_MAX {
        return Ok(());
    }
    let axes = draft.def.grid.iter().chain(&draft.def.zip).chain(&draft.def.ablate);
    let longest = axes.max_by_key(|axis| {
        let typed = draft.grid.iter().chain(&draft.zip).chain(&draft.ablate);
        typed.filter(|typed| typed.name.span == axis.name.span).map(length).max()
    });
    let span = longest.map_or(&draft.def.span, |axis| &axis.span);
    Err(SuiteError::at(source, span, format!("too many cases: {total}"))
        .allowed(format!("at most {CASES_MAX} in a suite")))
}
