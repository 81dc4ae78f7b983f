//! Everything that is known about a run set as plain data: the JSON document and its tidy CSV.
//!
//! `dyno show --format json` prints it, and the page's numbers are held against it. Full precision,
//! base units. The layout is described in `docs/show.md`; a change of meaning raises [`SCHEMA`].

use std::collections::BTreeMap;

use record::{Pass, RunInfo, Unavailable};
use serde::Serialize;
use stats::Ratio;

use crate::notes;
use crate::run_set::{CaseSet, RunSet, Series};

/// Version of the document's layout.
pub(crate) const SCHEMA: u32 = 1;

/// The document.
#[derive(Serialize)]
pub(crate) struct Document<'a> {
    schema: u32,
    runs: Vec<RunHead<'a>>,
    reference: Option<&'a str>,
    pub(crate) cases: Vec<Case<'a>>,
    unavailable: Vec<&'a Unavailable>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct RunHead<'a> {
    id: &'a str,
    suite: &'a str,
    label: Option<&'a str>,
    step: Option<&'a str>,
    started_ns: i64,
    finished_ns: Option<i64>,
    machine_key: &'a str,
    dyno: &'a str,
    command: &'a [String],
    imported: Option<&'a record::Import>,
}

#[derive(Serialize)]
pub(crate) struct Case<'a> {
    pub(crate) run: &'a str,
    pub(crate) case: &'a str,
    pub(crate) label: &'a str,
    pub(crate) title: &'a str,
    note: &'a str,
    reverted: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sweep: bool,
    workload: &'a str,
    runner: &'a str,
    params: &'a BTreeMap<String, serde_json::Value>,
    pub(crate) state: &'static str,
    samples: usize,
    warmups: usize,
    rejected: usize,
    skipped: u32,
    outlived: usize,
    killed: usize,
    failures: Vec<Failure<'a>>,
    pub(crate) metrics: Vec<Metric<'a>>,
    against: Option<Against>,
    #[serde(skip)]
    pub(crate) trouble: String,
}

#[derive(Serialize)]
struct Failure<'a> {
    kind: &'static str,
    message: &'a str,
    samples: usize,
}

#[derive(Serialize)]
pub(crate) struct Metric<'a> {
    pub(crate) metric: &'a str,
    pub(crate) unit: &'static str,
    pub(crate) better: &'static str,
    pub(crate) source: &'static str,
    pub(crate) pass: &'static str,
    pub(crate) samples: usize,
    pub(crate) replicates: usize,
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) coverage: f64,
    pub(crate) min: f64,
    pub(crate) q1: f64,
    pub(crate) q3: f64,
    pub(crate) max: f64,
    pub(crate) mad: f64,
}

#[derive(Serialize)]
struct Against {
    metric: &'static str,
    ratio: f64,
    low: f64,
    high: f64,
    coverage: f64,
    words: String,
}

impl Document<'_> {
    /// Leaves out every metric but these.
    pub(crate) fn keep(&mut self, names: &[String]) {
        for case in &mut self.cases {
            case.metrics.retain(|metric| names.iter().any(|name| name == metric.metric));
        }
    }
}

/// Builds the document; `reference` is an index into the cases.
pub(crate) fn document(set: &RunSet, reference: Option<usize>) -> Document<'_> {
    Document {
        schema: SCHEMA,
        runs: set.runs.iter().map(run_head).collect(),
        reference: reference.map(|case| set.against_words(case)),
        cases: cases(set, reference),
        unavailable: notes::unavailable(set),
        warnings: notes::warnings(set),
    }
}

fn run_head(run: &RunInfo) -> RunHead<'_> {
    RunHead {
        id: run.id.as_str(),
        suite: &run.suite.name,
        label: run.label.as_deref(),
        step: run.step.as_ref().map(|step| step.id.as_str()),
        started_ns: run.started_ns,
        finished_ns: run.finished_ns,
        machine_key: &run.before.machine_key,
        dyno: &run.dyno,
        command: &run.command,
        imported: run.imported.as_ref(),
    }
}

fn cases(set: &RunSet, reference: Option<usize>) -> Vec<Case<'_>> {
    let cases = set.cases.iter().enumerate().map(|(index, case)| {
        // The reference held against itself would be a ratio of 1 that says nothing.
        let other = set.held_against(index, reference).filter(|reference| *reference != index);
        document_case(set, case, other.and_then(|reference| set.against(index, reference)))
    });
    let stages = set.stages.iter().map(|stage| document_case(set, stage, None));
    let swept = set
        .sweep
        .iter()
        .flat_map(|sweep| sweep.cases.iter().map(|case| document_case(sweep, case, None)));
    cases.chain(stages).chain(swept).collect()
}

fn document_case<'a>(set: &'a RunSet, case: &'a CaseSet, ratio: Option<Ratio>) -> Case<'a> {
    Case {
        run: set.runs[case.run].id.as_str(),
        case: case.info.id.as_str(),
        label: &case.label,
        title: &case.title,
        note: &case.note,
        reverted: case.reverted,
        stage: case.info.stage.as_deref(),
        sweep: case.info.sweep,
        workload: &case.info.workload,
        runner: &case.info.runner,
        params: &case.info.params,
        state: case.state.as_str(),
        samples: case.counted,
        warmups: case.warmups,
        rejected: case.rejected,
        skipped: case.skipped,
        outlived: case.outlived,
        killed: case.killed,
        failures: case
            .failures
            .iter()
            .map(|one| Failure {
                kind: one.failure.kind.as_str(),
                message: &one.failure.message,
                samples: one.samples,
            })
            .collect(),
        metrics: metrics(case),
        against: ratio.map(|ratio| Against {
            metric: record::metrics::WALL_TIME.name,
            ratio: ratio.ratio,
            low: ratio.interval.low,
            high: ratio.interval.high,
            coverage: ratio.interval.coverage,
            words: crate::format::ratio_words(&ratio),
        }),
        trouble: case.trouble().unwrap_or_default(),
    }
}

fn metrics(case: &CaseSet) -> Vec<Metric<'_>> {
    let timed = case.series.iter().map(|series| metric(Pass::Timed, series));
    let others = case.passes.iter().flat_map(|one| {
        let pass = one.pass;
        one.series.iter().map(move |series| metric(pass, series))
    });
    timed.chain(others).collect()
}

fn metric(pass: Pass, series: &Series) -> Metric<'_> {
    let summary = &series.summary;
    Metric {
        metric: &series.metric,
        unit: series.kind.base_unit(),
        better: series.better.as_str(),
        source: series.source.map_or("derived", record::Source::as_str),
        pass: pass.as_str(),
        samples: summary.samples,
        replicates: summary.replicates,
        median: summary.median,
        low: summary.interval.low,
        high: summary.interval.high,
        coverage: summary.interval.coverage,
        min: summary.min,
        q1: summary.q1,
        q3: summary.q3,
        max: summary.max,
        mad: summary.mad,
    }
}

/// The document as one JSON text.
pub(crate) fn json(document: &Document<'_>) -> serde_json::Result<String> {
    let mut text = serde_json::to_string_pretty(document)?;
    text.push('\n');
    Ok(text)
}

const CSV_HEAD: &str = "run,case,label,title,state,failure,metric,unit,better,source,pass,samples,\
     replicates,median,low,high,coverage,min,q1,q3,max,mad";

/// The document's numbers as tidy CSV (RFC 4180): one row per case and metric; a case without
/// numbers has one row that says why.
pub(crate) fn csv(document: &Document<'_>) -> String {
    let mut text = format!("{CSV_HEAD}\r\n");
    for case in &document.cases {
        let head = [case.run, case.case, case.label, case.title, case.state, &case.trouble];
        let head: Vec<String> = head.into_iter().map(quoted).collect();
        let head = head.join(",");
        if case.metrics.is_empty() {
            text += &format!("{head}{}\r\n", ",".repeat(16));
        }
        for metric in &case.metrics {
            text += &format!("{head},{}\r\n", csv_metric(metric));
        }
    }
    text
}

fn csv_metric(metric: &Metric<'_>) -> String {
    let words = [metric.metric, metric.unit, metric.better, metric.source, metric.pass].map(quoted);
    let Metric { median, low, high, coverage, min, q1, q3, max, mad, .. } = *metric;
    let numbers = [median, low, high, coverage, min, q1, q3, max, mad].map(|v| v.to_string());
    let counts = [metric.samples, metric.replicates].map(|count| count.to_string());
    [words.as_slice(), counts.as_slice(), numbers.as_slice()].concat().join(",")
}

pub(crate) fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
