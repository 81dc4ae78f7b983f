//! Every sample of every case beside its box: is a difference larger than the noise?
//!
//! Horizontal, one row per case, zero-based. Every sample is a dot as long as there are not too
//! many; dots of every other process are lighter where a process gave several.

use std::ops::Range;

use plotters::chart::ChartContext;
use plotters::prelude::{Cartesian2d, ChartBuilder, Circle, PathElement, Rectangle};

use super::axis::{fitted, tick_text, ticks_between, ticks_from_zero};
use super::backend::{Role, Svg, text_width};
use super::draw::{Canvas, Failed, Side, TEXT, filled, px, stroked, ties, units};
use super::{Chart, Size, jitter};
use crate::format::{PROSE_DIGITS, Scale};
use crate::run_set::{CaseSet, RunSet, Series};

/// Boxes with raw samples.
pub struct BoxPlot;

/// The most dots of one case, and of all; beyond that every k-th sample is drawn.
const MOST_OF_CASE: usize = 200;
const MOST_OF_ALL: usize = 2000;

/// The most of all where the cases are many: the page has a limit.
const MANY: usize = 100;
const MOST_OF_MANY: usize = 500;

/// Steps from the beginning of a window to its end, the numbers of steps that are told in windows,
/// and from which ratio of their medians on.
const WINDOW: usize = 4;
const WINDOWED: Range<usize> = 7..41;
const WINDOWED_FROM: f64 = 3.0;

/// With more cases than this there is no second picture with its axis cut: the page has a limit.
const ZOOMED_MAX: usize = 60;

/// Room above a window for its name, in px.
const HEADING: f64 = 22.0;

impl Chart for BoxPlot {
    fn id(&self) -> &'static str {
        "noise"
    }

    fn question(&self) -> &'static str {
        "Is the difference larger than the noise?"
    }

    fn caption(&self, set: &RunSet) -> String {
        let Some(data) = Data::new(set) else {
            return "No case has a time.".to_owned();
        };
        let thin = set.cases.iter().filter_map(CaseSet::wall_time);
        let thin = thin.map(|series| data.every(series)).max().unwrap_or(1);
        let dots = match (thin, data.nested) {
            (2.., _) => format!("Dots: every {thin}th sample"),
            (_, false) => "Every dot is one sample".to_owned(),
            (_, true) => "Every dot is one sample, processes in turn dark and light".to_owned(),
        };
        let windows = if data.windows().len() > 1 {
            " Each window has an axis of its own and begins where the one before ends."
        } else {
            ""
        };
        format!(
            "Wall time in {}. {dots}. Box: middle half. Bar: median. Line: fastest to \
             slowest.{windows}",
            data.scale.unit
        )
    }

    fn draw(&self, set: &RunSet, size: Size) -> Option<String> {
        let data = Data::new(set)?;
        // OK because a string takes every mark; a layout that does not fit is nothing to draw.
        draw(&data, size, false).ok()
    }

    fn zoomed(&self, set: &RunSet, size: Size) -> Option<String> {
        let data = Data::new(set)?;
        if data.cases.len() > ZOOMED_MAX {
            return None;
        }
        let is_cut = |cases: Range<usize>| {
            let (low, high) = data.range(cases);
            ticks_between(low, high, 6).is_some()
        };
        data.windows().into_iter().any(is_cut).then(|| draw(&data, size, true).ok())?
    }
}

struct Data<'a> {
    set: &'a RunSet,
    cases: &'a [CaseSet],
    scale: Scale,
    /// Whether a process gave several samples.
    nested: bool,
    ordered: bool,
    most: usize,
}

impl<'a> Data<'a> {
    fn new(set: &'a RunSet) -> Option<Self> {
        let reference = set.reference(None).ok()??;
        let first = set.cases[reference].wall_time()?;
        let scale = first.kind.scale(first.summary.median);
        let summaries = || set.cases.iter().filter_map(|case| Some(case.wall_time()?.summary));
        let nested = summaries().any(|summary| summary.replicates < summary.samples);
        let count = summaries().count().max(1);
        let all = if count > MANY { MOST_OF_MANY } else { MOST_OF_ALL };
        let most = (all / count).clamp(1, MOST_OF_CASE);
        let ordered = set.is_ordered();
        Some(Self { set, cases: &set.cases, scale, nested, ordered, most })
    }

    fn every(&self, series: &Series) -> usize {
        series.points.len().div_ceil(self.most)
    }

    /// The least and the largest number of some cases.
    fn range(&self, cases: Range<usize>) -> (f64, f64) {
        let times = self.cases[cases].iter().filter_map(CaseSet::wall_time);
        times.fold((f64::INFINITY, 0.0), |(low, high), series| {
            let [min, max] = [series.summary.min, series.summary.max];
            (low.min(min / self.scale.factor), high.max(max / self.scale.factor))
        })
    }

    /// Which cases stand in one plot. A history that became much faster is told in windows, each
    /// with an axis of its own and beginning where the one before ends: on one axis its later steps
    /// would be dots without a width.
    fn windows(&self) -> Vec<Range<usize>> {
        let count = self.cases.len();
        let medians = || {
            let times = self.cases.iter().filter_map(CaseSet::wall_time);
            times.map(|series| series.summary.median)
        };
        let (low, high) = (medians().fold(f64::INFINITY, f64::min), medians().fold(0.0, f64::max));
        if !self.ordered || !(WINDOWED).contains(&count) || high < WINDOWED_FROM * low {
            return std::iter::once(0..count).collect();
        }
        let starts = (0..count - 1).step_by(WINDOW);
        starts.map(|start| start..(start + WINDOW + 1).min(count)).collect()
    }

    fn name(&self, case: &CaseSet, size: Size) -> String {
        match size {
            Size::Wide if !case.info.title.is_empty() => {
                format!("{} {}", case.label, case.info.title)
            }
            _ => case.label.clone(),
        }
    }

    fn title(&self, case: &CaseSet) -> String {
        let Some(series) = case.wall_time() else {
            return format!("{}: {}", case.label, case.trouble().unwrap_or_default());
        };
        let summary = &series.summary;
        let [median, q1, q3] = [summary.median, summary.q1, summary.q3]
            .map(|value| self.scale.number(value, PROSE_DIGITS));
        format!("{}: {median} {}, middle half {q1} to {q3}", case.label, self.scale.unit)
    }
}

type Plot<'a> = ChartContext<
    'a,
    Svg,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

fn draw(data: &Data<'_>, size: Size, zoom: bool) -> Result<String, Failed> {
    let wide = size == Size::Wide;
    let names: Vec<String> = data.cases.iter().map(|case| data.name(case, size)).collect();
    let widest = names.iter().map(|name| text_width(name, TEXT)).fold(0.0, f64::max);
    let layout = Layout::new(wide, widest, data.cases.len());
    let names: Vec<String> = names.iter().map(|name| fitted(name, TEXT, layout.name)).collect();
    let left = if layout.stacked { 6.0 } else { widest.min(layout.name) + 14.0 };
    let windows = data.windows();
    let rows: usize = windows.iter().map(Range::len).sum();
    let heading = if windows.len() > 1 { HEADING } else { 0.0 };
    let height = layout.row * rows as f64 + (34.0 + heading) * windows.len() as f64;
    let canvas = Canvas::new((size.width(), height.ceil() as u32));
    let mut top = 0.0;
    for cases in windows {
        let (low, high) = data.range(cases.clone());
        let wanted = if wide { 6 } else { 3 };
        let cut = if zoom { ticks_between(low, high, wanted) } else { None };
        let ticks = cut.unwrap_or_else(|| ticks_from_zero(high, wanted));
        if heading > 0.0 {
            let ends = [cases.start, cases.end - 1].map(|case| data.cases[case].label.as_str());
            let text =
                fitted(&format!("{} to {}", ends[0], ends[1]), TEXT, f64::from(size.width()));
            canvas.text(&text, (0.0, top + heading / 2.0 + 2.0), Side::Right, Role::Ink)?;
        }
        let place = Place { cases: cases.clone(), ticks, left, top: top + heading };
        window(data, (&canvas, &layout), &names, &place)?;
        top += heading + layout.row * cases.len() as f64 + 34.0;
    }
    let name = format!("{} {}", BoxPlot.question(), BoxPlot.summary(data));
    Ok(canvas.finish(wide, &name))
}

/// Which cases a window shows, on what axis, and where it stands in px.
struct Place {
    cases: Range<usize>,
    ticks: Vec<f64>,
    left: f64,
    top: f64,
}

/// One plot of consecutive cases.
fn window(
    data: &Data<'_>,
    (canvas, layout): (&Canvas, &Layout),
    names: &[String],
    place: &Place,
) -> Result<(), Failed> {
    let Place { cases, ticks, left, top } = place;
    let texts: Vec<String> =
        ticks.iter().map(|&tick| tick_text(tick, ticks[1] - ticks[0])).collect();
    let right = text_width(&texts[texts.len() - 1], TEXT) / 2.0 + 2.0;
    let end = top + layout.row * cases.len() as f64 + 6.0;
    // The first case stands on top.
    let (first, last) = (cases.start as f64 - 0.5, cases.end as f64 - 0.5);
    let plot = ChartBuilder::on(&canvas.area)
        .margin_top(units(top + 6.0))
        .margin_right(units(right))
        .margin_bottom(units((f64::from(canvas.size.1) - end).max(28.0)))
        .margin_left(units(*left))
        .build_cartesian_2d(ticks[0]..ticks[ticks.len() - 1], last..first)?;
    for (tick, text) in ticks.iter().zip(&texts) {
        let (x, bottom) = px(plot.backend_coord(&(*tick, last)));
        let role = if *tick == 0.0 { Role::Axis } else { Role::Grid };
        canvas.line((x, top + 6.0), (x, bottom), stroked(role, 1.0))?;
        canvas.text(text, (x, bottom + 8.0), Side::Below, Role::Muted)?;
    }
    rows(data, plot, (canvas, layout), (names, cases.clone()))
}

/// Where the parts of a row stand.
struct Layout {
    /// Height of a row in px.
    row: f64,
    /// Most room of a name in px.
    name: f64,
    /// Whether the names stand above their boxes: beside them, on a phone, they would be cut.
    stacked: bool,
    /// The middle of a box below the middle of its row, and half its height, in rows.
    middle: f64,
    half: f64,
}

impl Layout {
    fn new(wide: bool, widest: f64, rows: usize) -> Self {
        let room = if wide { 260.0 } else { 110.0 };
        if !wide && widest > room {
            return Self { row: 42.0, name: 320.0, stacked: true, middle: 0.2, half: 0.17 };
        }
        let row = if rows > 60 { 14.0 } else { 26.0 };
        Self { row, name: room, stacked: false, middle: 0.0, half: 0.28 }
    }
}

fn rows(
    data: &Data<'_>,
    mut plot: Plot<'_>,
    (canvas, layout): (&Canvas, &Layout),
    (names, cases): (&[String], Range<usize>),
) -> Result<(), Failed> {
    let base = plot.x_range().start;
    for index in cases {
        let (case, name) = (&data.cases[index], &names[index]);
        let (zero, y) = px(plot.backend_coord(&(base, index as f64)));
        let row = layout.row;
        canvas.picture.open("pt", &data.title(case), &ties(data.set, case));
        canvas.hit_area((0.0, y - row / 2.0), (f64::from(canvas.size.0), row));
        let role = if case.wall_time().is_some() { Role::Ink } else { Role::Bad };
        let above = if layout.stacked { row * 0.26 } else { 0.0 };
        let indent = if layout.stacked { 11.0 } else { 0.0 };
        canvas.text(name, (indent, y - above), Side::Right, role)?;
        let y = y + layout.middle * row;
        match case.wall_time() {
            Some(series) => {
                one(data, &mut plot, (index as f64 + layout.middle, layout.half), series)?
            }
            None => {
                canvas.cross((zero + 12.0, y), Role::Bad)?;
                let why = if case.failures.is_empty() { "no sample" } else { "failed" };
                canvas.text(why, (zero + 24.0, y), Side::Right, Role::Bad)?;
            }
        }
        canvas.picture.close();
    }
    Ok(())
}

fn one(
    data: &Data<'_>,
    plot: &mut Plot<'_>,
    (y, half): (f64, f64),
    series: &Series,
) -> Result<(), Failed> {
    let summary = &series.summary;
    let x = |value: f64| value / data.scale.factor;
    let whisker = [(x(summary.min), y), (x(summary.max), y)];
    plot.draw_series([PathElement::new(whisker, stroked(Role::Data, 1.0))])?;
    let corners = [(x(summary.q1), y - half), (x(summary.q3), y + half)];
    plot.draw_series([Rectangle::new(corners, filled(Role::Band))])?;
    plot.draw_series([Rectangle::new(corners, stroked(Role::Other, 1.0))])?;
    let every = data.every(series);
    let dots = series.points.iter().enumerate().step_by(every).map(|(number, point)| {
        let light = data.nested && point.process % 2 == 1;
        let role = if light { Role::Other } else { Role::Data };
        Circle::new((x(point.value), y + jitter(number) * half), units(1.7), filled(role))
    });
    plot.draw_series(dots)?;
    let bar = [(x(summary.median), y - half * 1.3), (x(summary.median), y + half * 1.3)];
    plot.draw_series([PathElement::new(bar, stroked(Role::Ink, 2.0))])?;
    Ok(())
}

impl BoxPlot {
    fn summary(&self, data: &Data<'_>) -> String {
        let titles: Vec<String> = data.cases.iter().take(3).map(|case| data.title(case)).collect();
        let more = data.cases.len().saturating_sub(3);
        let rest = if more > 0 { format!("; and {more} more in the table") } else { String::new() };
        format!("{}{rest}", titles.join("; "))
    }
}
