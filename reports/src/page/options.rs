//! What of a set the page shows, and where its style and script lie.
//!
//! The command line fills [`PageOptions`] and says what [`sections`] there are; the page and the
//! Markdown report obey.

use std::borrow::Cow;

use anyhow::Result;

use crate::charts::{CHARTS, Chart};
use crate::run_set::RunSet;

/// What is shown of a set.
#[derive(Clone, Debug, Default)]
pub struct PageOptions {
    /// The case that others are held against, by label or id; the first with numbers if `None`.
    pub reference: Option<String>,
    /// Two cases, or two steps of a history, that are put against each other: nothing else is
    /// shown, and the first is the one that is held against.
    pub compare: Option<(String, String)>,
    /// The sections that are shown, of [`sections`]; all if empty.
    pub only: Vec<String>,
    /// Where style and script lie.
    pub assets: Assets,
}

/// Where the page's style and script lie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Assets {
    /// In the page, which is then the only file.
    #[default]
    Inline,
    /// Beside it, in the files of [`Assets::FILES`]: for servers whose policy refuses styles in
    /// pages.
    Split,
}

impl Assets {
    /// Name and text of each file that lies beside a split page.
    pub const FILES: [(&'static str, &'static str); 2] =
        [("report.css", super::frame::STYLE), ("report.js", super::frame::SCRIPT)];
}

impl PageOptions {
    /// Whether a section is to be shown.
    pub(super) fn shows(&self, section: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|name| name == section)
    }

    /// The set, narrowed to what is put against each other.
    ///
    /// # Errors
    ///
    /// If one of the two is not there.
    pub(crate) fn narrowed<'a>(&self, set: &'a RunSet) -> Result<Cow<'a, RunSet>> {
        let Some((from, to)) = &self.compare else { return Ok(Cow::Borrowed(set)) };
        let mut set = set.clone();
        set.keep_pair(from, to)?;
        Ok(Cow::Owned(set))
    }
}

/// The chart behind which the table of all cases stands.
const BEFORE_CASES: &str = "noise";

/// The charts before and behind the table of all cases.
pub(super) fn charts() -> (&'static [&'static dyn Chart], &'static [&'static dyn Chart]) {
    let last = CHARTS.iter().position(|chart| chart.id() == BEFORE_CASES);
    CHARTS.split_at(last.map_or(CHARTS.len(), |last| last + 1))
}

/// The name of every section that a page can have, in the order of the page.
pub fn sections() -> Vec<&'static str> {
    let (before, after) = charts();
    let ids = |charts: &[&'static dyn Chart]| charts.iter().map(|chart| chart.id()).collect();
    let (before, after): (Vec<_>, Vec<_>) = (ids(before), ids(after));
    [before, vec!["cases", "passes"], after, vec!["failures", "method"]].concat()
}
