//! The median time over two parameters of a grid: which settings are best, and which are as good.
//!
//! A cell is one pair of values, the darker the more work is done in a second (in dark mode the
//! lighter). Where a grid has more than two parameters, a cell stands for its best case.

mod grid;

use plotters::prelude::Rectangle;

use self::grid::{Cell as Pair, Grid};
use super::axis::fitted;
use super::backend::{Role, text_width};
use super::draw::{Canvas, Failed, Side, TEXT, filled, stroked, ties, units};
use super::table::{Cell, Head, Row, Table};
use super::{Chart, Size, apart};
use crate::format::{PROSE_DIGITS, counted, printable};
use crate::run_set::RunSet;
use crate::view::{self, Key};

/// A heat map.
pub struct Settings;

/// Height of a row in px.
const ROW: f64 = 34.0;

/// Room above the cells for the name of the parameter at their left, and below for the values of
/// the other one and its name.
const ABOVE: f64 = 22.0;
const BELOW: f64 = 44.0;

impl Chart for Settings {
    fn id(&self) -> &'static str {
        "settings"
    }

    fn question(&self) -> &'static str {
        "Which settings are best?"
    }

    fn caption(&self, set: &RunSet) -> String {
        let Some(grid) = Grid::new(set) else { return String::new() };
        let what = if grid.scale.unit.ends_with("/s") { "Throughput" } else { "Median wall time" };
        let mut text = apart(set) + &format!("{what} in {}.", grid.scale.unit);
        if !grid.folded.is_empty() {
            text += &format!(" Each cell: the best over {}.", grid.folded.join(", "));
        }
        text += " Thick frame: the best.";
        text += &match (grid.ties(), grid.untold()) {
            (0, 0) => " Every other cell is worse, with 95 % confidence each.".to_owned(),
            (0, _) => " Too few processes to tell which cells are as good.".to_owned(),
            (ties, _) => format!(
                " Thin frame: {} not shown to differ from it (95 %).",
                counted(ties, "cell")
            ),
        };
        text
    }

    fn draw(&self, set: &RunSet, size: Size) -> Option<String> {
        let grid = Grid::new(set)?;
        // OK because a string takes every mark; a layout that does not fit is nothing to draw.
        draw(&grid, size).ok()
    }

    /// Of a sweep beside the other cases: those stand in the table of all cases, it does not.
    fn table(&self, set: &RunSet) -> Option<Table> {
        let sweep = set.sweep.as_deref()?;
        Grid::new(set).map(|_| table(sweep))
    }
}

/// The cases of a sweep, the fastest first, each against that one.
fn table(sweep: &RunSet) -> Table {
    let all = view::grid(sweep, sweep.best());
    let shown = |key: Key| all.columns.iter().position(|column| column.key == key);
    let kept: Vec<usize> = COLUMNS.into_iter().filter_map(shown).collect();
    let head = |column: &usize| {
        let view::Column { key, head } = &all.columns[*column];
        if key.is_number() { Head::number(head.clone()) } else { Head::text(head) }
    };
    let cell = |row: &view::Row, column: &usize| {
        let (cell, key) = (&row.cells[*column], all.columns[*column].key);
        let class = if key.is_number() { "number" } else { "text" };
        let value = cell.number().map(|number| number.value);
        Cell { text: printable(&cell.plain()), class, value, ..Cell::default() }
    };
    let row = |row: &view::Row| Row {
        name: printable(&sweep.cases[row.case].label),
        title: String::new(),
        cells: kept.iter().map(|column| cell(row, column)).collect(),
    };
    let mut order: Vec<&view::Row> = all.rows.iter().collect();
    let median = |row: &view::Row| sweep.cases[row.case].wall_time().map(|one| one.summary.median);
    order.sort_by(|a, b| {
        median(a).unwrap_or(f64::INFINITY).total_cmp(&median(b).unwrap_or(f64::INFINITY))
    });
    Table {
        name: "Cases of the sweep, the fastest first".to_owned(),
        heads: [Head::text("case")].into_iter().chain(kept.iter().map(head)).collect(),
        rows: order.into_iter().map(row).collect(),
        more: String::new(),
    }
}

/// The columns of the table of a sweep, behind the name of the case.
const COLUMNS: [Key; 4] = [Key::Median, Key::Interval, Key::Memory, Key::Against];

fn draw(grid: &Grid<'_>, size: Size) -> Result<String, Failed> {
    let rows = grid.y.values.len() as f64;
    let height = (ABOVE + ROW * rows + BELOW).ceil() as u32;
    let canvas = Canvas::new((size.width(), height));
    let room = f64::from(size.width());
    let widest = grid.y.values.iter().map(|value| text_width(value, TEXT)).fold(0.0, f64::max);
    let left = widest.min(room / 4.0) + 10.0;
    let cell = (room - left - 2.0) / grid.x.values.len() as f64;
    canvas.text(&fitted(&grid.y.name, TEXT, room), (0.0, ABOVE / 2.0), Side::Right, Role::Muted)?;
    for (index, value) in grid.y.values.iter().enumerate() {
        let middle = ABOVE + ROW * (index as f64 + 0.5);
        let text = fitted(value, TEXT, left - 8.0);
        canvas.text(&text, (left - 8.0, middle), Side::Left, Role::Muted)?;
    }
    let floor = ABOVE + ROW * rows;
    for (index, value) in grid.x.values.iter().enumerate() {
        let middle = left + cell * (index as f64 + 0.5);
        let text = fitted(value, TEXT, cell - 2.0);
        canvas.text(&text, (middle, floor + 6.0), Side::Below, Role::Muted)?;
    }
    let middle = left + (room - left) / 2.0;
    let name = fitted(&grid.x.name, TEXT, room - left);
    canvas.text(&name, (middle, floor + 24.0), Side::Below, Role::Muted)?;
    // Frames last, so that no neighbour's ground covers them.
    let place = |one: &Pair| (left + cell * one.x as f64, ABOVE + ROW * one.y as f64);
    for one in &grid.cells {
        let tied = ties(grid.set, &grid.set.cases[one.case]);
        canvas.picture.open("pt", &grid.title(one), &tied);
        ground(grid, &canvas, one, (place(one), cell))?;
        canvas.picture.close();
    }
    for one in &grid.cells {
        frame(grid, &canvas, one, (place(one), cell))?;
    }
    let wide = size == Size::Wide;
    Ok(canvas.finish(wide, &format!("{} {}", Settings.question(), grid.summary())))
}

type Place = ((f64, f64), f64);

/// The ground of a cell and its number.
fn ground(
    grid: &Grid<'_>,
    canvas: &Canvas,
    one: &Pair,
    ((x, y), width): Place,
) -> Result<(), Failed> {
    let middle = (x + width / 2.0, y + ROW / 2.0);
    let Some(value) = one.value else {
        canvas.hit_area((x, y), (width, ROW));
        return canvas.cross(middle, Role::Bad);
    };
    let role = Role::HEAT[grid.heat(value)];
    let corners = [(x, y), (x + width, y + ROW)].map(|(x, y)| (units(x), units(y)));
    canvas.area.draw(&Rectangle::new(corners, filled(role)))?;
    let text = grid.scale.number(value, PROSE_DIGITS);
    if text_width(&text, TEXT) > width - 4.0 {
        return Ok(());
    }
    // Centred text hangs below its point by half its height.
    let at = (middle.0, middle.1 - TEXT / 2.0);
    canvas.text(&text, at, Side::Below, Role::on_heat(grid.heat(value)))
}

fn frame(
    grid: &Grid<'_>,
    canvas: &Canvas,
    one: &Pair,
    ((x, y), width): Place,
) -> Result<(), Failed> {
    let thickness = match () {
        () if grid.is_best(one) => 3.0,
        () if one.tied => 1.0,
        () => return Ok(()),
    };
    let inset = thickness / 2.0;
    let corners = [(x + inset, y + inset), (x + width - inset, y + ROW - inset)];
    let corners = corners.map(|(x, y)| (units(x), units(y)));
    canvas.area.draw(&Rectangle::new(corners, stroked(Role::Ink, thickness)))
}
