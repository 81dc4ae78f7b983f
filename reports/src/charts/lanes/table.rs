//! The functions beside the lanes: what each costs before and after, largest difference first.

use super::data::{Data, number};
use crate::charts::table::{Cell, Head, Row, Table};
use crate::format::{printable, shorten};
use crate::profile::{FunctionChange, percent, sentence};
use crate::run_set::CaseSet;

/// The most functions that are listed.
const ROWS_MAX: usize = 20;

/// Longest name of a function in the table.
const NAME_CHARS: usize = 90;

pub(super) fn table(data: &Data<'_>) -> Table {
    let functions = &data.diff.functions;
    Table {
        name: "Functions that changed".to_owned(),
        heads: vec![
            Head::text("function, with what it calls"),
            Head::number(format!("A, {}", data.diff.unit)),
            Head::number("B".to_owned()),
            Head::number("difference".to_owned()),
            Head::text("note"),
        ],
        rows: functions.iter().take(ROWS_MAX).map(|function| row(data, function)).collect(),
        more: format!(
            "The largest differences that the samples show, {ROWS_MAX} at most. {}",
            taken(data)
        ),
        fold: None,
    }
}

/// How each of the two profiles was taken, and how whole it is.
fn taken(data: &Data<'_>) -> String {
    let one = |case: &&CaseSet| {
        let profile = case.profile.as_ref()?;
        Some(format!("{}: {}.", shorten(&case.label, NAME_CHARS), sentence(&profile.info)))
    };
    data.cases.iter().filter_map(one).collect::<Vec<_>>().join(" ")
}

fn row(data: &Data<'_>, function: &FunctionChange) -> Row {
    let (before, after) = function.cost;
    let side = |side: usize, cost: f64, samples: u64| match samples {
        0 => Cell::missing(),
        _ => Cell::number(number(cost), cost).below(percent(cost / data.total(side))),
    };
    let difference = after - before;
    let sign = if difference > 0.0 { "+" } else { "" };
    Row {
        name: shorten(&super::names::short(&function.name), NAME_CHARS),
        title: printable(&function.name),
        cells: vec![
            side(0, before, function.samples.0),
            side(1, after, function.samples.1),
            Cell::number(format!("{sign}{}", number(difference)), difference),
            Cell::text(function.change.as_str()),
        ],
    }
}
