//! What the machine did for the time, over the cases in suite order: small plots on one axis.
//!
//! Zero-based, one plot per metric that at least two cases have. What only a pass beside the timed
//! one can tell (instructions without hardware counters, allocations) says so in its name.

use plotters::chart::ChartContext;
use plotters::prelude::{Cartesian2d, ChartBuilder, Circle, LineSeries};
use record::Pass;

use super::axis::{case_labels, fitted, room_below, thinned, tick_text, ticks_from_zero};
use super::backend::{Role, Svg, text_width};
use super::draw::{Canvas, Failed, Side, TEXT, filled, px, stroked, ties, units};
use super::{Chart, Size};
use crate::format::{PROSE_DIGITS, Scale, printable};
use crate::history::lines;
use crate::notes;
use crate::run_set::{CaseSet, RunSet, Series};

/// Small multiples.
pub struct Effort;

/// The metrics, in the order of the picture, and what they are called there.
const METRICS: [(&str, &str); 6] = [
    ("ipc", "Instructions per cycle"),
    ("cores_busy", "Cores busy"),
    ("instructions_per_row", "Instructions per row"),
    ("cache_misses_per_row", "Cache misses per row"),
    ("branch_misses_per_row", "Branch misses per row"),
    ("allocations_per_row", "Allocations per row"),
];

/// Those of them that need no hardware counter.
const SOFTWARE: [&str; 2] = ["cores_busy", "allocations_per_row"];

/// What can be told without hardware counters, shown where they counted no instructions per cycle.
const INSTEAD: [(&str, &str); 2] =
    [("cpu_time_per_row", "CPU time per row"), ("page_faults_per_row", "Page faults per row")];

/// With more cases than this they are left out: the page has a limit.
const INSTEAD_MAX: usize = 60;

/// Height of a panel, and of the labels below the last one, in px.
const PANEL: f64 = 112.0;
const NAME: f64 = 32.0;
const LABELS: f64 = 26.0;

impl Chart for Effort {
    fn id(&self) -> &'static str {
        "effort"
    }

    fn question(&self) -> &'static str {
        "Did the cores work better, or only more of them?"
    }

    fn caption(&self, set: &RunSet) -> String {
        let panels = panels(set);
        let mut text = "Median of every case, from zero.".to_owned();
        if panels.iter().any(|panel| panel.pass == Some(Pass::Simulated)) {
            text += " Simulated: counted on a modelled processor, in a pass of its own.";
        }
        if panels.iter().any(|panel| panel.pass == Some(Pass::Counters)) {
            text += " Counted apart: in other executions than the timed ones, by another tool.";
        }
        let missing = |hardware: bool| {
            let absent = METRICS.iter().filter(|(metric, _)| {
                SOFTWARE.contains(metric) != hardware
                    && panels.iter().all(|one| one.metric != *metric)
            });
            absent.map(|(_, words)| words.to_lowercase()).collect::<Vec<_>>()
        };
        let (mut counted, others) = (missing(true), missing(false));
        // The machine's reason is one for what its counters lack, and for nothing else.
        if let (Some(last), Some(reason)) = (counted.last_mut(), reason(set)) {
            *last += &format!(" ({})", printable(reason));
        }
        counted.extend(others);
        if !counted.is_empty() {
            text += &format!(" Not measured in this run: {}.", counted.join(", "));
        }
        let instead: Vec<String> = panels
            .iter()
            .filter(|panel| INSTEAD.iter().any(|(metric, _)| *metric == panel.metric))
            .map(|panel| panel.name.clone())
            .collect();
        if !instead.is_empty() {
            text += &format!(" In their place: {}.", instead.join(", "));
        }
        text
    }

    fn draw(&self, set: &RunSet, size: Size) -> Option<String> {
        let panels = panels(set);
        if panels.is_empty() {
            return None;
        }
        // OK because a string takes every mark; a layout that does not fit is nothing to draw.
        draw(set, &panels, size).ok()
    }
}

/// One metric over the cases.
struct Panel {
    metric: &'static str,
    name: String,
    /// The pass that told it, where it is not the timed one.
    pass: Option<Pass>,
    scale: Scale,
    /// By case, in the panel's unit.
    values: Vec<Option<f64>>,
}

fn panels(set: &RunSet) -> Vec<Panel> {
    let of = |list: &[(&'static str, &str)]| -> Vec<Panel> {
        list.iter().filter_map(|(metric, words)| panel(set, metric, words)).collect()
    };
    let mut panels = of(&METRICS);
    let counted = panels.iter().any(|panel| panel.metric == METRICS[0].0);
    if !counted && set.cases.len() <= INSTEAD_MAX {
        panels.splice(0..0, of(&INSTEAD));
    }
    panels
}

/// Why the hardware counted nothing, where the run says so.
fn reason(set: &RunSet) -> Option<&str> {
    let hardware = |one: &&record::Unavailable| one.source == record::Source::Hardware;
    let found = notes::unavailable(set).into_iter().find(hardware)?;
    Some(&found.reason)
}

fn panel(set: &RunSet, metric: &'static str, words: &str) -> Option<Panel> {
    let passes = [
        None,
        Some(Pass::Totals),
        Some(Pass::Counters),
        Some(Pass::Simulated),
        Some(Pass::Allocation),
    ];
    // One source for the whole panel: another one would be another series.
    let (pass, found) = passes.into_iter().find_map(|pass| {
        let found: Vec<Option<&Series>> =
            set.cases.iter().map(|case| series(case, pass, metric)).collect();
        (found.iter().flatten().count() >= 2).then_some((pass, found))
    })?;
    let first = found.iter().flatten().next()?;
    let scale = first.kind.scale(first.summary.median);
    let simulated = match pass {
        Some(Pass::Simulated) => " (simulated)",
        Some(Pass::Counters) => " (counted apart)",
        _ => "",
    };
    let values = found.iter().map(|one| Some(one.as_ref()?.summary.median / scale.factor));
    Some(Panel {
        metric,
        name: match scale.unit.strip_suffix("/row").unwrap_or(scale.unit) {
            "" => format!("{words}{simulated}"),
            unit => format!("{words}, {unit}{simulated}"),
        },
        pass,
        scale,
        values: values.collect(),
    })
}

fn series<'a>(case: &'a CaseSet, pass: Option<Pass>, metric: &str) -> Option<&'a Series> {
    match pass {
        None => case.metric(metric),
        Some(pass) => case.pass(pass)?.metric(metric),
    }
}

type Plot<'a> = ChartContext<
    'a,
    Svg,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

fn draw(set: &RunSet, panels: &[Panel], size: Size) -> Result<String, Failed> {
    let wide = size == Size::Wide;
    let (labels, axis) = case_labels(set);
    let height = (PANEL * panels.len() as f64 + LABELS + room_below(&axis)).ceil() as u32;
    let canvas = Canvas::new((size.width(), height));
    let scales: Vec<Vec<f64>> = panels
        .iter()
        .map(|panel| ticks_from_zero(panel.values.iter().flatten().copied().fold(0.0, f64::max), 2))
        .collect();
    let texts = scales.iter().flat_map(|ticks| ticks.iter().map(|&tick| tick_text(tick, ticks[1])));
    let left = texts.map(|text| text_width(&text, TEXT)).fold(0.0, f64::max) + 10.0;
    let last = set.cases.len() as f64 - 0.5;
    for (number, (panel, ticks)) in panels.iter().zip(&scales).enumerate() {
        let top = PANEL * number as f64;
        let name = fitted(&panel.name, TEXT, f64::from(size.width()));
        canvas.text(&name, (0.0, top + TEXT), Side::Right, Role::Ink)?;
        let plot = ChartBuilder::on(&canvas.area)
            .margin_top(units(top + NAME + 4.0))
            .margin_right(units(4.0))
            .margin_bottom(units(f64::from(height) - top - PANEL + 6.0))
            .margin_left(units(left))
            .build_cartesian_2d(-0.5..last, 0.0..ticks[ticks.len() - 1])?;
        for &tick in ticks {
            let (from, to) = (at(&plot, -0.5, tick), at(&plot, last, tick));
            let role = if tick == 0.0 { Role::Axis } else { Role::Grid };
            canvas.line(from, to, stroked(role, 1.0))?;
            let text = tick_text(tick, ticks[1]);
            canvas.text(&text, (from.0 - 8.0, from.1), Side::Left, Role::Muted)?;
        }
        if number + 1 == panels.len() {
            write(&labels, &axis, &canvas, &plot)?;
        }
        marks(set, panel, plot, &canvas)?;
    }
    Ok(canvas.finish(wide, &format!("{} {}", Effort.question(), summary(set, panels))))
}

/// Where a value of the plot stands on the picture, in px.
fn at(plot: &Plot<'_>, x: f64, y: f64) -> (f64, f64) {
    px(plot.backend_coord(&(x, y)))
}

/// Writes the labels below the axis, and below them what they are of.
fn write(labels: &[String], axis: &str, canvas: &Canvas, plot: &Plot<'_>) -> Result<(), Failed> {
    let slot = at(plot, 1.0, 0.0).0 - at(plot, 0.0, 0.0).0;
    let (every, room) = thinned(labels, TEXT, slot);
    for (index, label) in labels.iter().enumerate().step_by(every) {
        let (x, y) = at(plot, index as f64, 0.0);
        let label = fitted(label, TEXT, room);
        let half = text_width(&label, TEXT) / 2.0;
        let x = x.clamp(half, f64::from(canvas.size.0) - half);
        canvas.text(&label, (x, y + 8.0), Side::Below, Role::Muted)?;
    }
    let name = fitted(axis, TEXT, f64::from(canvas.size.0) - 8.0);
    let middle = (f64::from(canvas.size.0) / 2.0, at(plot, 0.0, 0.0).1 + 28.0);
    if name.is_empty() { Ok(()) } else { canvas.text(&name, middle, Side::Below, Role::Muted) }
}

fn marks(set: &RunSet, panel: &Panel, mut plot: Plot<'_>, canvas: &Canvas) -> Result<(), Failed> {
    let kept = |index: usize| !set.cases[index].reverted;
    // Each case of a history has a line of its own.
    for line in lines(set) {
        // A case without the number is a gap; a reverted step is gone past.
        let places: Vec<(usize, Option<f64>)> =
            line.kept().map(|step| (step.case, panel.values[step.case])).collect();
        for segment in places.split(|(_, value)| value.is_none()) {
            let line = segment.iter().filter_map(|(x, value)| Some((*x as f64, (*value)?)));
            plot.draw_series(LineSeries::new(line, stroked(Role::Data, 2.0)))?;
        }
    }
    let radius = if panel.values.len() > 40 { 2.0 } else { 3.0 };
    for (index, value) in panel.values.iter().enumerate() {
        let Some(value) = *value else { continue };
        let tied = ties(set, &set.cases[index]);
        canvas.picture.open("pt", &title(set, panel, index, value), &tied);
        let place = (index as f64, value);
        if kept(index) {
            plot.draw_series([Circle::new(place, units(radius), filled(Role::Data))])?;
        } else {
            canvas.cross(at(&plot, place.0, place.1), Role::Muted)?;
        }
        canvas.picture.close();
    }
    Ok(())
}

fn title(set: &RunSet, panel: &Panel, index: usize, value: f64) -> String {
    let case = &set.cases[index];
    let name = [case.label.as_str(), case.title.as_str()].join(" ");
    let number = panel.scale.with_unit(value * panel.scale.factor, PROSE_DIGITS);
    format!("{}: {number} {}", name.trim(), panel.name.to_lowercase())
}

/// The first and the last value of each plot, in words.
fn summary(set: &RunSet, panels: &[Panel]) -> String {
    let ends = |panel: &Panel| {
        let mut there = panel.values.iter().enumerate().filter_map(|(at, one)| Some((at, (*one)?)));
        let first = there.next();
        let last = there.next_back();
        let words = first.into_iter().chain(last);
        let words: Vec<String> = words.map(|(at, one)| title(set, panel, at, one)).collect();
        words.join("; ")
    };
    panels.iter().map(ends).collect::<Vec<_>>().join(". ")
}
