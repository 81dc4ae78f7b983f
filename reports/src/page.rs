//! The report: one HTML file that needs nothing else, not even JavaScript.
//!
//! The command line calls [`html`] and writes what it returns. Every number comes from the run set
//! and the grid that `dyno show` prints too. Everything that came from outside is escaped by the
//! template; only our own style, script and pictures are put in as they are.

mod headline;
mod method;
mod options;

use anyhow::{Context as _, Result};
use askama::Template;
use base64::Engine as _;
use sha2::{Digest as _, Sha256};

pub use options::{Assets, PageOptions, sections};

use crate::charts::{Chart, Size, Table};
use crate::format::{printable, shorten};
use crate::notes;
use crate::passes::{self, PassGrid};
use crate::run_set::RunSet;
use crate::view::{Cell, Grid, Key, Piece, Row, grid};

/// The page of a set. The same set gives the same bytes.
///
/// # Errors
///
/// If a case that is named does not exist, or the reference has no numbers.
pub fn html(set: &RunSet, options: &PageOptions) -> Result<String> {
    let set = &*options.narrowed(set)?;
    let reference = set.reference(options.reference.as_deref())?;
    let grid = grid(set, reference);
    let headline = match &options.compare {
        Some(_) => headline::pair(set),
        None => headline::headline(set),
    };
    let (before, after) = options::charts();
    let charts = |charts: &[&dyn Chart]| -> Vec<Section> {
        let shown = charts.iter().filter(|chart| options.shows(chart.id()));
        shown.filter_map(|chart| section(*chart, set)).collect()
    };
    let mut page = Page {
        title: printable(&headline.sentence),
        headline,
        policy: policy(options.assets),
        inline: options.assets == Assets::Inline,
        style: STYLE,
        script: SCRIPT,
        about: headline::about(set),
        conditions: headline::conditions(set),
        unavailable: unavailable(set),
        warnings: warnings(set),
        before: charts(before),
        after: charts(after),
        heads: COLUMNS.iter().filter_map(|key| head(&grid, *key)).collect(),
        rows: grid.rows.iter().map(|row| table_row(set, &grid, row, &COLUMNS)).collect(),
        passes: passes::grids(set).iter().map(|one| pass_table(set, one)).collect(),
        failures: method::failures(set),
        runs: method::runs(set),
        unanswered: Vec::new(),
        options: options.clone(),
    };
    page.unanswered = page.unanswered();
    page.render().context("fill the report's template")
}

const STYLE: &str = include_str!("../templates/report.css");
const SCRIPT: &str =
    concat!(include_str!("../templates/report.js"), include_str!("../templates/profile.js"));

/// The content security policy: nothing may be loaded, and only our own style and script may run.
fn policy(assets: Assets) -> String {
    const REST: &str = "base-uri 'none'; form-action 'none'";
    if assets == Assets::Split {
        return format!("default-src 'none'; style-src 'self'; script-src 'self'; {REST}");
    }
    let hash = |text: &str| {
        let digest = Sha256::digest(text.as_bytes());
        format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(digest))
    };
    format!("default-src 'none'; style-src {}; script-src {}; {REST}", hash(STYLE), hash(SCRIPT))
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    title: String,
    headline: headline::Headline,
    policy: String,
    inline: bool,
    style: &'static str,
    script: &'static str,
    about: String,
    conditions: String,
    unavailable: Option<String>,
    warnings: Vec<String>,
    before: Vec<Section>,
    after: Vec<Section>,
    heads: Vec<Head>,
    rows: Vec<TableRow>,
    passes: Vec<PassTable>,
    failures: Vec<method::FailureText>,
    runs: Vec<method::RunText>,
    /// Sections that were asked for by name and have nothing to say.
    unanswered: Vec<String>,
    options: PageOptions,
}

impl Page {
    fn shows(&self, section: &str) -> bool {
        self.options.shows(section)
            && match section {
                "passes" => !self.passes.is_empty(),
                "failures" => !self.failures.is_empty(),
                "cases" | "method" => true,
                chart => self.before.iter().chain(&self.after).any(|one| one.id == chart),
            }
    }

    /// The sections of this page, for the links at its top.
    fn shown(&self) -> Vec<&'static str> {
        sections().into_iter().filter(|section| self.shows(section)).collect()
    }

    fn unanswered(&self) -> Vec<String> {
        self.options.only.iter().filter(|section| !self.shows(section)).cloned().collect()
    }
}

/// A chart with its question.
struct Section {
    id: &'static str,
    question: &'static str,
    caption: String,
    pictures: Vec<String>,
    table: Option<Table>,
}

/// A chart's section; `None` where the set cannot answer its question.
fn section(chart: &dyn Chart, set: &RunSet) -> Option<Section> {
    let pictures = [Size::Wide, Size::Narrow].into_iter();
    let pictures: Vec<String> = pictures.filter_map(|size| chart.draw(set, size)).collect();
    let table = chart.table(set);
    (!pictures.is_empty() || table.is_some()).then(|| Section {
        id: chart.id(),
        question: chart.question(),
        caption: printable(&chart.caption(set)),
        pictures,
        table,
    })
}

fn warnings(set: &RunSet) -> Vec<String> {
    let mut all = notes::warnings(set);
    all.extend(notes::skipped(set));
    all.iter().map(|line| printable(line)).collect()
}

fn unavailable(set: &RunSet) -> Option<String> {
    let names = notes::unavailable(set).into_iter().flat_map(|one| &one.metrics);
    let names: Vec<String> = names.map(|name| printable(name)).collect();
    (!names.is_empty()).then(|| format!("Not counted here: {}.", names.join(", ")))
}

/// The columns of the page's table: what a phone shows without scrolling comes first. The title
/// stands in the first column; see also [`below`].
const COLUMNS: [Key; 8] = [
    Key::Case,
    Key::Median,
    Key::Against,
    Key::Interval,
    Key::Samples,
    Key::Rows,
    Key::Cores,
    Key::Memory,
];

/// A column's head.
struct Head {
    text: String,
    /// What stands in the second line of its cells; may be empty.
    below: String,
    class: &'static str,
}

fn head(grid: &Grid, key: Key) -> Option<Head> {
    let find = |key| grid.columns.iter().find(|column| column.key == key);
    let below = below(key).and_then(find).map(|column| column.head.clone());
    // A head may break between words, but not inside a unit.
    let text =
        printable(&find(key)?.head).replace(" rows/s", "\u{a0}rows/s").replace(" %", "\u{a0}%");
    Some(Head { text, below: below.unwrap_or_default(), class: class(key) })
}

/// The column that shares a column of the page, in a second line.
fn below(key: Key) -> Option<Key> {
    match key {
        Key::Interval => Some(Key::Range),
        Key::Rows => Some(Key::Bytes),
        _ => None,
    }
}

fn class(key: Key) -> &'static str {
    if key.is_number() { "number" } else { "text" }
}

/// The most characters of a name in the table; the row's tooltip has the whole id.
const MOST_NAME: usize = 80;

/// The most characters of a note in the table; the run's method has all of it.
const MOST_NOTE: usize = 160;

/// A row of the table.
struct TableRow {
    id: String,
    run: String,
    label: String,
    title: String,
    /// The step's note; may be empty.
    note: String,
    reverted: bool,
    /// Set where there are no numbers: then it stands in place of all cells.
    trouble: Option<String>,
    cells: Vec<TableCell>,
}

struct TableCell {
    class: &'static str,
    /// What the column is sorted by; empty where there is nothing.
    sort: String,
    pieces: Vec<TablePiece>,
    /// The second line.
    below: Vec<TablePiece>,
}

/// A piece of a cell: a plain text (`kind` 't'), an aside ('a') or a number ('n').
struct TablePiece {
    kind: char,
    text: String,
    metric: &'static str,
    field: &'static str,
    value: String,
}

fn table_row(set: &RunSet, grid: &Grid, row: &Row, columns: &[Key]) -> TableRow {
    let case = &set.cases[row.case];
    let find = |key: Key| {
        let column = grid.columns.iter().position(|column| column.key == key)?;
        Some(&row.cells[column])
    };
    let cells = columns.iter().skip(1).filter_map(|&key| {
        let second = below(key).and_then(find);
        Some(table_cell(key, find(key)?, second))
    });
    TableRow {
        id: printable(case.info.id.as_str()),
        run: printable(set.runs[case.run].id.as_str()),
        label: shorten(&case.label, MOST_NAME),
        title: shorten(&case.title, MOST_NAME),
        note: shorten(&case.note, MOST_NOTE),
        reverted: case.reverted,
        trouble: case.trouble().map(|trouble| printable(&trouble)),
        cells: cells.collect(),
    }
}

/// The table of a pass beside the timed one.
struct PassTable {
    name: &'static str,
    caption: String,
    heads: Vec<Head>,
    rows: Vec<TableRow>,
}

fn pass_table(set: &RunSet, PassGrid { pass, caption, grid }: &PassGrid) -> PassTable {
    let columns: Vec<Key> = grid.columns.iter().map(|column| column.key).collect();
    PassTable {
        name: pass.as_str(),
        caption: printable(caption),
        heads: columns.iter().filter_map(|key| head(grid, *key)).collect(),
        // A case that failed in this pass says so in its cells, and why among the failures.
        rows: grid
            .rows
            .iter()
            .map(|row| TableRow { trouble: None, ..table_row(set, grid, row, &columns) })
            .collect(),
    }
}

fn table_cell(key: Key, cell: &Cell, below: Option<&Cell>) -> TableCell {
    let pieces = |cell: &Cell| cell.0.iter().map(table_piece).collect();
    TableCell {
        class: class(key),
        sort: cell.number().map(|number| number.value.to_string()).unwrap_or_default(),
        pieces: pieces(cell),
        below: below.map(pieces).unwrap_or_default(),
    }
}

fn table_piece(piece: &Piece) -> TablePiece {
    let plain = |kind, text: &String| TablePiece {
        kind,
        text: printable(text),
        metric: "",
        field: "",
        value: String::new(),
    };
    match piece {
        Piece::Text(text) => plain('t', text),
        Piece::Aside(text) => plain('a', text),
        Piece::Number(number) => TablePiece {
            metric: number.metric,
            field: number.field,
            value: number.value.to_string(),
            ..plain('n', &number.text)
        },
    }
}
