//! `dyno runs`: the runs of a store, one line each.
//!
//! The command line reads the listing and calls [`runs_table`]; nothing is opened here.

use std::collections::BTreeMap;

use anyhow::Result;
use comfy_table::{Table, presets};
use record::RunId;
use record::store::{RunEntry, State};
use serde::Serialize;

use crate::format::{Kind, PROSE_DIGITS, moment, printable, shorten};
use crate::table::Format;

/// A run of a store as it is listed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunLine {
    /// Its name.
    pub id: String,
    /// When it began, in ns since the Unix epoch; `None` where its `run.json` cannot be read, and
    /// for an import that does not say it.
    pub started_ns: Option<i64>,
    /// How long it took, in ns.
    pub took_ns: Option<i64>,
    /// The suite's name.
    pub suite: String,
    /// The name that a person gave it.
    pub label: String,
    /// The baselines that it is.
    pub baselines: Vec<String>,
    /// The step of an optimisation history that it stands for; empty for none.
    pub step: String,
    /// Whether that step was taken back.
    pub reverted: bool,
    /// Its cases.
    pub cases: usize,
    /// The samples that its plan asks for, warm-ups not counted.
    pub samples: u64,
    /// `complete`, `unfinished`, or `damaged: why`.
    pub state: String,
}

impl RunLine {
    /// A run of the store; `baselines` are those of the whole store.
    pub fn new(entry: &RunEntry, baselines: &BTreeMap<String, RunId>) -> Self {
        let info = entry.info.as_ref();
        let step = info.and_then(|info| info.step.as_ref());
        let own = baselines.iter().filter(|(_, id)| **id == entry.id);
        let samples = info.map_or(0, |info| {
            let per_case = u64::from(info.sampling.processes) * u64::from(info.sampling.iterations);
            per_case * info.cases.len() as u64
        });
        Self {
            id: entry.id.to_string(),
            started_ns: info.filter(|info| info.is_dated()).map(|info| info.started_ns),
            took_ns: info.and_then(|info| Some(info.finished_ns? - info.started_ns)),
            suite: info.map(|info| info.suite.name.clone()).unwrap_or_default(),
            label: entry.label().unwrap_or_default().to_owned(),
            baselines: own.map(|(name, _)| name.clone()).collect(),
            step: step.map(|step| step.id.clone()).unwrap_or_default(),
            reverted: step.is_some_and(|step| step.reverted),
            cases: info.map_or(0, |info| info.cases.len()),
            samples,
            state: match &entry.state {
                State::Complete => "complete".to_owned(),
                State::Unfinished => "unfinished".to_owned(),
                State::Damaged(why) => format!("damaged: {why}"),
            },
        }
    }
}

const HEAD: [&str; 10] =
    ["run", "started", "took", "suite", "label", "baseline", "step", "cases", "samples", "state"];

/// The runs as text in the order given, ending with a line feed.
///
/// # Errors
///
/// If the lines cannot be written as JSON, which does not happen with what a store lists.
pub fn runs_table(lines: &[RunLine], format: Format) -> Result<String> {
    let mut text = match format {
        Format::Json => serde_json::to_string_pretty(lines)?,
        Format::Csv => {
            let rows = lines.iter().map(|line| csv_line(&raw(line)));
            std::iter::once(csv_line(&HEAD.map(str::to_owned))).chain(rows).collect()
        }
        Format::Markdown => drawn(lines, presets::ASCII_MARKDOWN),
        Format::Table => drawn(lines, presets::NOTHING),
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(text)
}

fn drawn(lines: &[RunLine], style: comfy_table::TableStyle) -> String {
    let mut table = Table::new();
    table.load_style(style);
    // Most stores have neither baselines nor steps: then their columns would only take room.
    let used = |name: &str| match name {
        "baseline" => lines.iter().any(|line| !line.baselines.is_empty()),
        "step" => lines.iter().any(|line| !line.step.is_empty()),
        _ => true,
    };
    table.set_header(HEAD.into_iter().filter(|name| used(name)));
    for line in lines {
        let mut cells = raw(line);
        cells[1] = line.started_ns.map(moment).unwrap_or_default();
        cells[2] = line.took_ns.map(took).unwrap_or_default();
        let cells = HEAD.into_iter().zip(cells).filter(|(name, _)| used(name));
        table.add_row(cells.map(|(_, cell)| shorten(&cell, 60)));
    }
    table.to_string().lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn took(ns: i64) -> String {
    let ns = ns as f64;
    Kind::Time.scale(ns).with_unit(ns, PROSE_DIGITS)
}

fn raw(line: &RunLine) -> [String; 10] {
    let number = |value: Option<i64>| value.map(|ns| ns.to_string()).unwrap_or_default();
    [
        line.id.clone(),
        number(line.started_ns),
        number(line.took_ns),
        line.suite.clone(),
        line.label.clone(),
        line.baselines.join(" "),
        format!("{}{}", line.step, if line.reverted { " (reverted)" } else { "" }),
        line.cases.to_string(),
        line.samples.to_string(),
        line.state.clone(),
    ]
}

fn csv_line(cells: &[String]) -> String {
    let cells: Vec<String> =
        cells.iter().map(|cell| crate::document::quoted(&printable(cell))).collect();
    format!("{}\r\n", cells.join(","))
}
