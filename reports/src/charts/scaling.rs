//! Speed-up over a number of workers: where do more of them stop paying?
//!
//! Logarithmic on both axes, so that twice the speed with twice the workers is a straight line.
//! Thin curves are the laws fitted to the first line; they end with the measured range.

mod data;
mod table;

use plotters::chart::ChartContext;
use plotters::prelude::{Cartesian2d, ChartBuilder, Circle, LineSeries};

use self::data::{Data, Line, points};
use super::axis::fitted;
use super::backend::{Role, Svg, text_width};
use super::draw::{Canvas, Failed, Side, TEXT, filled, px, stroked, ties, units};
use super::{Chart, Size, Table, apart};
use crate::format::{PROSE_DIGITS, significant};
use crate::run_set::RunSet;

/// Speed-up on logarithmic axes.
pub struct Scaling;

impl Chart for Scaling {
    fn id(&self) -> &'static str {
        "scaling"
    }

    fn question(&self) -> &'static str {
        "Where do more of them stop paying?"
    }

    fn caption(&self, set: &RunSet) -> String {
        let Some(data) = Data::new(set) else { return String::new() };
        let mut text = apart(set);
        text += &format!(
            "Times as fast as with the fewest {}, {}. Dotted: in proportion.",
            data.parameter,
            points(&data)
        );
        if data.lines[0].amdahl.is_some() {
            text +=
                " Thin: Amdahl's law and the universal scalability law, fitted to the first line.";
        }
        if data.hidden > 0 {
            text +=
                &format!(" Only {} lines of {}.", data::LINES_MAX, data::LINES_MAX + data.hidden);
        }
        text += " Nothing to win: the median is within 5 % of the best, and the intervals overlap.";
        // Of several lines the table says it.
        if data.lines.len() == 1 { format!("{text} {}", data.findings().join(" ")) } else { text }
    }

    fn table(&self, set: &RunSet) -> Option<Table> {
        Some(table::table(&Data::new(set)?))
    }

    fn draw(&self, set: &RunSet, size: Size) -> Option<String> {
        let data = Data::new(set)?;
        // OK because a string takes every mark; a layout that does not fit is nothing to draw.
        draw(&data, size).ok()
    }
}

type Plot<'a> = ChartContext<
    'a,
    Svg,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

/// The lines' own colours; a fifth line is not drawn.
const COLOURS: [Role; data::LINES_MAX] = [Role::Data, Role::Other, Role::Muted, Role::Axis];

/// Room for the ticks at the left, in px: `0.500×`.
const LEFT: f64 = 60.0;

fn draw(data: &Data<'_>, size: Size) -> Result<String, Failed> {
    let wide = size == Size::Wide;
    let canvas = Canvas::new((size.width(), if wide { 320 } else { 260 }));
    let workers = || data.points().map(|point| point.workers);
    let (fewest, most) = (workers().fold(f64::INFINITY, f64::min), workers().fold(1.0, f64::max));
    let speeds = || data.points().map(|point| point.speed_up);
    let lowest = speeds().fold(1.0, f64::min).log2().floor();
    let highest = speeds().fold(1.0, f64::max).log2().ceil().max(1.0);
    let names = data.lines.iter().map(|line| text_width(&line.name, TEXT)).fold(0.0, f64::max);
    let right = if names > 0.0 { names.min(f64::from(size.width()) / 3.0) + 12.0 } else { 44.0 };
    let plot = ChartBuilder::on(&canvas.area)
        .margin_top(units(16.0))
        .margin_right(units(right))
        .margin_bottom(units(44.0))
        .margin_left(units(LEFT))
        .build_cartesian_2d(fewest.log2()..most.log2(), lowest..highest)?;
    axes(data, &canvas, &plot)?;
    curves(data, plot, &canvas, right)?;
    let said = format!("{} {}", Scaling.question(), data.findings().join(" "));
    Ok(canvas.finish(wide, &said))
}

fn at(plot: &Plot<'_>, x: f64, y: f64) -> (f64, f64) {
    px(plot.backend_coord(&(x, y)))
}

fn axes(data: &Data<'_>, canvas: &Canvas, plot: &Plot<'_>) -> Result<(), Failed> {
    let (from, to) = (plot.x_range().start, plot.x_range().end);
    let (lowest, highest) = (plot.y_range().start, plot.y_range().end);
    for power in lowest as i32..=highest as i32 {
        let y = f64::from(power);
        let (a, b) = (at(plot, from, y), at(plot, to, y));
        let role = if power == 0 { Role::Axis } else { Role::Grid };
        canvas.line(a, b, stroked(role, 1.0))?;
        let text = format!("{}×", y.exp2());
        canvas.text(&text, (a.0 - 8.0, a.1), Side::Left, Role::Muted)?;
    }
    let mut numbers: Vec<f64> = data.points().map(|point| point.workers).collect();
    numbers.sort_by(f64::total_cmp);
    numbers.dedup();
    let mut free = f64::NEG_INFINITY;
    for number in numbers {
        let (x, y) = at(plot, number.log2(), lowest);
        let text = format!("{number}");
        let half = text_width(&text, TEXT) / 2.0;
        if x - half > free {
            canvas.text(&text, (x, y + 8.0), Side::Below, Role::Muted)?;
            free = x + half + 4.0;
        }
    }
    let (middle, y) = at(plot, (from + to) / 2.0, lowest);
    canvas.text(data.parameter, (middle, y + 26.0), Side::Below, Role::Muted)
}

fn curves(data: &Data<'_>, mut plot: Plot<'_>, canvas: &Canvas, right: f64) -> Result<(), Failed> {
    let (from, to) = (plot.x_range().start, plot.x_range().end);
    let highest = plot.y_range().end;
    // In proportion: dashes, as far as the axis reaches.
    let reach = (to - from).min(highest);
    const DASHES: u32 = 40;
    for dash in (0..DASHES).step_by(2) {
        let end = |dash: u32| {
            let way = reach * f64::from(dash) / f64::from(DASHES);
            at(&plot, from + way, way)
        };
        canvas.line(end(dash), end(dash + 1), stroked(Role::Axis, 1.0))?;
    }
    for fit in [&data.lines[0].amdahl, &data.lines[0].universal].into_iter().flatten() {
        const STEPS: u32 = 48;
        let first = data.lines[0].points[0].workers;
        let last = data.lines[0].points.last().map_or(first, |point| point.workers);
        let curve = (0..=STEPS).map(|step| {
            let share = f64::from(step) / f64::from(STEPS);
            let x = first.log2() + (last.log2() - first.log2()) * share;
            (x, fit.throughput(x.exp2()).log2().min(highest))
        });
        plot.draw_series(LineSeries::new(curve, stroked(Role::Muted, 1.0)))?;
    }
    for (line, role) in data.lines.iter().zip(COLOURS) {
        one(data, &mut plot, canvas, (line, role))?;
    }
    names(data, &plot, canvas, right)
}

/// The name of each line behind its last point, from the top down; one that would stand on
/// another is moved below it.
fn names(data: &Data<'_>, plot: &Plot<'_>, canvas: &Canvas, right: f64) -> Result<(), Failed> {
    let mut ends: Vec<(f64, f64, String)> = data
        .lines
        .iter()
        .filter_map(|line| {
            let last = line.points.last()?;
            let (x, y) = at(plot, last.workers.log2(), last.speed_up.log2());
            let text = match line.name.as_str() {
                "" => format!("{}×", significant(last.speed_up, PROSE_DIGITS)),
                name => fitted(name, TEXT, right - 12.0),
            };
            Some((y, x, text))
        })
        .collect();
    ends.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut free = f64::NEG_INFINITY;
    for (y, x, text) in ends {
        let y = y.max(free);
        canvas.text(&text, (x + 8.0, y), Side::Right, Role::Ink)?;
        free = y + TEXT + 2.0;
    }
    Ok(())
}

fn one(
    data: &Data<'_>,
    plot: &mut Plot<'_>,
    canvas: &Canvas,
    (line, role): (&Line, Role),
) -> Result<(), Failed> {
    let places = line.points.iter().map(|point| (point.workers.log2(), point.speed_up.log2()));
    plot.draw_series(LineSeries::new(places, stroked(role, 2.0)))?;
    for point in &line.points {
        let case = &data.set.cases[point.case];
        canvas.picture.open("pt", &data.title(line, point), &ties(data.set, case));
        let place = (point.workers.log2(), point.speed_up.log2());
        let (x, y) = at(plot, place.0, place.1);
        canvas.hit_area((x - 10.0, y - 10.0), (20.0, 20.0));
        plot.draw_series([Circle::new(place, units(3.5), filled(role))])?;
        canvas.picture.close();
    }
    Ok(())
}
