//! The report: one HTML file that needs nothing else, not even JavaScript.
//!
//! The command line calls [`html`] and writes what it returns. Every number comes from the run set
//! and the grid that `dyno show` prints too. Everything that came from outside is escaped by the
//! template; only our own style, script and pictures are put in as they are.

mod cases;
mod data;
mod frame;
pub(crate) mod headline;
pub(crate) mod method;
mod options;

use anyhow::{Context as _, Result};
use askama::Template;

pub(crate) use frame::Frame;
pub use options::{Assets, PageOptions, sections};

use crate::charts::{Chart, Size, Table};
use crate::format::{counted, printable};
use crate::markdown;
use crate::notes;
use crate::passes;
use crate::run_set::RunSet;
use crate::verdicts::{Largest, verdicts};

/// The page of a set. The same set gives the same bytes.
///
/// # Errors
///
/// If a case that is named does not exist, or the reference has no numbers.
pub fn html(set: &RunSet, options: &PageOptions) -> Result<String> {
    let markdown = markdown::report(set, options)?;
    let set = &*options.narrowed(set)?;
    let reference = set.reference(options.reference.as_deref())?;
    let headline = headline::of(set, options);
    let verdicts = verdicts(set, reference, options.reference.is_some());
    let (before, after) = options::charts();
    // Thousands of rows would be a wall that nobody reads, of more megabytes than a page may have.
    let few = set.few(DRAWN_MAX);
    let drawn = few.as_ref().map_or(set, |(few, _)| few);
    let charts = |charts: &[&dyn Chart]| -> Vec<Section> {
        let shown = charts.iter().filter(|chart| options.shows(chart.id()));
        shown.filter_map(|chart| section(*chart, drawn)).collect()
    };
    let mut page = Page {
        frame: Frame::new(&headline.sentence, options.assets),
        headline,
        about: headline::about(set),
        conditions: headline::conditions(set),
        unavailable: unavailable(set),
        warnings: warnings(set),
        before: charts(before),
        after: charts(after),
        data: data::links(set, reference, &markdown),
        counts: headline::counts(set, &verdicts, reference),
        largest: verdicts.largest(set),
        cases: cases::table(set, reference, &verdicts),
        passes: passes::grids(set).iter().map(|one| cases::pass_table(set, one)).collect(),
        imported: set.runs.iter().all(|run| run.imported.is_some()),
        failures: method::failures(set),
        runs: method::runs(set),
        drawn: few.as_ref().map(|(_, words)| words.clone()).unwrap_or_default(),
        unanswered: Vec::new(),
        options: options.clone(),
    };
    page.unanswered = page.unanswered();
    page.render().context("fill the report's template")
}

/// The most cases that charts show.
const DRAWN_MAX: usize = 250;

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    frame: Frame,
    headline: headline::Headline,
    about: String,
    conditions: String,
    unavailable: Option<String>,
    /// The gravest first: it stands open, the others fold.
    warnings: Vec<String>,
    before: Vec<Section>,
    after: Vec<Section>,
    data: Vec<data::DataLink>,
    counts: String,
    largest: Option<Largest>,
    cases: cases::CasesTable,
    passes: Vec<cases::PassTable>,
    /// Whether another tool measured all of it.
    imported: bool,
    failures: Vec<method::FailureText>,
    runs: Vec<method::RunText>,
    /// Which cases the charts show, where not all; may be empty.
    drawn: String,
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

    fn more_warnings(&self) -> String {
        counted(self.warnings.len() - 1, "more warning")
    }

    /// The address of the row of a case, where the table has one.
    fn row_of(&self, one: &Largest) -> Option<String> {
        let number = one.case + 1;
        let is_there = self.cases.rows.iter().any(|row| row.number == number);
        (is_there && self.shows("cases")).then(|| format!("#case-{number}"))
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
    /// The same where the marks show intervals of medians.
    interval_caption: Option<String>,
    pictures: Vec<String>,
    /// The same with their axes cut to the data; empty where that shows nothing more.
    zoomed: Vec<String>,
    table: Option<Table>,
    /// What the page's script needs to draw more, as JSON.
    data: Option<String>,
}

impl Section {
    fn has_intervals(&self) -> bool {
        self.interval_caption.is_some()
    }

    /// Whether its pictures can be shown another way.
    fn has_buttons(&self) -> bool {
        self.has_intervals() || !self.zoomed.is_empty()
    }
}

/// A chart's section; `None` where nothing in the set is about its question.
fn section(chart: &dyn Chart, set: &RunSet) -> Option<Section> {
    let pictures = [Size::Wide, Size::Narrow].into_iter();
    let pictures: Vec<String> = pictures.filter_map(|size| chart.draw(set, size)).collect();
    let zoomed = [Size::Wide, Size::Narrow].into_iter();
    let table = chart.table(set);
    let is_answered = !pictures.is_empty() || table.is_some();
    let caption = if is_answered { chart.caption(set) } else { chart.missing(set)? };
    Some(Section {
        id: chart.id(),
        question: chart.question(),
        caption: printable(&caption),
        interval_caption: chart.interval_caption(set).map(|caption| printable(&caption)),
        pictures,
        zoomed: zoomed.filter_map(|size| chart.zoomed(set, size)).collect(),
        table,
        data: chart.data(set),
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
