//! All runs of a store on one page: which suites there are, how their cases moved over the runs, and
//! where each run's own report is.
//!
//! The command line reads the runs and calls [`index`]. Hundreds of runs of dozens of cases fit.

use anyhow::{Context as _, Result};
use askama::Template;

use crate::compare::{Word, Yardstick, compared, differences};
use crate::format::{Kind, PROSE_DIGITS, TABLE_DIGITS, counted, moment, printable, shorten};
use crate::page::{Assets, Frame};
use crate::run_set::{CaseSet, RunSet};
use crate::runs::RunLine;
use crate::verdicts;

/// A run of the store.
#[derive(Clone, Debug)]
pub struct IndexRun {
    /// As `dyno runs` lists it.
    pub line: RunLine,
    /// Where its report is, seen from the page; `None` where there is none.
    pub report: Option<String>,
    /// What it measured; `None` where it cannot be read.
    pub set: Option<RunSet>,
}

#[derive(Template)]
#[template(path = "index.html")]
struct Page {
    frame: Frame,
    about: String,
    suites: Vec<Suite>,
    runs: Vec<Run>,
    cut: String,
}

struct Suite {
    name: String,
    about: String,
    rows: Vec<Row>,
    cut: String,
}

struct Row {
    label: String,
    id: String,
    spark: String,
    first: String,
    last: String,
    change: String,
    aside: String,
    word: &'static str,
    levels: String,
}

struct Run {
    started: String,
    name: String,
    report: Option<String>,
    suite: String,
    words: String,
    cases: usize,
    state: String,
}

/// The most rows of a suite's table and of the list of runs.
const CASES_MAX: usize = 300;
const RUNS_MAX: usize = 1000;

/// The page of all runs, given the oldest first. The same runs give the same bytes.
///
/// # Errors
///
/// If the template cannot be filled, which does not happen.
pub fn index(runs: &[IndexRun]) -> Result<String> {
    let mut names: Vec<&str> = Vec::new();
    for run in runs.iter().rev() {
        if !run.line.suite.is_empty() && !names.contains(&run.line.suite.as_str()) {
            names.push(&run.line.suite);
        }
    }
    let suites: Vec<Suite> = names.iter().map(|name| suite(name, runs)).collect();
    let changed = suites.iter().flat_map(|suite| &suite.rows);
    let count = |word| changed.clone().filter(|row| row.word == word).count();
    let left = runs.len().saturating_sub(RUNS_MAX);
    let ends = [runs.first(), runs.last()].map(|run| run.and_then(|run| run.line.started_ns));
    let page = Page {
        frame: Frame::new(
            &format!("{} of {}", counted(runs.len(), "run"), counted(names.len(), "suite")),
            Assets::Inline,
        ),
        about: match ends {
            [Some(from), Some(to)] => format!(
                "From {} to {}. The newest runs against the ones before: {} cases faster, {} slower.",
                moment(from),
                moment(to),
                count("faster"),
                count("slower")
            ),
            _ => String::new(),
        },
        suites,
        runs: runs.iter().rev().take(RUNS_MAX).map(run).collect(),
        cut: if left > 0 {
            format!("{} older ones are not listed.", counted(left, "run"))
        } else {
            String::new()
        },
    };
    page.render().context("fill the index's template")
}

fn run(run: &IndexRun) -> Run {
    let line = &run.line;
    let mut words: Vec<String> = Vec::new();
    if !line.step.is_empty() {
        let reverted = if line.reverted { ", reverted" } else { "" };
        words.push(format!("step {}{reverted}", line.step));
    }
    words.extend((!line.label.is_empty()).then(|| line.label.clone()));
    words.extend(line.baselines.iter().map(|name| format!("baseline {name}")));
    Run {
        started: line.started_ns.map(moment).unwrap_or_default(),
        name: printable(&line.id),
        report: run.report.clone(),
        suite: shorten(&line.suite, 60),
        words: shorten(&words.join(", "), 80),
        cases: line.cases,
        state: shorten(&line.state, 80),
    }
}

/// A case of a suite in each of its runs.
type Found<'a> = Vec<Option<(&'a RunSet, &'a CaseSet)>>;

fn suite(name: &str, runs: &[IndexRun]) -> Suite {
    let sets: Vec<&RunSet> = runs
        .iter()
        .filter(|run| run.line.suite == name)
        .filter_map(|run| run.set.as_ref())
        .collect();
    let mut ids: Vec<&str> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    // The newest run's cases first, in its order.
    for case in sets.iter().rev().flat_map(|set| &set.cases) {
        if seen.insert(case.info.id.as_str()) {
            ids.push(case.info.id.as_str());
        }
    }
    let by_id: Vec<std::collections::BTreeMap<&str, &CaseSet>> = sets
        .iter()
        .map(|set| set.cases.iter().map(|case| (case.info.id.as_str(), case)).collect())
        .collect();
    let left = ids.len().saturating_sub(CASES_MAX);
    let rows = ids.iter().take(CASES_MAX).map(|id| {
        let found: Found<'_> = sets
            .iter()
            .zip(&by_id)
            .map(|(set, cases)| cases.get(id).map(|case| (*set, *case)))
            .collect();
        row(id, &found)
    });
    let samples: usize = sets.iter().flat_map(|set| &set.cases).map(|case| case.counted).sum();
    Suite {
        name: shorten(name, 80),
        about: format!(
            "{}, {}, {}.",
            counted(sets.len(), "run"),
            counted(ids.len(), "case"),
            counted(samples, "sample")
        ),
        rows: rows.collect(),
        cut: if left > 0 {
            format!("{} more are not shown.", counted(left, "case"))
        } else {
            String::new()
        },
    }
}

fn row(id: &str, found: &Found<'_>) -> Row {
    let median = |case: &CaseSet| Some(case.wall_time()?.summary.median);
    let medians: Vec<Option<f64>> =
        found.iter().map(|one| one.and_then(|(_, case)| median(case))).collect();
    let timed: Vec<(usize, f64)> =
        medians.iter().enumerate().filter_map(|(run, median)| Some((run, (*median)?))).collect();
    let label = found.iter().flatten().last().map(|(_, case)| case.label.as_str()).unwrap_or(id);
    let scale = Kind::Time.scale(timed.last().map_or(0.0, |(_, median)| *median));
    let number = |at: Option<&(usize, f64)>| {
        at.map_or_else(|| "–".to_owned(), |(_, ns)| scale.with_unit(*ns, TABLE_DIGITS))
    };
    let newest: Vec<(&RunSet, &CaseSet)> =
        timed.iter().rev().take(2).filter_map(|(run, _)| found[*run]).collect();
    let (mut change, mut aside, mut word) = ("–".to_owned(), String::new(), "");
    if let [(new_set, new), (old_set, old)] = newest.as_slice() {
        let (was, is) = (&old_set.runs[old.run], &new_set.runs[new.run]);
        let why =
            differences::machine(was, is).or_else(|| differences::of_steps((was, old), (is, new)));
        let comparison = compared(old, new, why, &Yardstick::default());
        let delta = verdicts::delta(&comparison);
        word = verdicts::word(comparison.word);
        if comparison.word == Word::Incomparable || !delta.number.is_empty() {
            change = delta.number;
        }
        aside = delta.aside;
    }
    Row {
        label: shorten(label, 80),
        id: printable(id),
        spark: spark(&medians),
        first: number(timed.first()),
        last: number(timed.last()),
        change,
        aside: shorten(&aside, 80),
        word,
        levels: levels(found, &timed),
    }
}

/// Where the level of a case changed last, in words; empty where no change is found.
fn levels(found: &Found<'_>, timed: &[(usize, f64)]) -> String {
    let values: Vec<f64> = timed.iter().map(|(_, median)| *median).collect();
    let steps = stats::steps(&values);
    let Some(last) = steps.last() else { return String::new() };
    let skipped = values.len().saturating_sub(stats::STEPS_VALUES_MAX);
    let Some((set, case)) = timed.get(last.at + skipped).and_then(|(run, _)| found[*run]) else {
        return String::new();
    };
    let time = |ns: f64| Kind::Time.scale(ns).with_unit(ns, PROSE_DIGITS);
    let more = match steps.len() - 1 {
        0 => String::new(),
        more => format!("; {} before", counted(more, "change")),
    };
    shorten(
        &format!(
            "{} to {} at {}{more}",
            time(last.before),
            time(last.after),
            set.runs[case.run].id
        ),
        120,
    )
}

/// Size of a sparkline in px.
const SPARK_WIDTH: f64 = 160.0;
const SPARK_HEIGHT: f64 = 28.0;

/// Medians over the runs as a small line from zero; a run without the case is a gap.
fn spark(medians: &[Option<f64>]) -> String {
    let top = medians.iter().flatten().copied().fold(0.0, f64::max);
    if top <= 0.0 {
        return String::new();
    }
    let step = (SPARK_WIDTH - 8.0) / (medians.len().max(2) - 1) as f64;
    let place = |(run, median): (usize, f64)| {
        let y = SPARK_HEIGHT - 4.0 - (median / top) * (SPARK_HEIGHT - 8.0);
        format!("{:.1},{y:.1}", 4.0 + step * run as f64)
    };
    let all: Vec<(usize, Option<f64>)> = medians.iter().copied().enumerate().collect();
    let mut marks = String::new();
    for part in all.split(|(_, median)| median.is_none()) {
        let points: Vec<String> =
            part.iter().filter_map(|(run, median)| Some(place((*run, (*median)?)))).collect();
        if points.len() > 1 {
            marks += &format!(
                "<polyline points=\"{}\" class=\"s-data\" fill=\"none\" stroke=\"#0067a8\" \
                 stroke-width=\"1.5\" stroke-linejoin=\"round\"/>",
                points.join(" ")
            );
        }
    }
    let newest = all.iter().rev().find_map(|(run, median)| Some((*run, (*median)?))).map(place);
    if let Some((x, y)) = newest.as_deref().and_then(|at| at.split_once(',')) {
        marks +=
            &format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"2.5\" class=\"f-data\" fill=\"#0067a8\"/>");
    }
    let name = format!("{} of {} runs have it", medians.iter().flatten().count(), medians.len());
    format!(
        "<svg class=\"spark\" role=\"img\" aria-label=\"{name}\" \
         viewBox=\"0 0 {SPARK_WIDTH} {SPARK_HEIGHT}\" width=\"{SPARK_WIDTH}\" \
         height=\"{SPARK_HEIGHT}\">{marks}</svg>"
    )
}
