//! What the machine counted per row of work, case by case, each against the one before: a table.
//!
//! One column per count that some case has, named with its source; what a pass beside the timed one
//! counted stands in columns of its own. A number that was scaled, or a change that the samples do
//! not show, is grey. No picture: many counts of many units have no common axis.

mod column;
mod fold;

use record::{Pass, Source};

use self::column::{COLUMNS, Column, Count};
use super::table::{Cell, Head, Row, Table};
use super::{Chart, Size};
use crate::format::{PROSE_DIGITS, printable, shorten, significant};
use crate::history::lines;
use crate::notes;
use crate::run_set::RunSet;

/// A table of counts.
pub struct Counters;

/// Longest name of a case in the table.
const NAME_CHARS: usize = 60;

/// Changes smaller than this print as nought and are left out, as a share.
const SMALLEST: f64 = 0.0005;

impl Chart for Counters {
    fn id(&self) -> &'static str {
        "counters"
    }

    fn question(&self) -> &'static str {
        "What did the machine do differently?"
    }

    fn caption(&self, set: &RunSet) -> String {
        let columns = columns(set);
        let against = match lines(set).is_empty() {
            true => "the first case",
            false => "the step before that was kept",
        };
        let mut text = "Medians".to_owned();
        text += if columns.iter().any(|one| one.by_row) { ", per row of work" } else { "" };
        text += &format!(
            ". Second line: the change against {against}, as a bar from −100 to +100 %; grey and \
             without a bar where the samples do not show one."
        );
        if columns.iter().any(|column| column.is_scaled()) {
            text += " Grey numbers: the counter shared the PMU with others and was scaled up.";
        }
        if fold::is_long(measured(set, &columns).len()) {
            text += " The first, the last and those that changed most stand open.";
        }
        text
    }

    fn draw(&self, _set: &RunSet, _size: Size) -> Option<String> {
        None
    }

    fn table(&self, set: &RunSet) -> Option<Table> {
        let columns = columns(set);
        if columns.is_empty() {
            return None;
        }
        let before = before(set);
        let mut heads = vec![Head::text(set.label_name())];
        heads.extend(columns.iter().map(|column| {
            Head::number(column.head()).below(source_words(column.source).to_owned())
        }));
        let row = |case: usize| {
            let cells = columns.iter().map(|column| cell(column, case, before[case]));
            let one = &set.cases[case];
            Row {
                name: shorten(&one.label, NAME_CHARS),
                title: printable(format!("{} {}", one.label, one.title_words()).trim()),
                cells: cells.collect(),
            }
        };
        let rows = measured(set, &columns).into_iter().map(row).collect();
        let (rows, fold) = fold::split(rows);
        Some(Table {
            name: "Counts of all cases".to_owned(),
            heads,
            rows,
            fold,
            more: missing(set),
        })
    }
}

/// The columns that some case has, those of the timed pass first.
fn columns(set: &RunSet) -> Vec<Column> {
    let passes = [
        None,
        Some(Pass::Totals),
        Some(Pass::Counters),
        Some(Pass::Simulated),
        Some(Pass::Allocation),
    ];
    let of_pass = |pass| COLUMNS.iter().filter_map(move |what| Column::new(set, what, pass));
    // Sums over the timed executions are theirs; the times of any other pass mean nothing.
    let is_theirs = |pass: Option<Pass>| matches!(pass, None | Some(Pass::Totals));
    let all = passes.into_iter().flat_map(of_pass);
    all.filter(|one| is_theirs(one.pass) || !one.is_time()).collect()
}

/// The cases of which something was counted.
fn measured(set: &RunSet, columns: &[Column]) -> Vec<usize> {
    let is_counted = |case: &usize| columns.iter().any(|column| column.counts[*case].is_some());
    (0..set.cases.len()).filter(is_counted).collect()
}

/// Whether counts of a pass hardly vary. What another tool counted may.
fn is_exact(pass: Option<Pass>) -> bool {
    matches!(pass, Some(Pass::Simulated | Pass::Allocation))
}

/// The case that each case is held against.
fn before(set: &RunSet) -> Vec<Option<usize>> {
    let mut before = vec![None; set.cases.len()];
    let lines = lines(set);
    for line in &lines {
        let mut kept = None;
        for step in &line.steps {
            before[step.case] = kept;
            if !step.reverted && set.cases[step.case].wall_time().is_some() {
                kept = Some(step.case);
            }
        }
    }
    if lines.is_empty() {
        let first = (0..set.cases.len()).find(|&case| set.cases[case].wall_time().is_some());
        for (case, before) in before.iter_mut().enumerate() {
            *before = first.filter(|first| *first != case);
        }
    }
    before
}

fn cell(column: &Column, case: usize, before: Option<usize>) -> Cell {
    let Some(count) = &column.counts[case] else { return Cell::missing() };
    let value = count.median * column.times;
    let text = significant(value / column.scale.factor, PROSE_DIGITS);
    let cell = Cell::number(text, value).faint(count.on_pmu < 1.0);
    let before = before.and_then(|before| column.counts[before].as_ref());
    match before.and_then(|before| change(count, before, is_exact(column.pass))) {
        Some(Change { words, share, shown }) => {
            cell.below(words).below_faint(!shown).change((shown && share != 0.0).then_some(share))
        }
        None => cell,
    }
}

/// Whether all of one side lie on one side of all of the other. Counts of exact passes hardly
/// vary, so that few of them are enough to tell.
fn are_apart(one: &Count, other: &Count) -> bool {
    let range = |count: &Count| {
        let values = count.points.iter().map(|point| point.value);
        values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        })
    };
    let (one, other) = (range(one), range(other));
    one.0 > other.1 || one.1 < other.0
}

/// What happened between two counts.
struct Change {
    words: String,
    /// Of the earlier count: -0.5 is half as much.
    share: f64,
    /// Whether the samples show it.
    shown: bool,
}

fn change(count: &Count, before: &Count, exact: bool) -> Option<Change> {
    let ratio = stats::ratio_of_medians(&count.points, &before.points)?;
    let share = ratio.ratio - 1.0;
    if share.abs() < SMALLEST {
        let shown = ratio.interval.is_confident();
        return Some(Change { words: "±0 %".to_owned(), share: 0.0, shown });
    }
    let sign = if share > 0.0 { "+" } else { "" };
    let words = match share {
        share if share >= 9.0 => format!("{}×", significant(ratio.ratio, 2)),
        share => format!("{sign}{} %", significant(100.0 * share, 2)),
    };
    let (words, shown) = match (ratio.excludes_one(), ratio.interval.is_confident()) {
        _ if exact => (words, are_apart(count, before)),
        (true, _) => (words, true),
        (false, true) => ("no difference".to_owned(), false),
        (false, false) => (format!("{words}?"), false),
    };
    Some(Change { words, share, shown })
}

fn source_words(source: Option<Source>) -> &'static str {
    match source {
        Some(Source::Hardware) => "hardware counter",
        Some(Source::Software) => "kernel counter",
        Some(Source::Process) => "process accounting",
        Some(Source::Machine) => "whole machine",
        Some(Source::Simulated) => "simulated CPU",
        Some(Source::Allocation) => "counting allocator",
        Some(Source::Workload) => "the work itself",
        Some(Source::Harness) => "dyno's clock",
        Some(other) => other.as_str(),
        None => "",
    }
}

/// What no case has, and why, in sentences.
fn missing(set: &RunSet) -> String {
    let lines = notes::unavailable(set).into_iter().map(|one| {
        let remedy = match one.remedy.as_str() {
            "" => String::new(),
            remedy => format!(" What would help: {remedy}."),
        };
        format!("Not counted: {}.{remedy}", notes::unavailable_line(one))
    });
    printable(&lines.collect::<Vec<_>>().join(" "))
}
