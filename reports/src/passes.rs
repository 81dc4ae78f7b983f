//! What the passes beside the timed one found, as tables: counts per row, each pass for itself.
//!
//! The terminal's table, the Markdown table and the page draw them below the table of times. No
//! number of a pass ever stands in a column of another one.

use record::{Pass, PassInfo, RunInfo, metrics};

use crate::format::{Kind, TABLE_DIGITS, significant};
use crate::labels;
use crate::run_set::{CaseSet, PassSet, RunSet, Series};
use crate::view::{Cell, Column, Grid, Key, Number, Piece, Row};

/// The table of one pass.
pub(crate) struct PassGrid {
    /// The pass.
    pub(crate) pass: Pass,
    /// What the numbers are of, and how far repeats of one case lie apart.
    pub(crate) caption: String,
    /// The cases that have something to show.
    pub(crate) grid: Grid,
}

/// What is shown of an import's passes, most telling first.
const IMPORTED: [(&str, &str); 10] = [
    ("", "ipc"),
    ("", "cores_busy"),
    ("instructions_per_row", metrics::INSTRUCTIONS.name),
    ("cycles_per_row", metrics::CYCLES.name),
    ("cache_misses_per_row", metrics::CACHE_MISSES.name),
    ("", "cache_miss_rate"),
    ("branch_misses_per_row", metrics::BRANCH_MISSES.name),
    ("", "branch_miss_rate"),
    ("", metrics::USER_TIME.name),
    ("", metrics::SYSTEM_TIME.name),
];

/// What is shown of a pass of dyno's own, most telling first: a metric by rows, and the metric itself for work
/// that has no rows.
const SHOWN: [(&str, &str); 9] = [
    ("instructions_per_row", metrics::INSTRUCTIONS.name),
    ("allocations_per_row", metrics::ALLOCATIONS.name),
    ("reallocations_per_row", metrics::REALLOCATIONS.name),
    ("allocated_bytes_per_row", metrics::ALLOCATED_BYTES.name),
    ("estimated_cycles_per_row", metrics::ESTIMATED_CYCLES.name),
    ("l1d_misses_per_row", metrics::L1D_MISSES.name),
    ("cache_misses_per_row", metrics::CACHE_MISSES.name),
    ("branch_misses_per_row", metrics::BRANCH_MISSES.name),
    ("", metrics::PEAK_HEAP.name),
];

/// The tables of all passes that some case has samples of.
pub(crate) fn grids(set: &RunSet) -> Vec<PassGrid> {
    let of = |pass: &Pass| {
        let grid = grid(set, *pass)?;
        Some(PassGrid { pass: *pass, caption: caption(set, *pass), grid })
    };
    Pass::ALL.iter().filter_map(of).collect()
}

fn grid(set: &RunSet, pass: Pass) -> Option<Grid> {
    let metrics: &[(&'static str, &'static str)] = match pass {
        Pass::Counters | Pass::Totals => &IMPORTED,
        _ => &SHOWN,
    };
    let shown: Vec<&'static str> = metrics
        .iter()
        .filter_map(|(by_row, total)| {
            let has = |name: &str| found(set, pass).any(|one| one.metric(name).is_some());
            [*by_row, *total].into_iter().find(|name| has(name))
        })
        .collect();
    if shown.is_empty() {
        return None;
    }
    let scale = |name: &str| {
        let first = found(set, pass).find_map(|one| one.metric(name));
        first.map(|series| series.kind.scale(series.summary.median))
    };
    let mut columns = vec![
        Column { key: Key::Case, head: set.label_name().to_owned() },
        Column { key: Key::Samples, head: "n".to_owned() },
    ];
    columns.extend(shown.iter().map(|&name| {
        let unit = scale(name).map_or("", |scale| scale.unit);
        Column { key: Key::Metric(name), head: head(name, unit) }
    }));
    let cell = |key: Key, case: &CaseSet, one: &PassSet| match key {
        Key::Samples => Cell::text(one.counted.to_string()),
        Key::Metric(name) => match (one.metric(name), scale(name)) {
            (Some(series), Some(scale)) => {
                let value = series.summary.median;
                let text = scale.number(value, digits(series));
                Cell(vec![Piece::Number(Number { text, metric: name, field: "median", value })])
            }
            _ if one.counted == 0 => Cell::text("failed"),
            _ => Cell::default(),
        },
        _ => Cell::text(case.label.clone()),
    };
    let rows = set.cases.iter().enumerate().filter_map(|(index, case)| {
        let one = case.pass(pass)?;
        let cells = columns.iter().map(|column| cell(column.key, case, one)).collect();
        Some(Row { case: index, cells, failed: one.series.is_empty() })
    });
    Some(Grid { rows: rows.collect(), columns })
}

/// What each case has of a pass.
fn found(set: &RunSet, pass: Pass) -> impl Iterator<Item = &PassSet> {
    set.cases.iter().filter_map(move |case| case.pass(pass))
}

/// `allocations/row`; `peak heap, MiB`.
fn head(name: &str, unit: &str) -> String {
    match name.strip_suffix("_per_row") {
        Some(what) => format!("{}/row", what.replace('_', " ")),
        None if unit.is_empty() => name.replace('_', " "),
        None => format!("{}, {unit}", name.replace('_', " ")),
    }
}

/// Counts are exact: a difference of one in a thousand must be seen.
fn digits(series: &Series) -> usize {
    match series.kind {
        Kind::CountPerRow | Kind::Count if series.summary.median >= 100.0 => TABLE_DIGITS + 1,
        _ => TABLE_DIGITS,
    }
}

/// What was counted with, at which size, and how far the repeats of a case lie apart.
fn caption(set: &RunSet, pass: Pass) -> String {
    let taken = |run: &RunInfo| run.passes.iter().find(|info| info.pass == pass).map(how);
    let mut parts: Vec<String> = Vec::new();
    for part in set.runs.iter().filter_map(taken).chain([repeats(set, pass)]) {
        if !part.is_empty() && !parts.contains(&part) {
            parts.push(part);
        }
    }
    parts.join("; ")
}

/// `rows=10000, by valgrind-3.19.0`.
fn how(info: &PassInfo) -> String {
    let own = info.params.iter().map(|(name, value)| format!("{name}={}", labels::text(value)));
    let own: Vec<String> = own.collect();
    [own.join(", "), format!("by {}", info.tool)]
        .into_iter()
        .filter(|s| !s.is_empty())
        .collect::<Vec<_>>()
        .join(", ")
}

/// How far the repeats of a case lie apart, in one sentence.
fn repeats(set: &RunSet, pass: Pass) -> String {
    let main = [metrics::INSTRUCTIONS.name, metrics::ALLOCATIONS.name];
    let found: Vec<&PassSet> = found(set, pass).collect();
    let Some(name) =
        main.into_iter().find(|name| found.iter().any(|one| one.metric(name).is_some()))
    else {
        return String::new();
    };
    let all = found.iter().filter_map(|one| one.metric(name));
    let repeated: Vec<&Series> = all.filter(|series| series.points.len() > 1).collect();
    if repeated.is_empty() {
        return "one sample of each case, so nothing is known of their spread".to_owned();
    }
    let counts = || repeated.iter().map(|series| series.points.len());
    let fewest = counts().min().unwrap_or(0);
    let more = if counts().all(|count| count == fewest) { "" } else { "or more " };
    let widest = repeated.iter().map(|series| spread(series)).fold(0.0, f64::max);
    let samples = format!("over {fewest} {more}samples");
    if widest == 0.0 {
        return format!("{name} of one case do not differ at all {samples}");
    }
    let percent = significant(widest * 100.0, 2);
    format!("{name} of one case differ by at most {percent} % {samples}")
}

/// From the smallest to the largest value, as a share of the median.
fn spread(series: &Series) -> f64 {
    let summary = &series.summary;
    if summary.median == 0.0 { 0.0 } else { (summary.max - summary.min) / summary.median }
}
