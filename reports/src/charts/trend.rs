//! Run time over the cases in suite order: the line of an optimisation history.
//!
//! Zero-based always. Where the order of the cases means nothing, points with their ranges stand
//! alone and no line joins them. A failed case is a gap with a cross. A reverted step is crossed
//! out, and the line goes past it. A history of several cases has a panel for each.

mod caption;
mod data;

use std::ops::Range;

use plotters::chart::ChartContext;
use plotters::prelude::{Cartesian2d, ChartBuilder, Circle, LineSeries, PathElement, Polygon};

use self::caption::caption;
use self::data::{Panel, Reach, number, panels};
use super::axis::{fitted, room_below, thinned, tick_text, ticks_between, ticks_from_zero};
use super::backend::{Role, Svg, text_width};
use super::draw::{Canvas, Failed, Side, TEXT, filled, px, stroked, units};
use super::{Chart, Size};
use crate::run_set::RunSet;

/// The trend of the median run time.
pub struct Trend;

/// The most panels of one picture; more would be a wall nobody reads.
const PANELS_MAX: usize = 8;

/// With more marks than this there is no second picture with its axis cut: the page has a limit.
const ZOOMED_MAX: usize = 200;

impl Chart for Trend {
    fn id(&self) -> &'static str {
        "trend"
    }

    fn question(&self) -> &'static str {
        "Which change moved the run time?"
    }

    fn caption(&self, set: &RunSet) -> String {
        caption(&panels(set), Reach::Range)
    }

    fn interval_caption(&self, set: &RunSet) -> Option<String> {
        let panels = panels(set);
        let is_shown = Reach::shown(&panels).contains(&Reach::Interval);
        is_shown.then(|| caption(&panels, Reach::Interval))
    }

    fn draw(&self, set: &RunSet, size: Size) -> Option<String> {
        drawn(set, size, false)
    }

    fn zoomed(&self, set: &RunSet, size: Size) -> Option<String> {
        drawn(set, size, true)
    }
}

/// The picture, its axes from zero or cut to the data; a cut one only where it shows more.
fn drawn(set: &RunSet, size: Size, zoom: bool) -> Option<String> {
    let mut panels = panels(set);
    panels.truncate(PANELS_MAX);
    let wanted = if size == Size::Wide && panels.len() == 1 { 5 } else { 4 };
    let cut = |panel: &Panel<'_>| {
        let (low, high) = panel.range();
        ticks_between(low, high, wanted)
    };
    let marks: usize = panels.iter().map(|panel| panel.marks.len()).sum();
    let shows_more = || marks <= ZOOMED_MAX && panels.iter().any(|panel| cut(panel).is_some());
    if panels.is_empty() || zoom && !shows_more() {
        return None;
    }
    let ticks = |panel: &Panel<'_>| {
        let cut = if zoom { cut(panel) } else { None };
        cut.unwrap_or_else(|| ticks_from_zero(panel.top(), wanted))
    };
    let ticks: Vec<Vec<f64>> = panels.iter().map(ticks).collect();
    // OK because a string takes every mark; a layout that does not fit is nothing to draw.
    draw(&panels, &ticks, size).ok()
}

type Plot<'a> = ChartContext<
    'a,
    Svg,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

/// Room above a panel for its name, and a gap to the panel above it, in px.
const NAME: f64 = 34.0;

fn draw(panels: &[Panel<'_>], ticks: &[Vec<f64>], size: Size) -> Result<String, Failed> {
    let wide = size == Size::Wide;
    let several = panels.len() > 1;
    let height: u32 = match (wide, several) {
        (true, false) => 300,
        (false, false) => 240,
        (true, true) => 236,
        (false, true) => 216,
    };
    let below = room_below(&panels[0].axis);
    let canvas = Canvas::new((size.width(), height * panels.len() as u32 + below as u32));
    let areas = canvas.area.split_evenly((panels.len(), 1));
    let text = |ticks: &Vec<f64>| -> Vec<String> {
        ticks.iter().map(|&tick| tick_text(tick, ticks[1] - ticks[0])).collect()
    };
    let scales: Vec<Vec<String>> = ticks.iter().map(text).collect();
    let texts = scales.iter().flatten();
    // The same margins everywhere, so that a step stands below itself.
    let left = texts.map(|text| text_width(text, TEXT)).fold(0.0, f64::max) + 10.0;
    let right = panels.iter().map(|panel| right_of(panel, f64::from(size.width()) - left));
    let right = right.fold(4.0, f64::max);
    let reaches = Reach::shown(panels);
    let mut said = Vec::new();
    for (number, (panel, area)) in panels.iter().zip(&areas).enumerate() {
        if several {
            let name = format!("{}, {}", panel.name, panel.scale.unit);
            let name = fitted(&name, TEXT, f64::from(size.width()));
            let middle = f64::from(height) * number as f64 + NAME - TEXT;
            canvas.text(&name, (0.0, middle), Side::Right, Role::Ink)?;
        }
        let (ticks, texts) = (&ticks[number], &scales[number]);
        let last = panel.marks.len() as f64 - 0.5;
        let plot = ChartBuilder::on(area)
            .margin_top(units(if several { 20.0 + NAME } else { 20.0 }))
            .margin_right(units(right))
            .margin_bottom(units(24.0 + below))
            .margin_left(units(left))
            .build_cartesian_2d(-0.5..last, ticks[0]..ticks[ticks.len() - 1])?;
        axes(panel, &canvas, &plot, texts)?;
        marks(panel, plot, &canvas, reaches)?;
        said.push(panel.summary());
    }
    Ok(canvas.finish(wide, &format!("{} {}", Trend.question(), said.join("; "))))
}

/// Room to the right of the last mark's slot for its label, in px.
fn right_of(panel: &Panel<'_>, width: f64) -> f64 {
    let count = panel.marks.len();
    let room = panel.label(count - 1).map_or(0.0, |label| text_width(&label, TEXT));
    room + 12.0 - width / count as f64 / 2.0
}

/// Where a value of the plot stands on the picture, in px.
fn at(plot: &Plot<'_>, x: f64, y: f64) -> (f64, f64) {
    px(plot.backend_coord(&(x, y)))
}

fn axes(
    panel: &Panel<'_>,
    canvas: &Canvas,
    plot: &Plot<'_>,
    ticks: &[String],
) -> Result<(), Failed> {
    let last = panel.marks.len() as f64 - 0.5;
    let Range { start, end } = plot.y_range();
    let is_cut = start > 0.0;
    for (number, text) in ticks.iter().enumerate() {
        let value = start + (end - start) * number as f64 / (ticks.len() - 1) as f64;
        let (from, to) = (at(plot, -0.5, value), at(plot, last, value));
        match number == 0 && is_cut {
            true => torn(canvas, from, to),
            false => {
                let role = if number == 0 { Role::Axis } else { Role::Grid };
                canvas.line(from, to, stroked(role, 1.0))?;
            }
        }
        canvas.text(text, (from.0 - 8.0, from.1), Side::Left, Role::Muted)?;
    }
    let labels: Vec<String> = panel.marks.iter().map(|mark| mark.id.clone()).collect();
    let slot = at(plot, 1.0, start).0 - at(plot, 0.0, start).0;
    let (every, room) = thinned(&labels, TEXT, slot);
    for (index, label) in labels.iter().enumerate().step_by(every) {
        let (x, y) = at(plot, index as f64, start);
        let label = fitted(label, TEXT, room);
        // The ends are kept inside the picture.
        let half = text_width(&label, TEXT) / 2.0;
        let x = x.clamp(half, f64::from(canvas.size.0) - half);
        canvas.text(&label, (x, y + 8.0), Side::Below, Role::Muted)?;
    }
    let name = fitted(&panel.axis, TEXT, f64::from(canvas.size.0) - 8.0);
    let middle = (f64::from(canvas.size.0) / 2.0, at(plot, 0.0, start).1 + 28.0);
    if name.is_empty() { Ok(()) } else { canvas.text(&name, middle, Side::Below, Role::Muted) }
}

/// A line in pieces, which says that the axis does not begin at nought.
fn torn(canvas: &Canvas, from: (f64, f64), to: (f64, f64)) {
    canvas.picture.raw(&format!(
        "<path d=\"M{:.1} {:.1}H{:.1}\" stroke-dasharray=\"6 3\" {}/>\n",
        from.0,
        from.1,
        to.0,
        Role::Axis.outline(1.0)
    ));
}

/// Where the level changes: a dotted line before the first step on the new level.
fn changes(panel: &Panel<'_>, plot: &Plot<'_>, canvas: &Canvas) {
    let Range { start, end } = plot.y_range();
    for change in &panel.changes {
        let x = change.at as f64 - 0.5;
        let (from, to) = (at(plot, x, end), at(plot, x, start));
        let [before, after] = [change.levels.0, change.levels.1].map(number);
        let unit = panel.scale.unit;
        let title = format!(
            "change point before {}: level {before} to {after} {unit}",
            panel.marks[change.at].id
        );
        canvas.picture.open("pt", &title, &[]);
        canvas.picture.raw(&format!(
            "<path d=\"M{:.1} {:.1}V{:.1}\" stroke-dasharray=\"1.5 3\" {}/>\n",
            from.0,
            from.1,
            to.1,
            Role::Muted.outline(1.2)
        ));
        canvas.picture.close();
    }
}

/// What others published, as hollow marks.
fn published(panel: &Panel<'_>, plot: &mut Plot<'_>, canvas: &Canvas) -> Result<(), Failed> {
    for (index, mark) in panel.marks.iter().enumerate() {
        for one in &mark.published {
            let value = number(one.value);
            let unit = panel.scale.unit;
            let title = format!("{}: {value} {unit} published: {}", mark.id, one.source);
            canvas.picture.open("pt", &title, &[]);
            let place = (index as f64, one.value);
            plot.draw_series([Circle::new(place, units(3.5), filled(Role::Paper))])?;
            plot.draw_series([Circle::new(place, units(3.5), stroked(Role::Ink, 1.3))])?;
            canvas.picture.close();
        }
    }
    Ok(())
}

fn marks(
    panel: &Panel<'_>,
    mut plot: Plot<'_>,
    canvas: &Canvas,
    reaches: &[Reach],
) -> Result<(), Failed> {
    changes(panel, &plot, canvas);
    for reach in reaches {
        band(panel, &mut plot, canvas, *reach)?;
    }
    for piece in panel.pieces(|point| Some(point.median)).iter().filter(|piece| piece.len() > 1) {
        let line = piece.iter().map(|&(x, median)| (x as f64, median));
        plot.draw_series(LineSeries::new(line, stroked(Role::Data, 2.0)))?;
    }
    published(panel, &mut plot, canvas)?;
    let mut taken = Vec::new();
    for (index, mark) in panel.marks.iter().enumerate() {
        let case = &panel.set.cases[mark.case];
        let exact = mark.point.as_ref().map(|point| point.exact.to_string());
        let data = [
            ("step", mark.id.as_str()),
            ("run", panel.set.runs[case.run].id.as_str()),
            ("case", case.info.id.as_str()),
            ("reverted", if mark.reverted { "true" } else { "" }),
            ("value", exact.as_deref().unwrap_or_default()),
        ];
        canvas.picture.open("pt", &panel.title(index), &data);
        point(panel, &mut plot, canvas, index)?;
        canvas.picture.close();
    }
    // The last, the first, the reverted, then the others: where labels collide, the earlier one
    // stays.
    let count = panel.marks.len();
    let reverted = (0..count).filter(|&index| panel.marks[index].reverted);
    let mut written = Vec::new();
    for index in [count - 1, 0].into_iter().chain(reverted).chain(0..count) {
        if !written.contains(&index) {
            label(panel, &plot, canvas, &mut taken, index)?;
            written.push(index);
        }
    }
    Ok(())
}

/// How far the marks reach: a band over those that a line joins, a bar for each other one. The page's
/// style sheet shows one reach at a time; without it there is the range alone.
fn band(
    panel: &Panel<'_>,
    plot: &mut Plot<'_>,
    canvas: &Canvas,
    reach: Reach,
) -> Result<(), Failed> {
    let hidden = if reach == Reach::Range { "" } else { " display=\"none\"" };
    canvas.picture.raw(&format!("<g class=\"{}\"{hidden}>\n", reach.class()));
    let pieces = panel.pieces(|point| point.ends(reach));
    let (joined, lonely): (Vec<_>, Vec<_>) = pieces.iter().partition(|piece| piece.len() > 1);
    for piece in joined {
        let over = piece.iter().map(|(x, (_, high))| (*x as f64, *high));
        let under = piece.iter().rev().map(|(x, (low, _))| (*x as f64, *low));
        let outline: Vec<(f64, f64)> = over.chain(under).collect();
        plot.draw_series([Polygon::new(outline, filled(Role::Band))])?;
    }
    let reverted = panel.marks.iter().enumerate().filter(|(_, mark)| mark.reverted);
    let reverted = reverted.filter_map(|(at, mark)| Some((at, mark.point.as_ref()?.ends(reach)?)));
    for (at, (low, high)) in lonely.into_iter().flatten().copied().chain(reverted) {
        let x = at as f64;
        let bar = PathElement::new([(x, low), (x, high)], stroked(Role::Band, 6.0));
        plot.draw_series([bar])?;
    }
    canvas.picture.close();
    Ok(())
}

fn point(
    panel: &Panel<'_>,
    plot: &mut Plot<'_>,
    canvas: &Canvas,
    index: usize,
) -> Result<(), Failed> {
    let x = index as f64;
    let Range { start, end } = plot.y_range();
    let (from, to) = (at(plot, x - 0.5, end), at(plot, x + 0.5, start));
    canvas.hit_area(from, (to.0 - from.0, to.1 - from.1));
    let Some(point) = &panel.marks[index].point else {
        let (x, y) = at(plot, x, start);
        return canvas.cross((x, y - 12.0), Role::Bad);
    };
    let place = (x, point.median);
    if panel.marks[index].reverted {
        return canvas.cross(at(plot, x, point.median), Role::Muted);
    }
    // Many points would hide the line: they get smaller, and the ring goes.
    let crowded = panel.marks.len() > 40;
    if !crowded {
        plot.draw_series([Circle::new(place, units(5.0), filled(Role::Paper))])?;
    }
    let radius = if crowded { 2.0 } else { 3.5 };
    plot.draw_series([Circle::new(place, units(radius), filled(Role::Data))])?;
    Ok(())
}

type Box = (f64, f64, f64, f64);

fn label(
    panel: &Panel<'_>,
    plot: &Plot<'_>,
    canvas: &Canvas,
    taken: &mut Vec<Box>,
    index: usize,
) -> Result<(), Failed> {
    let (Some(text), Some(point)) = (panel.label(index), &panel.marks[index].point) else {
        return Ok(());
    };
    let width = text_width(&text, TEXT);
    let (x, y) = at(plot, index as f64, point.median);
    let last = index + 1 == panel.marks.len();
    let side = if last { Side::Right } else { side(panel, index) };
    let (anchor, left, top) = match side {
        Side::Above => {
            let y = at(plot, index as f64, point.max).1 - 6.0;
            ((x, y), x - width / 2.0, y - TEXT)
        }
        Side::Below => {
            let y = at(plot, index as f64, point.min).1 + 7.0;
            ((x, y), x - width / 2.0, y)
        }
        _ => ((x + 9.0, y), x + 9.0, y - TEXT / 2.0),
    };
    let area = (left, top, left + width, top + TEXT);
    let inside = left >= 0.0 && left + width <= f64::from(canvas.size.0);
    let free = taken
        .iter()
        .all(|other| area.2 < other.0 || other.2 < area.0 || area.3 < other.1 || other.3 < area.1);
    if !inside || !free {
        return Ok(());
    }
    taken.push(area);
    let role = match point.words {
        Some("") | None => Role::Ink,
        _ if panel.marks[index].reverted => Role::Muted,
        _ => Role::Bad,
    };
    canvas.text(&text, anchor, side, role)
}

/// Above a local maximum, below a local minimum: elsewhere the line would run through the text.
fn side(panel: &Panel<'_>, index: usize) -> Side {
    let median = |index: usize| panel.marks[index].point.as_ref().map(|point| point.median);
    // The line goes past reverted steps, and so does the look to either side.
    let kept = panel.kept();
    let own = median(index).unwrap_or(0.0);
    let before = kept.iter().rev().find(|&&other| other < index);
    let after = kept.iter().find(|&&other| other > index);
    let before = before.and_then(|&other| median(other)).unwrap_or(own);
    let after = after.and_then(|&other| median(other)).unwrap_or(own);
    // Of a falling line the lower left is free, of a rising one the upper left.
    let sunk = own <= before && own <= after;
    let falling = before > own && own > after;
    let near_floor = own < 0.12 * panel.top();
    if (sunk || falling) && !near_floor { Side::Below } else { Side::Above }
}
