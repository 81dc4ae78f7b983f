//! The scaling in numbers: of each line the best speed-up, where more stops paying, how much of the
//! workers is used there, and what the laws make of it.

use stats::Knee;
use stats::scaling::Fitted;

use super::data::{Data, Line, percent};
use crate::charts::table::{Cell, Head, Row, Table};
use crate::format::{PROSE_DIGITS, printable, shorten, significant};

/// Longest name of a line in the table.
const NAME_CHARS: usize = 60;

pub(super) fn table(data: &Data<'_>) -> Table {
    let number = |text: &str| Head::number(text.to_owned());
    let what = data.parameter;
    Table {
        name: "Scaling of each line".to_owned(),
        heads: vec![
            Head::text("line"),
            number("best speed-up").below(format!("with how many {what}")),
            number("nothing to win beyond").below("efficiency there, %".to_owned()),
            number("serial share, %").below("by Amdahl's law".to_owned()),
            number(&format!("fastest with, {what}")).below("by the universal law".to_owned()),
        ],
        rows: data.lines.iter().map(|line| row(data, line)).collect(),
        more: "Efficiency: the speed-up as a share of the proportional one. In brackets: 95 % \
               intervals."
            .to_owned(),
        fold: None,
    }
}

fn row(data: &Data<'_>, line: &Line) -> Row {
    let best = line.points.iter().max_by(|a, b| a.speed_up.total_cmp(&b.speed_up));
    let best = best.map_or_else(Cell::missing, |point| {
        let text = format!("{}×", significant(point.speed_up, PROSE_DIGITS));
        Cell::number(text, point.speed_up).below(point.workers.to_string())
    });
    let knee = match line.knee {
        Some(Knee::At(index)) => {
            let point = &line.points[index];
            let efficiency = significant(100.0 * line.efficiency(point), PROSE_DIGITS);
            Cell::number(point.workers.to_string(), point.workers).below(efficiency)
        }
        Some(Knee::NotInRange) => Cell::text("still winning at the most"),
        None => Cell::missing(),
    };
    let serial = line.amdahl.as_ref().map(|fit| estimate(&fit.contention, percent));
    let peak = line.universal.as_ref().and_then(|fit| fit.peak);
    let peak = peak.map(|peak| estimate(&peak, |value| significant(value, 2)));
    let name = if line.name.is_empty() { data.parameter } else { &line.name };
    Row {
        name: shorten(name, NAME_CHARS),
        title: printable(name),
        cells: vec![
            best,
            knee,
            serial.unwrap_or_else(Cell::missing),
            peak.unwrap_or_else(Cell::missing),
        ],
    }
}

/// A fitted value with its interval.
fn estimate(found: &Fitted, text: impl Fn(f64) -> String) -> Cell {
    let cell = Cell::number(text(found.value), found.value);
    match found.interval.filter(|interval| interval.high.is_finite()) {
        Some(interval) => {
            cell.below(format!("({} to {})", text(interval.low), text(interval.high)))
        }
        None => cell,
    }
}
