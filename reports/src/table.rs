//! `dyno show`: the cases of a run as a table for a terminal, as Markdown, JSON or CSV.
//!
//! The command line calls [`show`] and prints what it returns. Whether to colour and how wide the
//! terminal is are decided there.

use std::collections::BTreeSet;

use anyhow::Result;
use comfy_table::{Cell as TableCell, CellAlignment, ContentArrangement, Table, presets};
use record::Pass;

use crate::columns;
use crate::document::{csv, document, json};
use crate::format::{printable, shorten};
use crate::notes;
use crate::passes::{self, PassGrid};
use crate::run_set::{CaseSet, RunSet};
use crate::view::{Grid, Key, grid};

/// How the cases are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Aligned columns for a terminal.
    #[default]
    Table,
    /// A Markdown table.
    Markdown,
    /// One JSON document.
    Json,
    /// Tidy CSV: one row per case and metric.
    Csv,
}

impl Format {
    /// Every format and its word on the command line.
    pub const ALL: [(&str, Self); 4] = [
        ("table", Self::Table),
        ("markdown", Self::Markdown),
        ("json", Self::Json),
        ("csv", Self::Csv),
    ];
}

/// What is shown of a set, and how.
#[derive(Clone, Debug, Default)]
pub struct ShowOptions {
    /// How.
    pub format: Format,
    /// The case that others are held against, by label or id; the first with numbers if `None`.
    pub reference: Option<String>,
    /// Width of the terminal in columns. Columns are left out until the table fits; `None` keeps
    /// them all.
    pub width: Option<usize>,
    /// Whether to colour the table.
    pub colour: bool,
    /// These metrics instead of the usual columns and passes; all of them where empty.
    pub metrics: Vec<String>,
    /// Where the report page was written, to be said in the last line.
    pub report: Option<String>,
}

/// The columns that are left out where the terminal is too narrow, the least missed first.
const DROPPED: [Key; 8] = [
    Key::Bytes,
    Key::Range,
    Key::Memory,
    Key::Samples,
    Key::Cores,
    Key::Rows,
    Key::Title,
    Key::Interval,
];

/// The cases of a set as text, ending with a line feed.
///
/// # Errors
///
/// If the chosen reference does not exist or has no numbers, or no case has a chosen metric.
pub fn show(set: &RunSet, options: &ShowOptions) -> Result<String> {
    let reference = set.reference(options.reference.as_deref())?;
    let chosen = !options.metrics.is_empty();
    // A name that means nothing is refused in every format.
    let chosen = chosen.then(|| columns::grid(set, &options.metrics)).transpose()?;
    let document = || {
        let mut document = document(set, reference);
        if chosen.is_some() {
            document.keep(&options.metrics);
        }
        document
    };
    Ok(match (options.format, &chosen) {
        (Format::Table, None) => terminal(set, &grid(set, reference), &passes::grids(set), options),
        (Format::Table, Some(chosen)) => terminal(set, chosen, &[], options),
        (Format::Markdown, None) => {
            markdown(set, &grid(set, reference), &passes::grids(set), options)
        }
        (Format::Markdown, Some(chosen)) => markdown(set, chosen, &[], options),
        (Format::Json, _) => json(&document())?,
        (Format::Csv, _) => csv(&document()),
    })
}

fn terminal(set: &RunSet, grid: &Grid, passes: &[PassGrid], options: &ShowOptions) -> String {
    let mut text = fitted(grid, &dropped(set), options);
    for PassGrid { pass, caption, grid } in passes {
        // The last columns are the least telling ones; the case and its first number stay.
        let metrics: Vec<Key> =
            grid.columns.iter().skip(3).rev().map(|column| column.key).collect();
        text += &format!("\n{}\n", heading(*pass, caption));
        text += &fitted(grid, &metrics, options);
    }
    if let Some((heading, grid)) = sweep(set, options) {
        text += &format!("\n{heading}\n{}", fitted(&grid, &DROPPED, options));
    }
    let notes = below(set, options);
    if !notes.is_empty() {
        text += &format!("\n{}\n", notes.join("\n"));
    }
    text
}

/// The table, without as many of the columns `dropped` as the terminal is too narrow for.
fn fitted(grid: &Grid, dropped: &[Key], options: &ShowOptions) -> String {
    let mut keys: Vec<Key> = grid.columns.iter().map(|column| column.key).collect();
    let mut text = aligned(grid, &keys, options.colour);
    let Some(width) = options.width else { return text };
    for dropped in dropped {
        if widest(&text) <= width {
            break;
        }
        keys.retain(|key| key != dropped);
        text = aligned(grid, &keys, options.colour);
    }
    text
}

/// The cases of the sweep, against the best of them, below a line that says what they share.
fn sweep(set: &RunSet, options: &ShowOptions) -> Option<(String, Grid)> {
    let sweep = set.sweep.as_deref().filter(|_| options.metrics.is_empty())?;
    Some((format!("sweep of {}", sweep.shared_words()), grid(sweep, sweep.best())))
}

/// The line above the table of a pass.
fn heading(pass: Pass, caption: &str) -> String {
    if caption.is_empty() { format!("{pass} pass") } else { format!("{pass} pass: {caption}") }
}

/// [`DROPPED`] for this set. With too few samples the interval column only says so: it goes first,
/// and the range takes its place as the last to go.
fn dropped(set: &RunSet) -> Vec<Key> {
    let confident = |case: &CaseSet| {
        case.wall_time().is_some_and(|series| series.summary.interval.is_confident())
    };
    if set.cases.iter().any(confident) {
        return DROPPED.to_vec();
    }
    let others = DROPPED.into_iter().filter(|key| !matches!(key, Key::Interval | Key::Range));
    [Key::Interval].into_iter().chain(others).chain([Key::Range]).collect()
}

/// Columns that the widest line takes; escape sequences take none.
fn widest(text: &str) -> usize {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let plain = text.replace(BOLD, "").replace(RED, "").replace(PLAIN, "");
    // The table crate measures as it aligns: wide characters count twice.
    table.add_row([plain]);
    table.column_max_content_widths().first().map_or(0, |width| usize::from(*width))
}

const BOLD: &str = "\u{1b}[1m";
const RED: &str = "\u{1b}[31m";
const PLAIN: &str = "\u{1b}[0m";

fn aligned(grid: &Grid, keys: &[Key], colour: bool) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_content_arrangement(ContentArrangement::Disabled);
    let kept: Vec<usize> = (0..grid.columns.len())
        .filter(|&column| keys.contains(&grid.columns[column].key))
        .collect();
    let align = |text: String, column: usize| {
        let number = grid.columns[column].key.is_number();
        let side = if number { CellAlignment::Right } else { CellAlignment::Left };
        TableCell::new(text).set_alignment(side)
    };
    let most: Vec<usize> = (0..grid.columns.len()).map(|column| most(grid, column)).collect();
    table.set_header(
        kept.iter().map(|&column| align(shorten(&grid.columns[column].head, most[column]), column)),
    );
    for row in &grid.rows {
        let cell =
            |&column: &usize| align(shorten(&row.cells[column].plain(), most[column]), column);
        table.add_row(kept.iter().map(cell));
    }
    let failed = |line: usize| line > 0 && grid.rows[line - 1].failed;
    let paint = |(number, line): (usize, &str)| {
        let line = line.trim_end();
        match (colour, number) {
            (true, 0) => format!("{BOLD}{line}{PLAIN}\n"),
            (true, _) if failed(number) => format!("{RED}{line}{PLAIN}\n"),
            _ => format!("{line}\n"),
        }
    };
    table.to_string().lines().enumerate().map(paint).collect()
}

/// The most characters of a cell of this column; names come from people and may be any length.
///
/// A cut that makes two cases look the same says nothing, so then there is room for more.
fn most(grid: &Grid, column: usize) -> usize {
    let told_apart = |most: &usize| {
        let full: BTreeSet<String> =
            grid.rows.iter().map(|row| row.cells[column].plain()).collect();
        let cut: BTreeSet<String> = full.iter().map(|name| shorten(name, *most)).collect();
        cut.len() == full.len()
    };
    match grid.columns[column].key {
        Key::Case => [40, 60, 80].into_iter().find(told_apart).unwrap_or(120),
        Key::Title => 40,
        Key::Against => 48,
        _ => 32,
    }
}

/// The lines below the table.
fn below(set: &RunSet, options: &ShowOptions) -> Vec<String> {
    let mut lines = Vec::new();
    lines.extend(notes::stages(set));
    lines.extend(notes::failures(set).iter().map(|(line, _)| format!("failed: {line}")));
    for one in notes::unavailable(set) {
        lines.push(format!("not available: {}", notes::unavailable_line(one)));
        if !one.remedy.is_empty() {
            lines.push(format!("  hint: {}", one.remedy));
        }
    }
    lines.extend(notes::warnings(set).iter().map(|line| format!("warning: {line}")));
    lines.extend(notes::skipped(set).iter().map(|line| format!("skipped: {line}")));
    lines.extend(options.report.iter().map(|path| format!("report: {path}")));
    lines.iter().map(|line| printable(line)).collect()
}

fn markdown(set: &RunSet, grid: &Grid, passes: &[PassGrid], options: &ShowOptions) -> String {
    let mut text = markdown_table(grid);
    for PassGrid { pass, caption, grid } in passes {
        text += &format!("\n{}\n\n{}", escaped(&heading(*pass, caption)), markdown_table(grid));
    }
    if let Some((heading, grid)) = sweep(set, options) {
        text += &format!("\n{}\n\n{}", escaped(&heading), markdown_table(&grid));
    }
    let notes = below(set, options);
    if !notes.is_empty() {
        text.push('\n');
        text.extend(notes.iter().map(|note| format!("- {}\n", escaped(note.trim_start()))));
    }
    text
}

fn markdown_table(grid: &Grid) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let mut text = line(grid.columns.iter().map(|column| escaped(&column.head)).collect());
    let rule = |key: Key| if key.is_number() { "---:" } else { "---" }.to_owned();
    text += &line(grid.columns.iter().map(|column| rule(column.key)).collect());
    for row in &grid.rows {
        text += &line(row.cells.iter().map(|cell| escaped(&cell.plain())).collect());
    }
    text
}

/// `text` with everything that Markdown or HTML would obey made harmless.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in printable(text).chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
