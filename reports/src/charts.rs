//! The charts of the report: one file each, one line each in [`CHARTS`].
//!
//! A chart answers one question about a run set. It draws itself as SVG in a size that the page
//! chooses, with colour roles instead of colours, so that one picture serves light, dark and print.

mod axis;
mod backend;
mod box_plot;
mod ceiling;
mod counters;
mod draw;
mod effort;
mod forest;
mod lanes;
mod montage;
mod pareto;
mod scaling;
mod settings;
mod standalone;
mod steady;
mod table;
mod trend;

pub use backend::ROLES;
pub use box_plot::BoxPlot;
pub use ceiling::Ceiling;
pub use counters::Counters;
pub use effort::Effort;
pub(crate) use forest::{Span, forest};
pub use lanes::Lanes;
pub use montage::Montage;
pub use pareto::Pareto;
pub use scaling::Scaling;
pub use settings::Settings;
pub use standalone::{Theme, standalone};
pub use steady::Steady;
pub use table::{Cell, Fold, Head, Row, Table};
pub use trend::Trend;

use crate::run_set::RunSet;

/// A question about a run set, and the picture that answers it.
pub trait Chart: Sync {
    /// Short name: the anchor of its section.
    fn id(&self) -> &'static str;

    /// The question, which becomes the heading of its section.
    fn question(&self) -> &'static str;

    /// One sentence that says what the marks mean.
    fn caption(&self, set: &RunSet) -> String;

    /// The picture; `None` where the set has nothing to draw.
    fn draw(&self, set: &RunSet, size: Size) -> Option<String>;

    /// Why there is no picture although what it needs was begun; the section says it instead.
    fn missing(&self, _set: &RunSet) -> Option<String> {
        None
    }

    /// The picture with its axis cut to the data, where that shows more.
    fn zoomed(&self, _set: &RunSet, _size: Size) -> Option<String> {
        None
    }

    /// What the marks mean where the reader has the picture show intervals of medians instead of
    /// ranges; `None` where it has no such marks.
    fn interval_caption(&self, _set: &RunSet) -> Option<String> {
        None
    }

    /// What the page's script needs to draw other parts of the set, as JSON for the page.
    fn data(&self, _set: &RunSet) -> Option<String> {
        None
    }

    /// The numbers below the picture, where a table says more than the marks do.
    fn table(&self, _set: &RunSet) -> Option<Table> {
        None
    }
}

/// How wide a picture is. Both are put into the page, and a media query shows one of them: a single
/// picture scaled to a phone would have 5 px text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// For screens from 700 px on, and for print.
    Wide,
    /// For phones.
    Narrow,
}

impl Size {
    /// Width in px.
    pub fn width(self) -> u32 {
        match self {
            Self::Wide => 820,
            Self::Narrow => 340,
        }
    }
}

/// Every chart, in the order of the page.
pub const CHARTS: &[&dyn Chart] = &[
    &Trend, &Effort, &BoxPlot, &Counters, &Lanes, &Montage, &Settings, &Pareto, &Scaling, &Ceiling,
    &Steady,
];

/// What the cases are that tell of settings, where they stand apart from the others; else empty.
fn apart(set: &RunSet) -> String {
    let words =
        |sweep: &RunSet| format!("A sweep beside the other cases: {}. ", sweep.shared_words());
    set.sweep.as_deref().map(words).unwrap_or_default()
}

/// A shift from -0.9 to 0.9, the same every time: multiples of the golden ratio spread evenly
/// however many there are.
fn jitter(number: usize) -> f64 {
    let turn = (number as f64 * 0.618_033_988_749_895).fract();
    (turn - 0.5) * 1.8
}
