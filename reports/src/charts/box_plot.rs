//! Every sample of every case beside its box: is a difference larger than the noise?
//!
//! Horizontal, one row per case, zero-based. Every sample is a dot as long as there are not too
//! many; dots of every other process are lighter where a process gave several.

use plotters::chart::ChartContext;
use plotters::prelude::{Cartesian2d, ChartBuilder, Circle, PathElement, Rectangle};

use super::axis::{fitted, tick_text, ticks_from_zero};
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
        format!(
            "Wall time in {}. {dots}. Box: middle half. Bar: median. Line: fastest to slowest.",
            data.scale.unit
        )
    }

    fn draw(&self, set: &RunSet, size: Size) -> Option<String> {
        let data = Data::new(set)?;
        // OK because a string takes every mark; a layout that does not fit is nothing to draw.
        draw(&data, size).ok()
    }
}

struct Data<'a> {
    set: &'a RunSet,
    cases: &'a [CaseSet],
    scale: Scale,
    /// Whether a process gave several samples.
    nested: bool,
    most: usize,
}

impl<'a> Data<'a> {
    fn new(set: &'a RunSet) -> Option<Self> {
        let reference = set.reference(None).ok()??;
        let first = set.cases[reference].wall_time()?;
        let scale = first.kind.scale(first.summary.median);
        let summaries = || set.cases.iter().filter_map(|case| Some(case.wall_time()?.summary));
        let nested = summaries().any(|summary| summary.replicates < summary.samples);
        let most = (MOST_OF_ALL / summaries().count().max(1)).clamp(1, MOST_OF_CASE);
        Some(Self { set, cases: &set.cases, scale, nested, most })
    }

    fn every(&self, series: &Series) -> usize {
        series.points.len().div_ceil(self.most)
    }

    fn top(&self) -> f64 {
        let times = self.cases.iter().filter_map(CaseSet::wall_time);
        times.map(|series| series.summary.max / self.scale.factor).fold(0.0, f64::max)
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

fn draw(data: &Data<'_>, size: Size) -> Result<String, Failed> {
    let wide = size == Size::Wide;
    let names: Vec<String> = data.cases.iter().map(|case| data.name(case, size)).collect();
    let widest = names.iter().map(|name| text_width(name, TEXT)).fold(0.0, f64::max);
    let layout = Layout::new(wide, widest, data.cases.len());
    let height = (layout.row * data.cases.len() as f64 + 34.0).ceil() as u32;
    let canvas = Canvas::new((size.width(), height));
    let names: Vec<String> = names.iter().map(|name| fitted(name, TEXT, layout.name)).collect();
    let left = if layout.stacked { 6.0 } else { widest.min(layout.name) + 14.0 };
    let ticks = ticks_from_zero(data.top(), if wide { 6 } else { 3 });
    let texts: Vec<String> = ticks.iter().map(|&tick| tick_text(tick, ticks[1])).collect();
    let right = text_width(&texts[texts.len() - 1], TEXT) / 2.0 + 2.0;
    let plot = ChartBuilder::on(&canvas.area)
        .margin_top(units(6.0))
        .margin_right(units(right))
        .margin_bottom(units(28.0))
        .margin_left(units(left))
        .build_cartesian_2d(
            0.0..ticks[ticks.len() - 1],
            // The first case stands on top.
            data.cases.len() as f64 - 0.5..-0.5,
        )?;
    for (tick, text) in ticks.iter().zip(&texts) {
        let (x, bottom) = px(plot.backend_coord(&(*tick, data.cases.len() as f64 - 0.5)));
        let role = if *tick == 0.0 { Role::Axis } else { Role::Grid };
        canvas.line((x, 6.0), (x, bottom), stroked(role, 1.0))?;
        canvas.text(text, (x, bottom + 8.0), Side::Below, Role::Muted)?;
    }
    rows(data, plot, (&canvas, &layout), &names)?;
    let name = format!("{} {}", BoxPlot.question(), BoxPlot.summary(data));
    Ok(canvas.finish(wide, &name))
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
    names: &[String],
) -> Result<(), Failed> {
    for (index, (case, name)) in data.cases.iter().zip(names).enumerate() {
        let (zero, y) = px(plot.backend_coord(&(0.0, index as f64)));
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
