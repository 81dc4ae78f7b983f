//! Which rows of a long table of counts stand open: the ends, and those that changed most.
//!
//! A history of hundreds of steps would be a wall that nobody reads. `counters.rs` calls it.

use crate::charts::table::{Fold, Row};
use crate::format::counted;

/// A table of at most so many rows stands open as it is.
const WHOLE_MAX: usize = 40;

/// Of a longer one at most so many rows, ...
const OPEN_MAX: usize = 24;

/// ... of them this many at each end.
const ENDS: usize = 3;

/// Whether a table of so many rows is split.
pub(super) fn is_long(rows: usize) -> bool {
    rows > WHOLE_MAX
}

/// The rows that stand open, and those that are folded below them; both in their order.
pub(super) fn split(rows: Vec<Row>) -> (Vec<Row>, Option<Fold>) {
    if !is_long(rows.len()) {
        return (rows, None);
    }
    let count = rows.len();
    let is_end = |at: usize| at < ENDS || at + ENDS >= count;
    // Ends first, then the largest change; equal ones in their order.
    let mut order: Vec<(bool, f64, usize)> =
        rows.iter().enumerate().map(|(at, row)| (is_end(at), largest(row), at)).collect();
    order.sort_by(|one, other| other.0.cmp(&one.0).then(other.1.total_cmp(&one.1)));
    let told = order.iter().filter(|(is_end, change, _)| *is_end || *change > 0.0);
    let open: Vec<usize> = told.map(|&(_, _, at)| at).take(OPEN_MAX).collect();
    let (open, folded): (Vec<_>, Vec<_>) =
        rows.into_iter().enumerate().partition(|(at, _)| open.contains(at));
    let rows = |rows: Vec<(usize, Row)>| rows.into_iter().map(|(_, row)| row).collect();
    let words =
        format!("{} with smaller changes, or none shown", counted(folded.len(), "more row"));
    (rows(open), Some(Fold { words, rows: rows(folded) }))
}

/// The largest of a row's changes that the samples show, as the logarithm of its ratio, so that
/// half as much weighs as twice as much; 0 where they show none.
fn largest(row: &Row) -> f64 {
    let changes = row.cells.iter().filter_map(|cell| cell.change);
    changes.map(|share| (1.0 + share).ln().abs()).fold(0.0, f64::max)
}
