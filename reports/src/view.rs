//! The table of all cases as cells, before anyone decides how a cell looks.
//!
//! The terminal's table, the Markdown table and the page draw the same grid, so that they cannot
//! disagree. A number in a cell keeps its exact value and its name beside its text.

use record::metrics;

use crate::format::{Kind, Scale, TABLE_DIGITS, ratio_text};
use crate::run_set::{CaseSet, RunSet, Series, State};

/// The table.
pub(crate) struct Grid {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Row>,
}

/// A column.
pub(crate) struct Column {
    pub(crate) key: Key,
    pub(crate) head: String,
}

/// What a column shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Case,
    Title,
    Samples,
    Median,
    Interval,
    Range,
    Rows,
    Bytes,
    Cores,
    Memory,
    Against,
    /// The median of a metric; in the tables of other passes than the timed one.
    Metric(&'static str),
    /// A number of a metric that a person named; in the table of those alone.
    Chosen,
}

impl Key {
    /// Whether its cells are numbers, which stand to the right.
    pub(crate) fn is_number(self) -> bool {
        !matches!(self, Self::Case | Self::Title | Self::Against)
    }
}

/// One case.
pub(crate) struct Row {
    /// Its index in the set.
    pub(crate) case: usize,
    /// One per column.
    pub(crate) cells: Vec<Cell>,
    /// Whether the case has no numbers because it failed.
    pub(crate) failed: bool,
}

/// What stands in one place of the table: texts and numbers in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cell(pub(crate) Vec<Piece>);

/// A piece of a cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    Text(String),
    Number(Number),
    /// A text in brackets, which may be printed smaller.
    Aside(String),
}

/// A number as it is printed, and what it is exactly.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Number {
    pub(crate) text: String,
    /// The metric, as the JSON document names it.
    pub(crate) metric: &'static str,
    /// The field of the metric, as the JSON document names it.
    pub(crate) field: &'static str,
    /// The value in the metric's base unit.
    pub(crate) value: f64,
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self(vec![Piece::Text(text.into())])
    }

    /// The texts of all pieces.
    pub(crate) fn plain(&self) -> String {
        self.0.iter().map(Piece::text).collect()
    }

    /// The first number, by which a column is sorted.
    pub(crate) fn number(&self) -> Option<&Number> {
        self.0.iter().find_map(|piece| match piece {
            Piece::Number(number) => Some(number),
            _ => None,
        })
    }
}

impl Piece {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Aside(text) => text,
            Self::Number(number) => &number.text,
        }
    }
}

/// The table of all cases; `reference` is the index of the case that others are held against.
pub(crate) fn grid(set: &RunSet, reference: Option<usize>) -> Grid {
    let builder = Builder { set, reference };
    let columns: Vec<Column> = ALL.iter().filter_map(|&key| builder.column(key)).collect();
    let row = |case: usize| Row {
        case,
        cells: columns.iter().map(|column| builder.cell(column.key, case)).collect(),
        failed: set.cases[case].state == State::Failed,
    };
    let rows = (0..set.cases.len()).map(row).collect();
    Grid { rows, columns }
}

const ALL: [Key; 11] = [
    Key::Case,
    Key::Title,
    Key::Samples,
    Key::Median,
    Key::Interval,
    Key::Range,
    Key::Rows,
    Key::Bytes,
    Key::Cores,
    Key::Memory,
    Key::Against,
];

struct Builder<'a> {
    set: &'a RunSet,
    reference: Option<usize>,
}

impl Builder<'_> {
    /// The column, or `None` where no case has anything to put there.
    fn column(&self, key: Key) -> Option<Column> {
        let unit = |text: &str, metric| {
            let unit = self.scale(metric)?.unit;
            Some(if unit.is_empty() { text.to_owned() } else { format!("{text}, {unit}") })
        };
        let head = match key {
            Key::Case => self.set.label_name().to_owned(),
            Key::Title => {
                let titled = self.set.cases.iter().any(|case| !case.title_words().is_empty());
                titled.then(|| "title".to_owned())?
            }
            Key::Samples => "n".to_owned(),
            Key::Median => unit("median", WALL)?,
            Key::Interval => self.scale(WALL).map(|_| "95 % interval".to_owned())?,
            Key::Range => self.scale(WALL).map(|_| "min to max".to_owned())?,
            Key::Rows => self.scale(ROWS)?.unit.to_owned(),
            Key::Bytes => self.scale(BYTES)?.unit.to_owned(),
            Key::Cores => unit("cores busy", CORES)?,
            Key::Memory => unit("peak RSS", MEMORY)?,
            Key::Against => match self.reference {
                Some(case) => format!("against {}", self.set.against_words(case)),
                None => "result".to_owned(),
            },
            Key::Metric(metric) => unit(metric, metric)?,
            // Chosen columns are made where they were chosen.
            Key::Chosen => return None,
        };
        Some(Column { key, head })
    }

    /// The scale of a metric's column: that which suits the reference, or the first case that has
    /// the metric where the reference has not.
    fn scale(&self, metric: &str) -> Option<Scale> {
        let of = |case: &CaseSet| {
            let series = case.metric(metric)?;
            Some(series.kind.scale(series.summary.median))
        };
        let first = self.reference.and_then(|case| of(&self.set.cases[case]));
        first.or_else(|| self.set.cases.iter().find_map(of))
    }

    fn cell(&self, key: Key, index: usize) -> Cell {
        let case = &self.set.cases[index];
        match key {
            Key::Case => Cell::text(case.label.clone()),
            Key::Title => Cell::text(case.title_words()),
            Key::Samples => samples(case),
            Key::Median => self.median(case, WALL),
            Key::Interval => self.interval(case),
            Key::Range => self.range(case),
            Key::Rows => self.median(case, ROWS),
            Key::Bytes => self.median(case, BYTES),
            Key::Cores => self.median(case, CORES),
            Key::Memory => self.median(case, MEMORY),
            Key::Against => self.against(index),
            Key::Metric(metric) => self.median(case, metric),
            Key::Chosen => Cell::default(),
        }
    }

    fn median(&self, case: &CaseSet, metric: &'static str) -> Cell {
        let (Some(series), Some(scale)) = (case.metric(metric), self.scale(metric)) else {
            return Cell::default();
        };
        let value = series.summary.median;
        let digits = match series.kind {
            // Two decimals below 10.
            Kind::Ratio => {
                if value < 1.0 {
                    2
                } else {
                    3
                }
            }
            _ => TABLE_DIGITS,
        };
        let text = scale.number(value, digits);
        Cell(vec![Piece::Number(Number { text, metric, field: "median", value })])
    }

    fn interval(&self, case: &CaseSet) -> Cell {
        let Some((series, scale)) = self.wall(case) else { return Cell::default() };
        let interval = series.summary.interval;
        if !interval.is_confident() {
            return Cell::text(format!("min to max (n={})", series.summary.replicates));
        }
        wall_range(scale, [("low", interval.low), ("high", interval.high)])
    }

    fn range(&self, case: &CaseSet) -> Cell {
        let Some((series, scale)) = self.wall(case) else { return Cell::default() };
        wall_range(scale, [("min", series.summary.min), ("max", series.summary.max)])
    }

    fn wall<'c>(&self, case: &'c CaseSet) -> Option<(&'c Series, Scale)> {
        Some((case.wall_time()?, self.scale(WALL)?))
    }

    fn against(&self, index: usize) -> Cell {
        let case = &self.set.cases[index];
        if let Some(trouble) = case.trouble() {
            return Cell::text(trouble);
        }
        let reference = self.set.held_against(index, self.reference);
        if reference == Some(index) {
            return Cell::text("reference");
        }
        let Some(ratio) = reference.and_then(|other| self.set.against(index, other)) else {
            return Cell::text(self.set.why_not_against(index, reference));
        };
        let text = ratio_text(&ratio);
        let number =
            Number { text: text.number, metric: "against", field: "ratio", value: ratio.ratio };
        Cell(vec![Piece::Number(number), Piece::Text(text.word), Piece::Aside(text.aside)])
    }
}

const WALL: &str = metrics::WALL_TIME.name;
const ROWS: &str = "rows_per_second";
const BYTES: &str = "bytes_per_second";
const CORES: &str = "cores_busy";
const MEMORY: &str = metrics::PEAK_RSS.name;

fn samples(case: &CaseSet) -> Cell {
    let Some(series) = case.wall_time() else {
        return Cell::text(case.counted.to_string());
    };
    let summary = &series.summary;
    let text = summary.samples.to_string();
    let value = summary.samples as f64;
    let mut pieces = vec![Piece::Number(Number { text, metric: WALL, field: "samples", value })];
    if summary.replicates < summary.samples {
        pieces.push(Piece::Aside(format!(" in {}", summary.replicates)));
    }
    Cell(pieces)
}

fn wall_range(scale: Scale, ends: [(&'static str, f64); 2]) -> Cell {
    let [from, to] = ends.map(|(field, value)| {
        let text = scale.number(value, TABLE_DIGITS);
        Piece::Number(Number { text, metric: WALL, field, value })
    });
    Cell(vec![from, Piece::Text(" to ".to_owned()), to])
}
