//! The table of all cases, each row with what it opens; and the tables of the other passes.
//!
//! The page calls it. Texts and numbers are those of the grid that `dyno show` prints; what a case
//! came to is that of `verdicts`.

use super::method;
use crate::compare::{CaseComparison, differences};
use crate::format::{json_in_html, printable, shorten};
use crate::labels;
use crate::notes;
use crate::passes::PassGrid;
use crate::run_set::RunSet;
use crate::verdicts::{self, Held, Verdict, Verdicts, delta};
use crate::view::{Cell, Grid, Key, Piece, Row, grid};

/// The table of all cases.
pub(crate) struct CasesTable {
    pub(crate) heads: Vec<Head>,
    pub(crate) rows: Vec<TableRow>,
    /// That not all cases are shown; empty where they are.
    pub(crate) cut: String,
    /// What any two cases come to, as JSON for the page's script; empty for one or for many.
    pub(crate) pairs: String,
}

/// The most rows of the table; a history of hundreds of runs has thousands of cases.
const ROWS_MAX: usize = 250;

/// The most cases of which any two can be chosen in the page.
const PAIRED_MAX: usize = 40;

/// The table of a set; `reference` is what others are held against.
pub(crate) fn table(set: &RunSet, reference: Option<usize>, verdicts: &Verdicts) -> CasesTable {
    let grid = grid(set, reference);
    let mut chosen: Vec<usize> = (0..grid.rows.len()).collect();
    // Those that tell something stay; among the others the newest.
    chosen.sort_by_key(|&case| {
        let told = set.cases[case].trouble().is_some() || is_change(&verdicts.cases[case]);
        (!told, std::cmp::Reverse(set.cases[case].run))
    });
    chosen.truncate(ROWS_MAX);
    chosen.sort_unstable();
    let left = grid.rows.len() - chosen.len();
    let cut = match left {
        0 => String::new(),
        _ => format!(
            "{} of {} cases: those that changed or failed, and the newest. \
             `dyno show` prints them all.",
            chosen.len(),
            grid.rows.len()
        ),
    };
    let columns = columns(&grid);
    let mut heads: Vec<Head> = columns.iter().filter_map(|key| head(&grid, *key)).collect();
    // One alone is held against nothing.
    let is_held = set.cases.len() > 1;
    if is_held {
        let behind_median = heads.len().min(2);
        let held = against_heads(set, reference, verdicts);
        heads.splice(behind_median..behind_median, held);
    }
    let failures_max = failure_characters(set);
    let row = |&case: &usize| {
        let mut row = table_row(set, &grid, &grid.rows[case], &columns);
        let verdict = &verdicts.cases[case];
        row.word = verdict.word().map(verdicts::word).unwrap_or_default();
        if is_held && row.trouble.is_none() {
            let behind_median = row.cells.len().min(1);
            let held = against_cells(verdict, verdicts.is_history, set.cases[case].reverted);
            row.cells.splice(behind_median..behind_median, held);
        }
        row.more = more(set, case, verdict, failures_max);
        row
    };
    let rows = chosen.iter().map(row).collect();
    CasesTable { heads, rows, cut, pairs: pairs(set) }
}

fn is_change(verdict: &Verdict) -> bool {
    use crate::compare::Word;
    matches!(verdict.word(), Some(Word::Improved | Word::Regressed | Word::Failed))
}

/// The heads of what a case is held against.
fn against_heads(set: &RunSet, reference: Option<usize>, verdicts: &Verdicts) -> Vec<Head> {
    let head = |text: String, class| Head { text: printable(&text), below: String::new(), class };
    let name = |case: usize| shorten(&set.cases[case].label, MOST_NAME / 2);
    let baseline = reference.map_or_else(|| "the baseline".to_owned(), name);
    // The word first: a phone shows what it does not have to scroll to.
    let mut heads = vec![head("verdict".to_owned(), "text")];
    if verdicts.is_history {
        heads.push(head("against the step before".to_owned(), "number"));
    }
    let others: Vec<usize> =
        verdicts.cases.iter().filter_map(|one| Some(one.baseline.as_ref()?.other)).collect();
    let same = others.windows(2).all(|pair| pair[0] == pair[1]);
    let baseline = if same { baseline } else { "the first step".to_owned() };
    heads.push(head(format!("against {baseline}"), "number"));
    heads
}

fn against_cells(verdict: &Verdict, is_history: bool, reverted: bool) -> Vec<TableCell> {
    let word = verdict.word().map_or("baseline", verdicts::word);
    let text = if reverted { format!("{word}, reverted") } else { word.to_owned() };
    let pieces = vec![TablePiece { text, ..TablePiece::default() }];
    let mut cells =
        vec![TableCell { class: "text", sort: String::new(), pieces, below: Vec::new() }];
    if is_history {
        cells.push(held_cell(verdict.previous.as_ref()));
    }
    cells.push(held_cell(verdict.baseline.as_ref()));
    cells
}

fn held_cell(held: Option<&Held>) -> TableCell {
    let Some(Held { other, comparison }) = held else {
        let pieces = vec![TablePiece { text: "–".to_owned(), ..TablePiece::default() }];
        return TableCell { class: "number", sort: String::new(), pieces, below: Vec::new() };
    };
    let delta = delta(comparison);
    let ratio = ratio_of(comparison);
    let number = TablePiece {
        kind: 'n',
        text: if delta.number.is_empty() { "–".to_owned() } else { delta.number },
        metric: "against",
        field: "ratio",
        value: ratio.clone(),
        other: (other + 1).to_string(),
    };
    let number = if ratio.is_empty() { TablePiece { kind: 't', ..number } } else { number };
    let aside = TablePiece { text: printable(&delta.aside), ..TablePiece::default() };
    TableCell { class: "number", sort: ratio, pieces: vec![number], below: vec![aside] }
}

fn ratio_of(comparison: &CaseComparison) -> String {
    comparison.ratio.map(|ratio| ratio.ratio.to_string()).unwrap_or_default()
}

/// What a row opens.
#[derive(Default)]
pub(crate) struct More {
    /// What was learned; may be empty.
    pub(crate) note: String,
    pub(crate) params: String,
    /// What is not the same as in the run that it is held against; may be empty.
    pub(crate) environment: Vec<String>,
    pub(crate) failures: Vec<method::FailureText>,
}

fn more(set: &RunSet, index: usize, verdict: &Verdict, failures_max: usize) -> More {
    let case = &set.cases[index];
    let params = case.info.params.iter();
    let params: Vec<String> =
        params.map(|(name, value)| format!("{name} = {}", labels::text(value))).collect();
    let failures = notes::failures_of(case).into_iter();
    More {
        note: printable(&case.note),
        params: shorten(&params.join(", "), MOST_PARAMS),
        environment: verdict.main().map(|held| environment(set, index, held)).unwrap_or_default(),
        failures: failures
            .map(|(line, failure)| method::failure_text(&line, failure, failures_max))
            .collect(),
    }
}

/// The most characters of all parameters of a case.
const MOST_PARAMS: usize = 2000;

/// How many characters of each failed process's output the rows may show.
fn failure_characters(set: &RunSet) -> usize {
    const ALL_ROWS: usize = 200_000;
    let failures = set.cases.iter().map(|case| notes::failures_of(case).len()).sum::<usize>();
    (ALL_ROWS / failures.max(1)).min(method::MOST_OUTPUT)
}

/// What differs between the run of a case and that of the one it is held against.
fn environment(set: &RunSet, index: usize, held: &Held) -> Vec<String> {
    let (old, new) = (set.cases[held.other].run, set.cases[index].run);
    let other = &set.cases[held.other].label;
    if old == new {
        return vec![shorten(&format!("Measured in the same run as {other}."), 200)];
    }
    let all = differences::between(&set.runs[old], &set.runs[new]);
    if all.is_empty() {
        return vec![shorten(&format!("Same machine, system and build as {other}."), 200)];
    }
    let line = |one: &differences::Difference| {
        let what = one.what.replace('_', " ");
        shorten(&format!("{what}: {} in {other}, {} here", one.baseline, one.candidate), 400)
    };
    all.iter().map(line).collect()
}

/// What any two cases come to: `[label]` and, for the i-th and each before it, words of the i-th
/// against that one.
fn pairs(set: &RunSet) -> String {
    let count = set.cases.len();
    if !(2..=PAIRED_MAX).contains(&count) {
        return String::new();
    }
    let words = |case: usize, other: usize| {
        let ratio = set.against(case, other);
        ratio.map_or_else(
            || set.why_not_against(case, Some(other)).to_owned(),
            |one| crate::format::ratio_words(&one),
        )
    };
    let against: Vec<Vec<String>> =
        (0..count).map(|case| (0..case).map(|other| words(case, other)).collect()).collect();
    let names: Vec<String> = set.cases.iter().map(|case| shorten(&case.label, MOST_NAME)).collect();
    json_in_html(&serde_json::json!({ "names": names, "against": against }))
}

/// The columns of the page's table: what a phone shows without scrolling comes first. The title
/// stands in the first column; see also [`below`].
const COLUMNS: [Key; 7] =
    [Key::Case, Key::Median, Key::Interval, Key::Samples, Key::Rows, Key::Cores, Key::Memory];

/// The columns of a grid, each number once: what shares a column has none of its own.
fn columns(grid: &Grid) -> Vec<Key> {
    let is_there = |key: &Key| grid.columns.iter().any(|column| column.key == *key);
    let there = || COLUMNS.into_iter().filter(is_there);
    there().filter(|key| there().all(|other| below(other) != Some(*key))).collect()
}

/// A column's head.
pub(crate) struct Head {
    pub(crate) text: String,
    /// What stands in the second line of its cells; may be empty.
    pub(crate) below: String,
    pub(crate) class: &'static str,
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
        Key::Cores => Some(Key::Memory),
        _ => None,
    }
}

fn class(key: Key) -> &'static str {
    if key.is_number() { "number" } else { "text" }
}

/// The most characters of a name in the table; the row's tooltip has the whole id.
const MOST_NAME: usize = 80;

/// A row of the table.
pub(crate) struct TableRow {
    /// Its case, counted from 1.
    pub(crate) number: usize,
    pub(crate) id: String,
    pub(crate) run: String,
    pub(crate) label: String,
    pub(crate) title: String,
    pub(crate) reverted: bool,
    /// Set where there are no numbers: then it stands in place of all cells.
    pub(crate) trouble: Option<String>,
    /// What it came to, for the filter; may be empty.
    pub(crate) word: &'static str,
    pub(crate) cells: Vec<TableCell>,
    pub(crate) more: More,
}

impl TableRow {
    /// Whether it is what a reader looks for first.
    pub(crate) fn is_changed(&self) -> bool {
        matches!(self.word, "faster" | "slower" | "failed")
    }
}

pub(crate) struct TableCell {
    pub(crate) class: &'static str,
    /// What the column is sorted by; empty where there is nothing.
    pub(crate) sort: String,
    pub(crate) pieces: Vec<TablePiece>,
    /// The second line.
    pub(crate) below: Vec<TablePiece>,
}

/// A piece of a cell: a plain text (`kind` 't'), an aside ('a') or a number ('n').
pub(crate) struct TablePiece {
    pub(crate) kind: char,
    pub(crate) text: String,
    pub(crate) metric: &'static str,
    pub(crate) field: &'static str,
    pub(crate) value: String,
    /// Of a ratio, the case that it is against, counted from 1; else empty.
    pub(crate) other: String,
}

impl Default for TablePiece {
    /// An empty text.
    fn default() -> Self {
        let (text, value, other) = (String::new(), String::new(), String::new());
        Self { kind: 't', text, metric: "", field: "", value, other }
    }
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
        number: row.case + 1,
        id: printable(case.info.id.as_str()),
        run: printable(set.runs[case.run].id.as_str()),
        label: shorten(&case.label, MOST_NAME),
        title: shorten(&case.title, MOST_NAME),
        reverted: case.reverted,
        trouble: case.trouble().map(|trouble| printable(&trouble)),
        word: "",
        cells: cells.collect(),
        more: More::default(),
    }
}

/// The table of a pass beside the timed one.
pub(crate) struct PassTable {
    pub(crate) name: &'static str,
    pub(crate) caption: String,
    pub(crate) heads: Vec<Head>,
    pub(crate) rows: Vec<TableRow>,
}

pub(crate) fn pass_table(set: &RunSet, PassGrid { pass, caption, grid }: &PassGrid) -> PassTable {
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
    let plain =
        |kind, text: &String| TablePiece { kind, text: printable(text), ..TablePiece::default() };
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
