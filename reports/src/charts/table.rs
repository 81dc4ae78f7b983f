//! A table that stands below a chart's picture, or in its place. Plain data; the page draws it.

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What it is, for those who cannot see it.
    pub name: String,
    /// Its heads, the first one above the names of the rows.
    pub heads: Vec<Head>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// What it leaves out, in a sentence; may be empty.
    pub more: String,
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Its text.
    pub text: String,
    /// A second line; may be empty.
    pub below: String,
    /// `number` or `text`, which decides on which side its cells stand.
    pub class: &'static str,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is about.
    pub name: String,
    /// The same in full, where the name was cut.
    pub title: String,
    /// One cell per head but the first.
    pub cells: Vec<Cell>,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// Its text.
    pub text: String,
    /// A second line; may be empty.
    pub below: String,
    /// `number` or `text`.
    pub class: &'static str,
    /// Whether it is to be believed less than its neighbours: shown in grey.
    pub faint: bool,
    /// The same for the second line alone.
    pub below_faint: bool,
    /// The exact number; `None` for words.
    pub value: Option<f64>,
}

impl Head {
    pub(super) fn text(text: &str) -> Self {
        Self { text: text.to_owned(), below: String::new(), class: "text" }
    }

    pub(super) fn number(text: String) -> Self {
        Self { text, below: String::new(), class: "number" }
    }

    pub(super) fn below(self, below: String) -> Self {
        Self { below, ..self }
    }
}

impl Cell {
    pub(super) fn text(text: &str) -> Self {
        Self { text: text.to_owned(), class: "text", ..Self::default() }
    }

    pub(super) fn number(text: String, value: f64) -> Self {
        Self { text, class: "number", value: Some(value), ..Self::default() }
    }

    /// A number that is not there.
    pub(super) fn missing() -> Self {
        Self { text: "–".to_owned(), class: "number", faint: true, ..Self::default() }
    }

    pub(super) fn below(self, below: String) -> Self {
        Self { below, ..self }
    }

    pub(super) fn faint(self, faint: bool) -> Self {
        Self { faint, ..self }
    }

    pub(super) fn below_faint(self, below_faint: bool) -> Self {
        Self { below_faint, ..self }
    }
}
