//! A table that stands below a chart's picture, or in its place. Plain data; the page draws it.

use super::backend::Role;

/// A table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What it is, for those who cannot see it.
    pub name: String,
    /// Its heads, the first one above the names of the rows.
    pub heads: Vec<Head>,
    /// Its rows.
    pub rows: Vec<Row>,
    /// Rows that are folded below those, of a table that would be too long.
    pub fold: Option<Fold>,
    /// What it leaves out, in a sentence; may be empty.
    pub more: String,
}

/// Rows that stand folded.
#[derive(Clone, Debug, PartialEq)]
pub struct Fold {
    /// What opens them: how many they are, and which.
    pub words: String,
    /// The rows.
    pub rows: Vec<Row>,
}

impl Table {
    /// The rows that stand open and then those that are folded: name, what opens them, rows.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (String, &str, &[Row])> {
        let open = (self.name.clone(), "", &*self.rows);
        let folded = self.fold.iter();
        let folded =
            folded.map(|fold| (format!("{}, folded", self.name), &*fold.words, &*fold.rows));
        std::iter::once(open).chain(folded)
    }
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
    /// A change as a share, drawn as a bar before the second line; `None` for no bar.
    pub change: Option<f64>,
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

    pub(super) fn change(self, change: Option<f64>) -> Self {
        Self { change, ..self }
    }

    /// The change as a bar from the middle, half of it as wide as a change of 100 %; may be empty.
    pub(crate) fn bar(&self) -> String {
        let Some(change) = self.change else { return String::new() };
        const HALF: f64 = 28.0;
        let width = HALF * change.abs().min(1.0);
        let (x, role) = if change < 0.0 { (HALF - width, Role::Less) } else { (HALF, Role::More) };
        format!(
            "<svg class=\"bar\" width=\"{0}\" height=\"9\" viewBox=\"0 0 {0} 9\" \
             aria-hidden=\"true\"><path d=\"M{HALF} 0v9\" {1}/><rect x=\"{x:.1}\" y=\"1\" \
             width=\"{width:.1}\" height=\"7\" {2}/></svg>",
            2.0 * HALF,
            Role::Axis.outline(1.0),
            role.paint()
        )
    }

    pub(super) fn below_faint(self, below_faint: bool) -> Self {
        Self { below_faint, ..self }
    }
}
