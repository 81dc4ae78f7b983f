//! Run time over the cases in suite order: the line of an optimisation history.
//!
//! Zero-based always. Where the order of the cases means nothing, points with their ranges stand
//! alone and no line joins them. A failed case is a gap with a cross.

use plotters::chart::ChartContext;
use plotters::prelude::{Cartesian2d, ChartBuilder, Circle, LineSeries, PathElement, Polygon};

use super::axis::{fitted, thinned, tick_text, ticks_from_zero};
use super::backend::{Role, Svg, text_width};
use super::draw::{Canvas, Failed, Side, TEXT, filled, px, stroked, units};
use super::{Chart, Size};
use crate::format::{PROSE_DIGITS, Scale, counted};
use crate::run_set::{CaseSet, RunSet};

/// The trend of the median run time.
pub struct Trend;

impl Chart for Trend {
    fn id(&self) -> &'static str {
        "trend"
    }

    fn question(&self) -> &'static str {
        "Which change moved the run time?"
    }

    fn caption(&self, set: &RunSet) -> String {
        let Some(data) = Data::new(set) else {
            return "No case has a time.".to_owned();
        };
        let marks = if data.ordered {
            "Line: median. Band: fastest to slowest sample."
        } else {
            "Point: median. Bar: fastest to slowest sample."
        };
        let failed = if data.points.iter().any(Option::is_none) {
            " Cross: a case without numbers."
        } else {
            ""
        };
        format!("Wall time in {} {}. {marks}{failed}", data.scale.unit, data.number_of_samples)
    }

    fn draw(&self, set: &RunSet, size: Size) -> Option<String> {
        let data = Data::new(set)?;
        // OK because a string takes every mark; a layout that does not fit is nothing to draw.
        draw(&data, size).ok()
    }
}

struct Point {
    median: f64,
    min: f64,
    max: f64,
    words: Option<&'static str>,
}

struct Data<'a> {
    cases: &'a [CaseSet],
    points: Vec<Option<Point>>,
    scale: Scale,
    ordered: bool,
    number_of_samples: String,
}

/// A case counts as slower than the one before it only from this ratio on, so that a label is not
/// spent on what nobody would act upon.
const NOTABLE: f64 = 1.05;

impl<'a> Data<'a> {
    fn new(set: &'a RunSet) -> Option<Self> {
        let reference = set.reference(None).ok()??;
        let first = set.cases[reference].wall_time()?;
        let scale = first.kind.scale(first.summary.median);
        let mut points: Vec<Option<Point>> = set
            .cases
            .iter()
            .map(|case| {
                let summary = case.wall_time()?.summary;
                let [median, min, max] =
                    [summary.median, summary.min, summary.max].map(|ns| ns / scale.factor);
                Some(Point { median, min, max, words: None })
            })
            .collect();
        let ordered = set.is_ordered();
        let measured: Vec<usize> = (0..points.len()).filter(|&i| points[i].is_some()).collect();
        for (&last, words) in measured.last().iter().zip([""]) {
            say(&mut points, *last, words);
        }
        say(&mut points, reference, "");
        for index in exceptional(set, &measured, ordered) {
            let slower = ordered && is_slower(set, &measured, index);
            say(&mut points, index, if slower { " slower" } else { "" });
        }
        let samples = measured.iter().map(|&case| set.cases[case].counted);
        let (least, most) = (samples.clone().min()?, samples.max()?);
        let number_of_samples = if least == most {
            format!("({} each)", counted(most, "sample"))
        } else {
            format!("({least} to {most} samples each)")
        };
        Some(Self { cases: &set.cases, points, scale, ordered, number_of_samples })
    }

    fn top(&self) -> f64 {
        self.points.iter().flatten().map(|point| point.max).fold(0.0, f64::max)
    }

    fn label(&self, index: usize) -> Option<String> {
        let point = self.points[index].as_ref()?;
        Some(format!("{}{}", self.number(point.median), point.words?))
    }

    fn number(&self, value: f64) -> String {
        crate::format::significant(value, PROSE_DIGITS)
    }

    fn title(&self, index: usize) -> String {
        let case = &self.cases[index];
        let name = [case.label.as_str(), case.info.title.as_str()].join(" ");
        let name = name.trim();
        match &self.points[index] {
            Some(point) => {
                let [median, min, max] =
                    [point.median, point.min, point.max].map(|value| self.number(value));
                format!("{name}: {median} {} ({min} to {max})", self.scale.unit)
            }
            None => format!("{name}: {}", case.trouble().unwrap_or_default()),
        }
    }
}

fn say(points: &mut [Option<Point>], index: usize, words: &'static str) {
    if let Some(point) = &mut points[index] {
        point.words = Some(words);
    }
}

fn is_slower(set: &RunSet, measured: &[usize], index: usize) -> bool {
    let before = measured.iter().rev().find(|&&case| case < index);
    let ratio = before.and_then(|&before| set.against(index, before));
    ratio.is_some_and(|ratio| ratio.excludes_one() && ratio.ratio >= NOTABLE)
}

/// The points that deserve a label beside the first and the last: the fastest; in an ordered suite
/// also those that are slower than the one before, and the end of the largest gain.
fn exceptional(set: &RunSet, measured: &[usize], ordered: bool) -> Vec<usize> {
    let median = |case: usize| {
        set.cases[case].wall_time().map_or(f64::INFINITY, |series| series.summary.median)
    };
    let mut found = Vec::new();
    found.extend(measured.iter().copied().min_by(|&a, &b| median(a).total_cmp(&median(b))));
    if ordered {
        let gain = |pair: &&[usize]| median(pair[1]) / median(pair[0]);
        let largest = measured.windows(2).min_by(|a, b| gain(a).total_cmp(&gain(b)));
        found.extend(largest.filter(|pair| gain(pair) < 1.0 / NOTABLE).map(|pair| pair[1]));
        found.extend(measured.iter().copied().filter(|&case| is_slower(set, measured, case)));
    }
    found
}

type Plot<'a> = ChartContext<
    'a,
    Svg,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

fn draw(data: &Data<'_>, size: Size) -> Result<String, Failed> {
    let wide = size == Size::Wide;
    let height = if wide { 300 } else { 240 };
    let canvas = Canvas::new((size.width(), height));
    let ticks = ticks_from_zero(data.top(), if wide { 5 } else { 4 });
    let step = ticks[1];
    let texts: Vec<String> = ticks.iter().map(|&tick| tick_text(tick, step)).collect();
    let left = texts.iter().map(|text| text_width(text, TEXT)).fold(0.0, f64::max) + 10.0;
    let last = data.points.len() - 1;
    let room = data.label(last).map_or(0.0, |label| text_width(&label, TEXT));
    let slot = (f64::from(size.width()) - left) / data.points.len() as f64;
    let right = (room + 12.0 - slot / 2.0).max(4.0);
    let plot = ChartBuilder::on(&canvas.area)
        .margin_top(units(20.0))
        .margin_right(units(right))
        .margin_bottom(units(24.0))
        .margin_left(units(left))
        .build_cartesian_2d(-0.5..last as f64 + 0.5, 0.0..ticks[ticks.len() - 1])?;
    axes(data, &canvas, &plot, &texts)?;
    marks(data, plot, &canvas)?;
    let name = format!("{} {}", Trend.question(), data.summary());
    Ok(canvas.finish(wide, &name))
}

/// Where a value of the plot stands on the picture, in px.
fn at(plot: &Plot<'_>, x: f64, y: f64) -> (f64, f64) {
    px(plot.backend_coord(&(x, y)))
}

fn axes(data: &Data<'_>, canvas: &Canvas, plot: &Plot<'_>, ticks: &[String]) -> Result<(), Failed> {
    let last = data.points.len() as f64 - 0.5;
    let top = plot.y_range().end;
    for (number, text) in ticks.iter().enumerate() {
        let value = top * number as f64 / (ticks.len() - 1) as f64;
        let (from, to) = (at(plot, -0.5, value), at(plot, last, value));
        let role = if number == 0 { Role::Axis } else { Role::Grid };
        canvas.line(from, to, stroked(role, 1.0))?;
        canvas.text(text, (from.0 - 8.0, from.1), Side::Left, Role::Muted)?;
    }
    let labels: Vec<String> = data.cases.iter().map(|case| case.label.clone()).collect();
    let slot = at(plot, 1.0, 0.0).0 - at(plot, 0.0, 0.0).0;
    let (every, room) = thinned(&labels, TEXT, slot);
    for (index, label) in labels.iter().enumerate().step_by(every) {
        let (x, y) = at(plot, index as f64, 0.0);
        let label = fitted(label, TEXT, room);
        // The ends are kept inside the picture.
        let half = text_width(&label, TEXT) / 2.0;
        let x = x.clamp(half, f64::from(canvas.size.0) - half);
        canvas.text(&label, (x, y + 8.0), Side::Below, Role::Muted)?;
    }
    Ok(())
}

fn marks(data: &Data<'_>, mut plot: Plot<'_>, canvas: &Canvas) -> Result<(), Failed> {
    let present: Vec<(f64, &Point)> = data
        .points
        .iter()
        .enumerate()
        .filter_map(|(index, point)| Some((index as f64, point.as_ref()?)))
        .collect();
    if data.ordered {
        // A failed case is a gap: neither line nor band may bridge it.
        let segments = present.chunk_by(|one, next| next.0 - one.0 == 1.0);
        for segment in segments.filter(|segment| segment.len() > 1) {
            let over = segment.iter().map(|(x, point)| (*x, point.max));
            let under = segment.iter().rev().map(|(x, point)| (*x, point.min));
            let band: Vec<(f64, f64)> = over.chain(under).collect();
            plot.draw_series([Polygon::new(band, filled(Role::Band))])?;
            let line = segment.iter().map(|(x, point)| (*x, point.median));
            plot.draw_series(LineSeries::new(line, stroked(Role::Data, 2.0)))?;
        }
    }
    // Where no band reaches, every point has a bar of its own.
    let alone = |x: f64| !present.iter().any(|(other, _)| (other - x).abs() == 1.0);
    let bars = present.iter().filter(|(x, _)| !data.ordered || alone(*x)).map(|(x, point)| {
        PathElement::new([(*x, point.min), (*x, point.max)], stroked(Role::Band, 6.0))
    });
    plot.draw_series(bars)?;
    let mut taken = Vec::new();
    for index in 0..data.points.len() {
        canvas.picture.open("pt", &data.title(index));
        point(data, &mut plot, canvas, index)?;
        canvas.picture.close();
    }
    // The last, the first, then the others: where labels collide, the earlier one stays.
    let count = data.points.len();
    for index in [count - 1, 0].into_iter().chain(0..count) {
        label(data, &plot, canvas, &mut taken, index)?;
    }
    Ok(())
}

fn point(
    data: &Data<'_>,
    plot: &mut Plot<'_>,
    canvas: &Canvas,
    index: usize,
) -> Result<(), Failed> {
    let x = index as f64;
    let top = plot.y_range().end;
    let (from, to) = (at(plot, x - 0.5, top), at(plot, x + 0.5, 0.0));
    canvas.hit_area(from, (to.0 - from.0, to.1 - from.1));
    let Some(point) = &data.points[index] else {
        let (x, y) = at(plot, x, 0.0);
        return canvas.cross((x, y - 12.0));
    };
    let place = (x, point.median);
    // Many points would hide the line: they get smaller, and the ring goes.
    let crowded = data.points.len() > 40;
    if !crowded {
        plot.draw_series([Circle::new(place, units(5.0), filled(Role::Paper))])?;
    }
    let radius = if crowded { 2.0 } else { 3.5 };
    plot.draw_series([Circle::new(place, units(radius), filled(Role::Data))])?;
    Ok(())
}

type Box = (f64, f64, f64, f64);

fn label(
    data: &Data<'_>,
    plot: &Plot<'_>,
    canvas: &Canvas,
    taken: &mut Vec<Box>,
    index: usize,
) -> Result<(), Failed> {
    let (Some(text), Some(point)) = (data.label(index), &data.points[index]) else {
        return Ok(());
    };
    let width = text_width(&text, TEXT);
    let (x, y) = at(plot, index as f64, point.median);
    let last = index + 1 == data.points.len();
    let side = if last { Side::Right } else { side(data, index) };
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
    let bad = point.words.is_some_and(|words| !words.is_empty());
    canvas.text(&text, anchor, side, if bad { Role::Bad } else { Role::Ink })
}

/// Above a local maximum, below a local minimum: elsewhere the line would run through the text.
fn side(data: &Data<'_>, index: usize) -> Side {
    let median = |index: Option<usize>| Some(data.points.get(index?)?.as_ref()?.median);
    let own = median(Some(index)).unwrap_or(0.0);
    let before = median(index.checked_sub(1)).unwrap_or(own);
    let after = median(Some(index + 1)).unwrap_or(own);
    // Of a falling line the lower left is free, of a rising one the upper left.
    let sunk = own <= before && own <= after;
    let falling = before > own && own > after;
    let near_floor = own < 0.12 * data.top();
    if (sunk || falling) && !near_floor { Side::Below } else { Side::Above }
}

impl Data<'_> {
    fn summary(&self) -> String {
        let present: Vec<usize> =
            (0..self.points.len()).filter(|&index| self.points[index].is_some()).collect();
        let ends = [present.first(), present.last()];
        let texts: Vec<String> =
            ends.into_iter().flatten().map(|&index| self.title(index)).collect();
        texts.join("; ")
    }
}
