//! The median time over two parameters of a grid: which settings are best, and which are as good.
//!
//! A cell is one pair of values, the darker the more work is done in a second (in dark mode the
//! lighter). Where a grid has more than two parameters, each pair of them has a map, and a cell stands
//! for its best case.

mod grid;

use plotters::prelude::Rectangle;

use self::grid::{Cell as Pair, Grid, maps};
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

/// Between two maps, in px.
const GAP: f64 = 20.0;

impl Chart for Settings {
    fn id(&self) -> &'static str {
        "settings"
    }

    fn question(&self) -> &'static str {
        "Which settings are best?"
    }

    fn caption(&self, set: &RunSet) -> String {
        let maps = maps(set);
        let Some(first) = maps.first() else { return String::new() };
        let what = if first.scale.unit.ends_with("/s") { "Throughput" } else { "Median wall time" };
        let mut text = apart(set) + &format!("{what} in {}.", first.scale.unit);
        if maps.len() > 1 {
            text +=
                " Each two parameters have a map, and a cell of it is the best over the others.";
        } else if !first.folded.is_empty() {
            text += &format!(" Each cell: the best over {}.", first.folded.join(", "));
        }
        text += " Thick frame: the best.";
        let ties: usize = maps.iter().map(Grid::ties).sum();
        let untold: usize = maps.iter().map(Grid::untold).sum();
        text += &match (ties, untold) {
            (0, 0) => " Every other cell is worse, with 95 % confidence each.".to_owned(),
            (0, _) => " Too few processes to tell which cells are as good.".to_owned(),
            (ties, _) => {
                let cells = counted(ties, "cell");
                let in_all = if maps.len() > 1 { " in all" } else { "" };
                format!(" Thin frame: {cells}{in_all} not shown to differ from it (95 %).")
            }
        };
        text
    }

    fn draw(&self, set: &RunSet, size: Size) -> Option<String> {
        // OK because a string takes every mark; a layout that does not fit is nothing to draw.
        draw(&maps(set), size).ok()?
    }

    /// Of a sweep beside the other cases: those stand in the table of all cases, it does not.
    fn table(&self, set: &RunSet) -> Option<Table> {
        let sweep = set.sweep.as_deref()?;
        (!maps(set).is_empty()).then(|| table(sweep))
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
        fold: None,
    }
}

/// The columns of the table of a sweep, behind the name of the case.
const COLUMNS: [Key; 4] = [Key::Median, Key::Interval, Key::Memory, Key::Against];

/// All maps below each other; `None` where there is none.
fn draw(maps: &[Grid<'_>], size: Size) -> Result<Option<String>, Failed> {
    let Some(first) = maps.first() else { return Ok(None) };
    let height = |grid: &Grid<'_>| ABOVE + ROW * grid.y.values.len() as f64 + BELOW;
    let gaps = GAP * (maps.len() - 1) as f64;
    let all = maps.iter().map(height).sum::<f64>() + gaps;
    let canvas = Canvas::new((size.width(), all.ceil() as u32));
    let mut top = 0.0;
    for grid in maps {
        map(grid, &canvas, top)?;
        top += height(grid) + GAP;
    }
    let name = format!("{} {}", Settings.question(), first.summary());
    Ok(Some(canvas.finish(size == Size::Wide, &name)))
}

/// One map, from `top` on.
fn map(grid: &Grid<'_>, canvas: &Canvas, top: f64) -> Result<(), Failed> {
    let rows = grid.y.values.len() as f64;
    let room = f64::from(canvas.size.0);
    let above = top + ABOVE;
    let widest = grid.y.values.iter().map(|value| text_width(value, TEXT)).fold(0.0, f64::max);
    let left = widest.min(room / 4.0) + 10.0;
    let cell = (room - left - 2.0) / grid.x.values.len() as f64;
    canvas.text(
        &fitted(&grid.y.name, TEXT, room),
        (0.0, top + ABOVE / 2.0),
        Side::Right,
        Role::Muted,
    )?;
    for (index, value) in grid.y.values.iter().enumerate() {
        let middle = above + ROW * (index as f64 + 0.5);
        let text = fitted(value, TEXT, left - 8.0);
        canvas.text(&text, (left - 8.0, middle), Side::Left, Role::Muted)?;
    }
    let floor = above + ROW * rows;
    for (index, value) in grid.x.values.iter().enumerate() {
        let middle = left + cell * (index as f64 + 0.5);
        let text = fitted(value, TEXT, cell - 2.0);
        canvas.text(&text, (middle, floor + 6.0), Side::Below, Role::Muted)?;
    }
    let middle = left + (room - left) / 2.0;
    let name = fitted(&grid.x.name, TEXT, room - left);
    canvas.text(&name, (middle, floor + 24.0), Side::Below, Role::Muted)?;
    // Frames last, so that no neighbour's ground covers them.
    let place = |one: &Pair| (left + cell * one.x as f64, above + ROW * one.y as f64);
    for one in &grid.cells {
        let tied = ties(grid.set, &grid.set.cases[one.case]);
        canvas.picture.open("pt", &grid.title(one), &tied);
        ground(grid, canvas, one, (place(one), cell))?;
        canvas.picture.close();
    }
    for one in &grid.cells {
        frame(grid, canvas, one, (place(one), cell))?;
    }
    Ok(())
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
